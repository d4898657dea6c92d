#include "config/problems.hpp"

#include <algorithm>
#include <memory>
#include <tuple>

namespace tandem::config {
namespace {

constexpr std::size_t most_shown = 20;

}  // namespace

Problems::Problems(Origin nowhere) : nowhere_(std::move(nowhere)) {
  if (nowhere_.is_default()) nowhere_.source = std::make_shared<const Source>();
}

Problems::Problems(std::string document)
    : nowhere_{std::make_shared<const Source>(Source{std::move(document), "", false}), 0, 0} {}

void Problems::add(const Origin& origin, std::string text, std::string hint, ErrorKind kind) {
  list_.push_back(
      {origin.is_default() ? nowhere_ : origin, std::move(text), std::move(hint), kind});
}

ErrorKind Problems::common_kind() const {
  const ErrorKind first = list_.front().kind;
  const bool same = std::all_of(list_.begin(), list_.end(),
                                [first](const Problem& p) { return p.kind == first; });
  return same ? first : ErrorKind::config;
}

void Problems::throw_if_any() {
  if (list_.empty()) return;
  const auto key = [](const Problem& p) {
    return std::tie(p.origin.source->assignment, p.origin.source->name, p.origin.line,
                    p.origin.column);
  };
  std::stable_sort(list_.begin(), list_.end(), [key](const Problem& a, const Problem& b) {
    if ((a.origin.line == 0) != (b.origin.line == 0)) return b.origin.line == 0;
    return key(a) < key(b);
  });
  std::string text;
  for (std::size_t i = 0; i < list_.size() && i < most_shown; ++i)
    text += (i > 0 ? "\n" : "") + complaint(list_[i].origin, list_[i].text, list_[i].hint);
  if (list_.size() > most_shown)
    text += "\nand " + std::to_string(list_.size() - most_shown) + " more";
  throw Error(common_kind(), text);
}

}  // namespace tandem::config
