#include "data/path_table.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>

namespace tandem::data {
namespace {

/// Empty for a file at the top.
std::string_view first_folder(std::string_view path) {
  const auto slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace

void PathTable::add(std::string_view name) {
  text_ += name;
  ends_.push_back(text_.size());
}

std::string_view PathTable::operator[](std::size_t index) const {
  const std::uint64_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::string_view(text_).substr(begin, ends_[index] - begin);
}

void PathTable::sort() {
  std::vector<std::size_t> order(size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [this](std::size_t a, std::size_t b) { return (*this)[a] < (*this)[b]; });
  PathTable sorted;
  sorted.text_.reserve(text_.size());
  sorted.ends_.reserve(size());
  for (const std::size_t index : order) sorted.add((*this)[index]);
  *this = std::move(sorted);
}

Classes first_folder_classes(const PathTable& names) {
  std::map<std::string_view, std::int32_t> folders;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string_view folder = first_folder(names[i]);
    if (folder.empty()) return {};
    folders.emplace(folder, 0);
  }
  if (folders.size() < 2) return {};
  Classes classes;
  for (auto& [folder, number] : folders) {
    number = static_cast<std::int32_t>(classes.names.size());
    classes.names.emplace_back(folder);
  }
  for (std::size_t i = 0; i < names.size(); ++i)
    classes.labels.push_back(folders.find(first_folder(names[i]))->second);
  return classes;
}

}  // namespace tandem::data
