#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>

/// What a Python program says about files that Tandem wrote.
struct Said {
  int code = 0;
  std::string text;  ///< stdout and stderr
};

/// Runs Python with "ARGUMENTS", words of a shell, the first a script. PyTorch, the packages that
/// read what Tandem writes, and a stand-in for torchvision are within its reach. Leaves nothing
/// beside the sources, which are installed with the examples.
inline Said python(const std::string& arguments) {
  const auto readers = std::filesystem::path(TANDEM_READERS).parent_path().parent_path();
  const std::string path = TANDEM_TEST_DIR "/fixtures/stand_ins:$(echo " + readers.string() +
                           "/lib/python3*/site-packages)";
  const std::string command = "OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=" + path +
                              " " TANDEM_PYTHON " " + arguments + " 2>&1";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot start " + command);
  Said said;
  std::array<char, 4096> part{};
  for (std::size_t n = 0; (n = std::fread(part.data(), 1, part.size(), pipe)) > 0;)
    said.text.append(part.data(), n);
  const int status = ::pclose(pipe);
  said.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return said;
}
