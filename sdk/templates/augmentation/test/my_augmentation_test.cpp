// Without the host. The plugin is one file, and the test takes it in to reach its class.
#include "my_augmentation.cpp"

#include <cstdio>
#include <thread>
#include <vector>

namespace {

int failures = 0;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::printf("failed: %s\n", what);
  ++failures;
}

MyAugmentation make(double strength) {
  MyAugmentation::Params params;
  params.strength = strength;
  return MyAugmentation(params);
}

/// What becomes of the bytes 0 to 255 with the draws of `sample`.
std::vector<std::uint8_t> bytes(const MyAugmentation& operation, std::uint32_t sample) {
  tandem::Image image(16, 16, 1);
  for (int i = 0; i < 256; ++i) image.u8()[i] = static_cast<std::uint8_t>(i);
  tandem::RandomKey key;
  key.sample = sample;
  tandem::Random random(key);
  operation.apply(image, random);
  return {image.u8(), image.u8() + image.values()};
}

void test_values() {
  expect(bytes(make(0), 0)[100] == 100, "strength 0 changes nothing");
  for (std::uint32_t sample = 0; sample < 50; ++sample) {
    const int x = bytes(make(0.3), sample)[100];
    expect(x >= 70 && x <= 130, "the factor keeps to its range");
  }
}

void test_threads() {
  const MyAugmentation operation = make(0.3);
  std::vector<std::vector<std::uint8_t>> together(8);
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < 8; ++i)
    threads.emplace_back([&, i] { together[i] = bytes(operation, i); });
  for (auto& thread : threads) thread.join();
  for (std::uint32_t i = 0; i < 8; ++i)
    expect(together[i] == bytes(operation, i), "the draws decide, not the threads");
}

}  // namespace

int main() {
  test_values();
  test_threads();
  return failures;
}
