// The plugin is one file, and the test takes it in to reach its class.
#include "posterize.cpp"

#include <cstdio>
#include <set>
#include <thread>
#include <vector>

namespace {

int failures = 0;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::printf("failed: %s\n", what);
  ++failures;
}

Posterize always(std::int64_t fewest, std::int64_t most) {
  Posterize::Params params;
  params.levels = {fewest, most};
  params.p = 1;
  return Posterize(params);
}

/// Every value of a byte once.
tandem::Image ramp() {
  tandem::Image image(16, 16, 1);
  for (int i = 0; i < 256; ++i) image.u8()[i] = static_cast<std::uint8_t>(i);
  return image;
}

/// The pixels that operation makes of the ramp with the draws of `sample`.
std::vector<std::uint8_t> bytes(const Posterize& operation, std::uint32_t sample) {
  tandem::Image image = ramp();
  tandem::RandomKey key;
  key.sample = sample;
  tandem::Random random(key);
  operation.apply(image, random);
  return {image.u8(), image.u8() + image.values()};
}

void test_levels() {
  const auto three = bytes(always(3, 3), 0);  // 0, 127.5 and 255; halves are rounded up
  expect(std::set(three.begin(), three.end()) == std::set<std::uint8_t>{0, 128, 255}, "3 levels");
  expect(three[63] == 0 && three[64] == 128 && three[191] == 128 && three[192] == 255,
         "each value goes to its nearest level");
  expect(bytes(always(256, 256), 0)[137] == 137, "256 levels change nothing");
}

void test_floats() {
  tandem::Image image(1, 4, 1, tandem::PixelType::f32);
  const float values[] = {-0.5F, 0.2F, 0.3F, 2.0F}, expected[] = {0, 0, 0.5F, 1};
  std::copy(values, values + 4, image.f32());
  tandem::Random random(tandem::RandomKey{});
  always(3, 3).apply(image, random);
  expect(std::equal(expected, expected + 4, image.f32()), "floats of a signal, 0 to 1");
}

void test_threads() {
  const Posterize operation = always(2, 256);
  std::vector<std::vector<std::uint8_t>> together(8);
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < 8; ++i)
    threads.emplace_back([&, i] { together[i] = bytes(operation, i); });
  for (auto& thread : threads) thread.join();
  for (std::uint32_t i = 0; i < 8; ++i)
    expect(together[i] == bytes(operation, i), "draws decide, not threads");
}

void test_refusal() {
  try {
    always(5, 4);
    expect(false, "fewest above most is refused");
  } catch (const tandem::Error& error) {
    expect(error.kind() == tandem::ErrorKind::config, "as a fault of the configuration");
  }
}

}  // namespace

int main() {
  test_levels();
  test_floats();
  test_threads();
  test_refusal();
  return failures;
}
