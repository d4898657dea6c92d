#pragma once

#include "formats/append_file.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace tandem::formats {

/// Keeps keys in the order they were put in.
using Json = nlohmann::ordered_json;

/// A number for JSON, which knows no NaN and no infinity: those become "nan", "inf" and "-inf".
Json json_number(double value);
/// What `json_number` made; NaN for anything else.
double number_from_json(const Json& value);

/// JSON for people and programs: indented by two, with a line end. What is no UTF-8, as a file's
/// name may be, is replaced.
std::string json_text(const Json& value);

/// The object in a JSON file of a run's folder; an empty one where there is no such file, or
/// something else in it. Throws Error(data) where it is no regular file, or has more than 16 MiB:
/// a manifest has kilobytes, the pictures of a gallery less than one MiB.
Json read_json_object(const std::filesystem::path& path);

/// One JSON object a line. Doubles are written in the shortest form that reads back as the same
/// bits. Failures as in AppendFile.
class JsonLines {
 public:
  JsonLines(std::filesystem::path path, Log& log) : file_(std::move(path), log) {}
  void write(const Json& object);
  std::uint64_t sync() { return file_.sync(); }

 private:
  AppendFile file_;
};

/// Every line of such a file. An unfinished last line (a run that was killed, or still writes) is
/// left out; any other line that is not JSON, or longer than FileLines::longest, is an Error of
/// kind `data` with file and line.
std::vector<Json> read_json_lines(const std::filesystem::path& path);

}  // namespace tandem::formats
