#include "catch.hpp"
#include "formats/safetensors.hpp"
#include "scratch.hpp"
#include "tandem/base/error.hpp"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> now{0}, peak{0};

void* take(std::size_t size) {
  void* const block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  const std::size_t total = now += ::malloc_usable_size(block);
  std::size_t highest = peak;
  while (highest < total && !peak.compare_exchange_weak(highest, total)) {
  }
  return block;
}

void give(void* block) {
  if (block != nullptr) now -= ::malloc_usable_size(block);
  std::free(block);
}

}  // namespace

// Every allocation of C++ code in this program, counted.
void* operator new(std::size_t size) {
  return take(size);
}
void* operator new[](std::size_t size) {
  return take(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return take(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* block) noexcept {
  give(block);
}
void operator delete[](void* block) noexcept {
  give(block);
}
void operator delete(void* block, std::size_t) noexcept {
  give(block);
}
void operator delete[](void* block, std::size_t) noexcept {
  give(block);
}

namespace {

/// The most bytes held at one time while the file is opened, beyond what was held before.
std::size_t peak_of_opening(const std::filesystem::path& path, bool valid) {
  const std::size_t before = now;
  peak = before;
  try {
    tandem::formats::SafetensorsFile::open(path);
    CHECK(valid);
  } catch (const tandem::Error& error) {
    INFO(error.what());
    CHECK(error.kind() == tandem::ErrorKind::checkpoint);
    CHECK(!valid);
  }
  return peak - before;
}

void check(const std::string& json, bool valid) {
  const scratch::Folder folder;
  const std::string bytes = scratch::assemble(json, "");
  scratch::put(folder / "w", bytes);
  const std::size_t used = peak_of_opening(folder / "w", valid);
  INFO(json.substr(0, 60) << "… " << used << " bytes for a header of " << json.size());
  CHECK(used > json.size());
  CHECK(used <= bytes.size() + 8 * json.size());
}

/// Members of an object, "NUMBER": value.
std::string members(int count, const std::string& value) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":" + value;
  return text;
}

std::string tensor(const std::string& shape, const std::string& more = "") {
  return R"({"dtype":"U8","shape":)" + shape + R"(,"data_offsets":[0,0])" + more + "}";
}

std::string repeated(int count, const std::string& part) {
  std::string text;
  for (int i = 0; i < count; ++i) text += part;
  return text;
}

}  // namespace

TEST_CASE("opening a file takes at most its size and eight times its header") {
  check("{" + members(40'000, tensor("[0]")) + "}", true);
  // One more than a power of two, where a vector holds most.
  check("{" + members(65'537, tensor("[0]")) + "}", true);
  check("{" + members(5'000, tensor("[0" + repeated(63, ",0") + "]")) + "}", true);
  check("{" + members(5'000, tensor("[0" + repeated(32, ",0") + "]")) + "}", true);
  check("{" + members(40'000, tensor("[0]")) + ",\"0\":" + tensor("[0]") + "}", false);
  check("{" + members(40'000, tensor("[0]")) + ",", false);
  check("{\"t\":" + tensor("[0" + repeated(1'000'000, ",0") + "]") + "}", false);
  check("{\"t\":" + tensor("[0]", ",\"x\":[0" + repeated(1'000'000, ",0") + "]") + "}", true);
  check("{\"t\":" + tensor("[0]", ",\"x\":\"" + repeated(1'000'000, "y") + "\"") + "}", true);
  check("{\"" + repeated(1'000'000, "n") + "\":" + tensor("[0]") + "}", true);
  check("{\"" + repeated(1'000'000, "n") + "\":" + tensor("[1]") + "}", false);
  check("{\"t\":" + tensor("[0]", ",\"x\":" + repeated(1'000'000, "[")) + "}", false);
  check(R"({"__metadata__":{"a":")" + repeated(1'000'000, "\\u00e9") + "\"}}", true);
  check(R"({"__metadata__":{)" + members(200'000, "\"\"") + "}}", false);
}

TEST_CASE("metadata of ten thousand texts are read") {
  const scratch::Folder folder;
  scratch::put(folder / "w",
               scratch::assemble(R"({"__metadata__":{)" + members(10'000, "\"\"") + "}}", ""));
  CHECK(peak_of_opening(folder / "w", true) < 2'000'000);
}
