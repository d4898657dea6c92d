// The instruction sets that the plugin's loops are compiled and written for make the same pixels:
// this program is run again for each, in which TANDEM_VECTOR_LEVEL keeps it from the better ones.
#include "all_ops.hpp"
#include "catch.hpp"

#include <array>
#include <bit>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <utility>

using namespace tandem;

namespace {

constexpr const char* child = "checksums of what every operation makes";
constexpr const char* mark = "made by ";

/// FNV-1a.
void add(std::uint64_t& sum, std::uint64_t value) {
  sum = (sum ^ value) * 1099511628211u;
}

/// A checksum of the values; 0 and -0 are one.
std::uint64_t checksum(const Image& image) {
  std::uint64_t sum = 14695981039346656037u;
  add(sum, static_cast<std::uint64_t>(image.height()));
  for (const double value : ops::values(image)) add(sum, std::bit_cast<std::uint64_t>(value + 0));
  return sum;
}

/// What the hidden test case prints where the plugin takes this level at most.
std::vector<std::string> made(int level) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  const std::string command =
      "TANDEM_VECTOR_LEVEL=" + std::to_string(level) + " '" + self + "' '" + child + "'";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::vector<std::string> lines;
  std::array<char, 256> line{};
  while (std::fgets(line.data(), static_cast<int>(line.size()), pipe) != nullptr)
    if (const std::string text = line.data(); text.starts_with(mark)) lines.push_back(text);
  REQUIRE(::pclose(pipe) == 0);
  return lines;
}

/// What an operation makes of some samples of a picture.
void print(const ops::Named& named, const Image& before) {
  for (std::uint32_t sample = 0; sample < 3; ++sample) {
    std::cout << mark << named.name << " of "
              << (before.type() == PixelType::u8 ? "bytes, " : "floats, ") << before.height() << "x"
              << before.width() << "x" << before.channels() << ", sample " << sample << ": "
              << checksum(ops::run(named.op, before, sample)) << "\n";
  }
}

}  // namespace

TEST_CASE(child, "[.]") {
  for (const ops::Named& named : ops::all(24)) {
    for (const PixelType type : {PixelType::u8, PixelType::f32}) {
      for (const int channels : {1, 3, 4}) {
        for (const auto& [height, width] : {std::pair{61, 47}, {5, 70}, {2, 3}})
          print(named, ops::random_image(height, width, channels, type));
      }
    }
  }
}

TEST_CASE("operations make the same pixels with every instruction set that the processor has") {
  const std::vector<std::string> best = made(4);
  CHECK(best.size() == ops::all(24).size() * 2 * 3 * 3 * 3);
  for (const int level : {3, 1}) {
    INFO("level " << level);
    const std::vector<std::string> lower = made(level);
    REQUIRE(lower.size() == best.size());
    for (std::size_t i = 0; i < best.size(); ++i) CHECK(lower[i] == best[i]);
  }
}
