#include "formats/json_lines.hpp"

#include "formats/disk.hpp"
#include "formats/regular_file.hpp"
#include "tandem/base/error.hpp"

#include <cmath>
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

Json read_json_object(const std::filesystem::path& path) {
  constexpr std::uint64_t most_bytes = 16 << 20;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return Json::object();
  const std::string text = read_small_file(path, most_bytes, ErrorKind::data);
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_object() ? value : Json::object();
}

void JsonLines::write(const Json& object) {
  file_.write(object.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n');
}

std::vector<Json> read_json_lines(const std::filesystem::path& path) {
  FileLines file(path);
  std::vector<Json> lines;
  std::string line;
  for (int number = 1;; ++number) {
    const auto found = file.next(line);
    if (found == FileLines::Found::end || found == FileLines::Found::unfinished) return lines;
    const auto refuse = [&](const std::string& what) {
      throw Error(ErrorKind::data, path.string() + ":" + std::to_string(number) + ": " + what +
                                       "; the file was damaged, remove that line");
    };
    if (found == FileLines::Found::too_long)
      refuse("a line of more than " + human_bytes(FileLines::longest));
    Json value = Json::parse(line, nullptr, false);
    if (value.is_discarded()) refuse("not a line of JSON");
    lines.push_back(std::move(value));
  }
}

}  // namespace tandem::formats
