#include "conformance/dynamic_symbols.hpp"
#include "conformance/rules.hpp"
#include "plugin/library.hpp"
#include "plugin/stamp.hpp"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

namespace tandem::conformance {
namespace {

void stamp(const Subject& subject) {
  plugin::read_stamp(subject.file);
}

void fits(const Subject& subject) {
  const auto mismatches = plugin::incompatibilities(subject.stamp, plugin::host_stamp());
  expect(mismatches.empty(), "it does not:\n", mismatches);
}

void loads(const Subject& subject) {
  const auto path = std::filesystem::absolute(subject.file);
  const void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) throw Violation(::dlerror());
}

/// LIBRARY.so, LIBRARY.so.1.0, … → LIBRARY; nothing for a library that may be there twice.
std::string only_once(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  const std::string stem = name.substr(0, name.find(".so"));
  const bool ours = stem == "libtandem-base" || stem == "libtandem-sdk";
  return ours || stem.starts_with("libtorch") || stem == "libc10" ? stem : "";
}

/// The files that each of those libraries is mapped from.
std::map<std::string, std::set<std::string>> mapped() {
  std::map<std::string, std::set<std::string>> files;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const auto begin = line.find('/');
    if (begin == std::string::npos) continue;
    const std::string path = line.substr(begin);
    if (const auto stem = only_once(path); !stem.empty()) files[stem].insert(path);
  }
  return files;
}

void one_sdk(const Subject& subject) {
  loads(subject);
  for (const auto& [stem, files] : mapped())
    expect(files.size() == 1, stem, " is in the process twice: ", *files.begin(), " and ",
           *files.rbegin());
}

void symbols(const Subject& subject) {
  std::string others;
  for (const auto& name : strong_exports(subject.file)) {
    if (name != stamp_symbol && name != register_symbol) others += " " + name;
  }
  expect(others.empty(), "it also exports", others,
         "; hide them (tandem_add_plugin builds with hidden visibility)");
}

/// A folder where nobody may write, root included.
void any_folder(const Subject& subject) {
  const auto file = std::filesystem::absolute(subject.file);
  std::filesystem::current_path("/proc");
  plugin::open_library(file, subject.stamp);
}

void quiet(const Subject& subject) {
  const int words = ::memfd_create("words", MFD_CLOEXEC);
  std::fflush(stdout);
  const int before = ::dup(STDOUT_FILENO);
  ::dup2(words, STDOUT_FILENO);
  plugin::open_library(subject.file, subject.stamp);
  std::cout.flush();
  std::fflush(stdout);
  ::dup2(before, STDOUT_FILENO);
  char text[200] = {};
  const auto size = ::pread(words, text, sizeof text - 1, 0);
  ::close(words), ::close(before);
  expect(size <= 0, "it wrote to standard output, where results go: ", text);
}

void registers(const Subject& subject) {
  plugin::open_library(subject.file, subject.stamp);
}

constexpr Rule rules[] = {
    {"file", "stamp_is_legal", "it has one stamp, whole, with legal ids, read without loading it",
     whole_file, stamp},
    {"file", "fits_this_host", "its stamp fits this host", whole_file, fits, "file.stamp_is_legal"},
    {"file", "exports_two_symbols", "it exports no strong symbol but the two of a plugin",
     whole_file, symbols, "file.fits_this_host"},
    {"file", "loads", "it loads, with every symbol resolved", whole_file, loads,
     "file.fits_this_host"},
    {"file", "brings_no_second_sdk", "it brings no second SDK or LibTorch along", whole_file,
     one_sdk, "file.loads"},
    {"file", "registers_its_stamp", "it registers what its stamp names", whole_file, registers,
     "file.loads"},
    {"file", "opens_in_any_folder", "it opens in a folder where nothing can be written", whole_file,
     any_folder, "file.registers_its_stamp"},
    {"file", "opens_quietly", "it opens without a word on standard output", whole_file, quiet,
     "file.registers_its_stamp"},
};

}  // namespace

std::span<const Rule> file_rules() {
  return rules;
}

}  // namespace tandem::conformance
