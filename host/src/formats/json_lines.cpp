#include "formats/json_lines.hpp"

#include "tandem/base/error.hpp"

#include <cmath>
#include <fstream>
#include <limits>
#include <string>

namespace tandem::formats {

Json json_number(double value) {
  if (std::isfinite(value)) return value;
  if (std::isnan(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

double number_from_json(const Json& value) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (value.is_number()) return value.get<double>();
  if (value == "inf") return infinity;
  return value == "-inf" ? -infinity : std::numeric_limits<double>::quiet_NaN();
}

std::string json_text(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

void JsonLines::write(const Json& object) {
  file_.write(object.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n');
}

std::vector<Json> read_json_lines(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(ErrorKind::data, "cannot read " + path.string() + "; check that it exists");
  std::vector<Json> lines;
  std::string line;
  for (int number = 1; std::getline(in, line) && !in.eof(); ++number) {
    Json value = Json::parse(line, nullptr, false);
    if (value.is_discarded())
      throw Error(ErrorKind::data,
                  path.string() + ":" + std::to_string(number) +
                      ": not a line of JSON; the file was damaged, remove that line");
    lines.push_back(std::move(value));
  }
  return lines;
}

}  // namespace tandem::formats
