// What a checkpoint says of itself: state.json, or COMMIT, once as it is and once with its checksum
// made to fit, since few changes leave it right.
#include "formats/crc32c.hpp"
#include "formats/sealed_folder.hpp"
#include "formats/training_state.hpp"
#include "fuzz.hpp"

#include <cstdio>
#include <string_view>

using namespace tandem;

namespace {

void read_state(std::string_view text) {
  fuzz::accepted({ErrorKind::checkpoint}, [&] {
    const auto state = formats::parse_training_state(text, "state.json");
    fuzz::require(state.step >= 0 && state.epochs() >= 0, "a step before the first");
    const std::string written = formats::to_json_text(state);
    const auto again = formats::parse_training_state(written, "written");
    fuzz::require(formats::to_json_text(again) == written, "another when reread");
  });
}

void read_commit(const std::string& text) {
  fuzz::accepted({ErrorKind::checkpoint}, [&] {
    const auto files = formats::parse_commit(text, "COMMIT");
    fuzz::require(formats::commit_text(files) == text, "two spellings of one text");
    for (const auto& file : files) {
      fuzz::require(file.name.find('/') == std::string::npos, "a path");
      fuzz::require(!file.name.empty() && file.name.front() != '.', "a name that leads elsewhere");
    }
  });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  if (text.starts_with('{')) return read_state(text), 0;
  read_commit(text);
  const std::size_t end = text.rfind("end ");
  if (end == std::string::npos) return 0;
  char sum[16];
  std::snprintf(sum, sizeof sum, "%08x\n", formats::crc32c(text.substr(0, end)));
  read_commit(text.substr(0, end) + "end " + sum);
  return 0;
}
