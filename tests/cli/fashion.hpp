#pragma once

#include "catch.hpp"
#include "python.hpp"
#include "workplace.hpp"

#include <string>

/// Puts the first pictures of Fashion-MNIST into a workplace, with their labels, as
/// SET-images-idx3-ubyte; SET is "train" or "t10k". False, with a warning, where Debian's package
/// dataset-fashion-mnist is not installed.
inline bool cut_fashion(const Workplace& here, const std::string& set, int count) {
  const std::filesystem::path installed = "/usr/share/datasets/fashion-mnist";
  if (!std::filesystem::exists(installed)) {
    WARN("skipped: Debian's package dataset-fashion-mnist is not installed");
    return false;
  }
  const std::string images = set + "-images-idx3-ubyte";
  const auto said = python("'" TANDEM_TEST_DIR "/cli/exported.py' cut '" +
                           (installed / (images + ".gz")).string() + "' '" +
                           (here / images).string() + "' " + std::to_string(count));
  CAPTURE(said.text);
  REQUIRE(said.code == 0);
  return true;
}
