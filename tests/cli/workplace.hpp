#pragma once

#include "program.hpp"
#include "temporary_folder.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

using Json = nlohmann::json;
using program::Result;
using program::Words;

/// A folder to run the program in, with a `tiny.toml` of a second's training: 40 synthetic pictures
/// of 4 classes, 16 × 16, of which 36 are trained on in 2 epochs of 4 steps.
class Workplace {
 public:
  Workplace();

  Result run(const Words& words, const std::map<std::string, std::string>& environment = {}) const;
  program::Call call(const Words& words) const { return {words, folder_.path()}; }
  /// `train tiny.toml --out run`, and more words.
  Words tiny(const Words& more = {}) const;

  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
  bool exists(const std::string& name) const { return std::filesystem::exists(folder_ / name); }

 private:
  TemporaryFolder folder_;
};

/// Inline tables for --set, small enough for `tiny.toml`.
std::string small_objective(const std::string& id);
std::string small_backbone(const std::string& id);

bool has(const std::string& text, const std::string& part);
/// How often `part` occurs.
int count(const std::string& text, const std::string& part);

/// The lines of a run's metrics.jsonl so far, each a JSON object; the last one may be half-written.
std::vector<Json> metrics(const std::filesystem::path& run);
/// The same without what depends on the clock.
std::vector<Json> timeless_metrics(const std::filesystem::path& run);
/// Those of one event, e.g. "step".
std::vector<Json> events(const std::filesystem::path& run, const std::string& event);

/// The name of every file below a folder, sorted, and what it holds.
std::map<std::string, std::string> files_of(const std::filesystem::path& folder);
Words names_of(const std::filesystem::path& folder);

/// A safetensors file's header. Throws where the file is none, or does not end where its header
/// says.
Json safetensors_header(const std::filesystem::path& file);

/// What coreutils' sha256sum says.
std::string sha256sum(const std::filesystem::path& file);
