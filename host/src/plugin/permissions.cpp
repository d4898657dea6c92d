#include "plugin/permissions.hpp"

#include "plugin/mismatches.hpp"

#include <iomanip>
#include <sstream>

namespace tandem::plugin {
namespace fs = std::filesystem;
namespace {

bool has(fs::perms all, fs::perms some) {
  return (all & some) != fs::perms::none;
}

std::string octal(fs::perms permissions) {
  std::ostringstream digits;
  digits << std::oct << std::setw(4) << std::setfill('0') << static_cast<unsigned>(permissions);
  return digits.str();
}

void check(const fs::path& path, fs::perms excuse, Mismatches& out) {
  std::error_code error;
  const auto permissions = fs::status(path, error).permissions();
  if (error || !has(permissions, fs::perms::others_write) || has(permissions, excuse)) return;
  out.add("permissions of " + path.string(), octal(permissions), "no writing by everyone",
          "chmod o-w '" + path.string() + "'");
}

fs::path resolved(const fs::path& path) {
  std::error_code error;
  const auto real = fs::canonical(path, error);
  return error ? fs::absolute(path) : real;
}

}  // namespace

std::string unsafe_file(const fs::path& file) {
  Mismatches out;
  const auto real = resolved(file);
  const auto folder = real.parent_path(), named = resolved(fs::absolute(file).parent_path());
  check(real, fs::perms::none, out);
  check(folder, fs::perms::sticky_bit, out);
  if (named != folder) check(named, fs::perms::sticky_bit, out);
  return out.take();
}

std::string unsafe_folder(const fs::path& folder) {
  Mismatches out;
  check(resolved(folder), fs::perms::none, out);
  return out.take();
}

}  // namespace tandem::plugin
