#include "report/whole_number.hpp"

#include <limits>

namespace tandem::report {

std::int64_t whole_number(const formats::Json& value) {
  constexpr auto most = std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  const bool too_large = value.is_number_unsigned() && value.get<std::uint64_t>() > most;
  const formats::Json none;  // is no number, and says so
  return (value.is_number_integer() && !too_large ? value : none).get<std::int64_t>();
}

}  // namespace tandem::report
