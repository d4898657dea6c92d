#include "catch.hpp"
#include "formats/safetensors.hpp"
#include "python.hpp"
#include "safetensors_maker.hpp"
#include "scratch.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>

using namespace tandem::formats;

namespace {

std::string hex(const void* bytes, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    const auto byte = static_cast<const unsigned char*>(bytes)[i];
    text += "0123456789abcdef"[byte / 16];
    text += "0123456789abcdef"[byte % 16];
  }
  return text;
}

std::string hex(const std::string& text) {
  return hex(text.data(), text.size());
}

std::string shape_of(const TensorInfo& tensor) {
  std::string text;
  for (const std::int64_t size : tensor.shape)
    text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

/// Everything that the file holds, as safetensors_reference.py writes it; or "no" and the reason.
std::string said(const std::filesystem::path& path) {
  try {
    const SafetensorsFile file = SafetensorsFile::open(path);
    std::vector<std::string> words;
    for (const TensorInfo& tensor : file.tensors()) {
      const auto bytes = file.read(tensor);
      words.push_back("t:" + hex(tensor.name) + ":" + std::string(type_name(tensor.type)) + ":" +
                      shape_of(tensor) + ":" + hex(bytes.data(), bytes.size()));
    }
    for (const auto& [key, value] : file.metadata())
      words.push_back("m:" + hex(key) + ":" + hex(value));
    std::sort(words.begin(), words.end());
    std::string text = "ok ";
    for (const auto& word : words) text += (text.size() > 3 ? " " : "") + word;
    return text;
  } catch (const tandem::Error& error) {
    return std::string("no ") + error.what();
  }
}

/// What Tandem refuses on purpose and the reference accepts: a part of the message, and why.
struct Stricter {
  const char* message;
  const char* why;
};
const Stricter stricter[] = {
    {" comes twice", "of two tensors of one name the reference drops the first without a word"},
    {" twice;", "the same for metadata"},
    {"which is not supported",
     "the types of F8_E8M0 and of four and six bits, which no weights of Tandem's have"},
    {"header does not start with '{'", "the format asks for it, the reference passes over spaces"},
    {"a dimension that is too large", "beyond 2^63, beside a dimension of 0"},
    {"holds a list where none may stand",
     "a tensor as a list of its fields: an accident of the reference's parser"},
    {"holds an object where none may stand", "a type as {\"U8\": null}: the same"},
};

/// How many files a run looks at.
std::uint64_t files() {
  const char* number = std::getenv("TANDEM_TEST_FILES");
  return number ? std::stoull(number) : 6000;
}

std::vector<std::string> ask_the_reference(const scratch::Folder& folder) {
  std::string pack;
  for (std::uint64_t i = 0; i < files(); ++i) {
    const std::string file = maker::file(i);
    pack += scratch::raw(std::uint64_t{file.size()}) + file;
  }
  scratch::put(folder / "pack", pack);
  const Said answer = python(TANDEM_TEST_DIR "/host/formats/safetensors_reference.py " +
                             (folder / "pack").string());
  INFO(answer.text.substr(0, 1000));
  REQUIRE(answer.code == 0);
  std::vector<std::string> lines;
  std::istringstream text(answer.text);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  REQUIRE(lines.size() == files());
  return lines;
}

}  // namespace

TEST_CASE("Tandem accepts what the safetensors package accepts, and reads the same") {
  const scratch::Folder folder;
  const std::vector<std::string> reference = ask_the_reference(folder);
  std::map<std::string, int> exceptions;
  int accepted = 0, refused = 0;
  for (std::uint64_t i = 0; i < reference.size(); ++i) {
    scratch::put(folder / "w.safetensors", maker::file(i));
    const std::string ours = said(folder / "w.safetensors"), &theirs = reference[i];
    std::filesystem::remove(folder /
                            "w.safetensors");  // cut and written again, it would go to disk
    const bool ours_refused = ours.starts_with("no"), theirs_refused = theirs == "no";
    const auto* exception =
        std::find_if(std::begin(stricter), std::end(stricter), [&](const Stricter& s) {
          return ours_refused && !theirs_refused && ours.find(s.message) != std::string::npos;
        });
    INFO("file " << i << ": " << maker::file(i) << "\nTandem: " << ours
                 << "\nreference: " << theirs);
    if (exception != std::end(stricter)) {
      ++exceptions[exception->why];
    } else {
      CHECK((ours_refused ? theirs_refused : ours == theirs));
      ++(ours_refused ? refused : accepted);
    }
  }
  // A third of each, so that neither side is right by always saying the same.
  CHECK(accepted > static_cast<int>(files() / 4));
  CHECK(refused > static_cast<int>(files() / 4));
  for (const Stricter& s : stricter) CHECK(exceptions[s.why] > 0);
  WARN(files() << " files: " << accepted << " accepted and " << refused << " refused by both");
}
