// Runs a fuzz target without libFuzzer: every file of a folder, then mutants of them.
//
//   fuzz_NAME FOLDER [MUTANTS [FIRST]]
//
// Mutant number i is the same at every run; the number of the one that was last begun is printed
// when the program is ended by a fault.
#include "fuzz.hpp"
#include "tandem/base/random.hpp"
#include "temporary_folder.hpp"

#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <vector>

namespace {

using tandem::Random;

volatile std::sig_atomic_t current = -1;

void on_fault(int number) {
  char text[64];
  const int length = std::snprintf(text, sizeof text, "mutant %d\n", static_cast<int>(current));
  if (::write(STDERR_FILENO, text, static_cast<std::size_t>(length)) < 0) ::_exit(1);
  std::signal(number, SIG_DFL);
  std::raise(number);
}

std::vector<std::string> read_folder(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> files;
  for (const auto& path : paths) files.push_back(read_file(path));
  return files;
}

std::size_t place(Random& random, std::size_t size) {
  return static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(size) - 1));
}

/// One small change, as a damaged disk or a hostile hand would make it.
void change(std::string& bytes, Random& random) {
  if (bytes.empty()) bytes.push_back('\0');
  const std::size_t at = place(random, bytes.size());
  const std::size_t count = 1 + place(random, std::min<std::size_t>(16, bytes.size() - at));
  switch (random.integer(0, 6)) {
    case 0:
      bytes[at] = static_cast<char>(bytes[at] ^ 1 << random.integer(0, 7));
      break;
    case 1:
      bytes[at] = static_cast<char>(random.bits());
      break;
    case 2:
      bytes.resize(at);
      break;
    case 3:
      bytes.erase(at, count);
      break;
    case 4:
      bytes.insert(at, bytes.substr(at, count));
      break;
    case 5:
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), count, '\xff');
      break;
    default:
      std::swap(bytes[at], bytes[place(random, bytes.size())]);
      break;
  }
}

std::string mutant(const std::vector<std::string>& files, std::uint32_t number) {
  Random random({.seed = 1, .epoch = 0, .sample = number, .view = 0, .op = 0});
  std::string bytes = files[place(random, files.size())];
  const std::int64_t changes = random.integer(1, 4);
  for (std::int64_t i = 0; i < changes; ++i) change(bytes, random);
  return bytes;
}

void run(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) return std::fprintf(stderr, "FOLDER [MUTANTS [FIRST]]\n"), 2;
  for (const int fault : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS}) std::signal(fault, on_fault);
  const auto files = read_folder(words[1]);
  if (files.empty()) return std::fprintf(stderr, "%s holds no file\n", words[1]), 2;
  for (const auto& file : files) run(file);
  const int mutants = count > 2 ? std::stoi(words[2]) : 0,
            first = count > 3 ? std::stoi(words[3]) : 0;
  for (int i = first; i < first + mutants; ++i) {
    current = i;
    run(mutant(files, static_cast<std::uint32_t>(i)));
  }
  std::printf("%zu files and %d mutants\n", files.size(), mutants);
}
