#pragma once

#include "forge.hpp"

#include <string>
#include <vector>

/// One way in which a plugin's file can be wrong.
struct Forgery {
  std::string name;                   ///< of the file to make, without ".so"
  std::vector<std::string> messages;  ///< what the refusal must say
  std::function<void(const std::filesystem::path& from, const std::filesystem::path& to)> make;
};

/// All of them, each of a plugin that provides one augmentation and no LibTorch.
std::vector<Forgery> forgeries();
