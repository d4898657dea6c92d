#include "cli/process.hpp"

#include "cli/control_groups.hpp"
#include "train/tensor_memory.hpp"

#include <ATen/Parallel.h>
#include <malloc.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace tandem::cli {
namespace {

std::atomic<bool> stop_requested{false};
std::atomic<int> caught_signal{0};
std::atomic<int> child{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

extern "C" void on_signal(int number) {
  // The number first: whoever sees the flag reads it. A terminal that goes away is told by the
  // kernel and by the shell: its second signal is nobody's second wish.
  int none = 0;
  if (!caught_signal.compare_exchange_strong(none, number)) {
    if (number == SIGHUP) return;
    if (const int id = child; id != 0) ::kill(id, SIGKILL);
    ::_exit(128 + number);
  }
  stop_requested = true;
}

}  // namespace

bool retains_heap() {
  const char* const value = std::getenv("TANDEM_RETAIN_HEAP");
  return value == nullptr || value != std::string_view("0");
}

void retain_heap() {
  if (!retains_heap()) return;
  constexpr int keep = 2'000'000'000;
  ::mallopt(M_MMAP_THRESHOLD, keep);
  ::mallopt(M_TRIM_THRESHOLD, keep);
#ifndef __SANITIZE_ADDRESS__  // which sees no more than the ends of a block that is kept
  train::keep_tensor_memory();
#endif
}

int processors_in_mask() {
  cpu_set_t mask;
  if (::sched_getaffinity(0, sizeof mask, &mask) != 0) return 1;
  return std::max(1, CPU_COUNT(&mask));
}

int available_processors() {
  return threads_for(processors_in_mask(), processor_quota());
}

int set_threads(int threads) {
  at::set_num_threads(threads > 0 ? threads : available_processors());
  return at::get_num_threads();
}

void report_full_files() {
  ::signal(SIGXFSZ, SIG_IGN);
}

const std::atomic<bool>& catch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (const int number : {SIGINT, SIGTERM}) ::sigaction(number, &action, nullptr);
  struct sigaction hangup {};
  ::sigaction(SIGHUP, nullptr, &hangup);
  // Who starts the program by nohup wants it to go on.
  if (hangup.sa_handler != SIG_IGN) ::sigaction(SIGHUP, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return stop_requested;
}

void set_child(int id) {
  child = id;
}

sigset_t blocked_in_background() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTTOU);
  return signals;
}

int signal_exit_code() {
  return caught_signal == 0 ? 0 : 128 + caught_signal;
}

std::filesystem::path program_prefix() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path{} : program.parent_path().parent_path();
}

}  // namespace tandem::cli
