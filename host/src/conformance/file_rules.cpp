#include "conformance/rules.hpp"
#include "plugin/library.hpp"
#include "plugin/stamp.hpp"

#include <dlfcn.h>

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

void registers(const Subject& subject) {
  plugin::open_library(subject.file, subject.stamp);
}

constexpr Rule rules[] = {
    {"file", "stamp", "its stamp can be read without loading it", whole_file, stamp},
    {"file", "fits", "its stamp fits this host", whole_file, fits, "file.stamp"},
    {"file", "loads", "it loads, with every symbol resolved", whole_file, loads, "file.fits"},
    {"file", "registers", "it registers what its stamp names", whole_file, registers, "file.loads"},
};

}  // namespace

std::span<const Rule> file_rules() {
  return rules;
}

}  // namespace tandem::conformance
