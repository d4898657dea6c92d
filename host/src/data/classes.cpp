#include "data/classes.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/params.hpp"

#include <algorithm>
#include <utility>

namespace tandem::data {
namespace {

class Renumbered final : public Source {
 public:
  Renumbered(std::vector<std::string> names, std::shared_ptr<const Source> source,
             std::vector<std::int64_t> numbers)
      : Source(std::move(names)), source_(std::move(source)), numbers_(std::move(numbers)) {}

  std::int64_t size() const override { return source_->size(); }
  void read(std::int64_t index, Image& out) const override { source_->read(index, out); }
  std::string name(std::int64_t index) const override { return source_->name(index); }
  std::int64_t label(std::int64_t index) const override {
    const std::int64_t own = source_->label(index);
    return own < 0 ? own : numbers_.at(static_cast<std::size_t>(own));
  }

 private:
  std::shared_ptr<const Source> source_;
  std::vector<std::int64_t> numbers_;
};

[[noreturn]] void unknown(const std::string& name, const std::vector<std::string>& known) {
  std::string message = "class '" + name + "' of the queries is none of the training pictures'";
  const auto close = nearest(name, known, 1);
  if (!close.empty()) message += ", which have '" + close.front() + "'";
  throw Error(ErrorKind::data, message + ": leave it out of the queries, or name it alike");
}

}  // namespace

std::vector<std::int64_t> numbers_among(const std::vector<std::string>& known,
                                        const std::vector<std::string>& asked) {
  std::vector<std::int64_t> numbers;
  for (const std::string& name : asked) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) unknown(name, known);
    numbers.push_back(found - known.begin());
  }
  return numbers;
}

std::string match(const std::vector<std::string>& known, const std::vector<std::string>& asked) {
  if (known.empty() == asked.empty()) return "";
  return std::string(", whose classes were matched by number, since only the ") +
         (known.empty() ? "queries" : "training pictures") + " name theirs";
}

std::shared_ptr<const Source> numbered_as(const Source& known,
                                          std::shared_ptr<const Source> asked) {
  if (known.class_names().empty() || asked->class_names().empty()) return asked;
  auto numbers = numbers_among(known.class_names(), asked->class_names());
  return std::make_shared<Renumbered>(known.class_names(), std::move(asked), std::move(numbers));
}

}  // namespace tandem::data
