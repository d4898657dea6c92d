#pragma once

#include "formats/safetensors.hpp"
#include "tandem/base/image.hpp"

#include <string>
#include <vector>

/// Numbers and pictures of a file in tests/golden. Precondition of both: the file has the name.
class Golden {
 public:
  /// "NAME.safetensors".
  explicit Golden(const std::string& file)
      : file_(tandem::formats::SafetensorsFile::open(TANDEM_TEST_DIR "/golden/" + file)) {}

  template <class T>
  std::vector<T> numbers(const std::string& name) const {
    const auto& tensor = *file_.find(name);
    std::vector<T> values(tensor.bytes() / sizeof(T));
    file_.read(tensor, values.data());
    return values;
  }
  tandem::Image picture(const std::string& name) const {
    const auto& tensor = *file_.find(name);
    const auto side = [&](std::size_t i) { return static_cast<int>(tensor.shape[i]); };
    tandem::Image image(side(0), side(1), side(2));
    file_.read(tensor, image.u8());
    return image;
  }
  bool has(const std::string& name) const { return file_.find(name) != nullptr; }

 private:
  tandem::formats::SafetensorsFile file_;
};
