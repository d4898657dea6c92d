#include "data/picture_files.hpp"

#include "tandem/base/error.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace tandem::data {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 9> extensions = {".jpg", ".jpeg", ".png", ".bmp", ".webp",
                                                        ".ppm", ".pgm",  ".tif", ".tiff"};

class Scan {
 public:
  explicit Scan(PictureFiles& found) : found_(found) {}

  void folder(const fs::path& folder, const std::string& prefix) {
    std::error_code code;
    fs::directory_iterator entries(folder, code);
    for (; !code && entries != fs::directory_iterator(); entries.increment(code)) {
      entry(*entries, prefix);
    }
    if (code) throw Error(ErrorKind::data, folder.string() + ": " + code.message());
  }

  /// A folder that a link leads to, unless the way here went through it already.
  void linked_folder(const fs::path& path, const std::string& prefix) {
    std::error_code code;
    const fs::path real = fs::canonical(path, code);
    if (code || std::find(on_the_way_.begin(), on_the_way_.end(), real) != on_the_way_.end())
      return;
    on_the_way_.push_back(real);
    folder(path, prefix);
    on_the_way_.pop_back();
  }

 private:
  void entry(const fs::directory_entry& entry, const std::string& prefix) {
    const std::string name = entry.path().filename().string();
    if (name.front() == '.') return;
    std::error_code code;
    if (entry.is_directory(code)) {
      const std::string below = prefix + name + '/';
      return entry.is_symlink(code) ? linked_folder(entry.path(), below)
                                    : folder(entry.path(), below);
    }
    if (is_picture_name(name)) {
      found_.paths.add(prefix + name);
    } else {
      ++found_.others;
    }
  }

  PictureFiles& found_;
  std::vector<fs::path> on_the_way_;
};

}  // namespace

bool is_picture_name(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  std::string extension(name.substr(dot));
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
}

PictureFiles find_pictures(const fs::path& folder) {
  PictureFiles found;
  Scan(found).linked_folder(folder, "");
  found.paths.sort();
  return found;
}

std::string picture_extensions() {
  std::string text;
  for (std::string_view extension : extensions) {
    text += (text.empty() ? "" : " ") + std::string(extension);
  }
  return text;
}

}  // namespace tandem::data
