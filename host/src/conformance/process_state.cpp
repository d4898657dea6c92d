#include "conformance/process_state.hpp"

#include "tandem/base/log.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/DefaultDtype.h>
#include <c10/core/InferenceMode.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cfenv>
#include <clocale>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <locale>
#include <mutex>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace tandem::conformance {
namespace {

std::string yes_no(bool value) {
  return value ? "on" : "off";
}

void add_signals(ProcessState& state) {
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action {};
    if (::sigaction(number, nullptr, &action) != 0) continue;
    const bool informed = (action.sa_flags & SA_SIGINFO) != 0;
    const auto* handler = informed ? reinterpret_cast<const void*>(action.sa_sigaction)
                                   : reinterpret_cast<const void*>(action.sa_handler);
    const char* name = ::sigabbrev_np(number);
    state[Log::join("the handler of SIG", name == nullptr ? "?" : name, " (", number, ")")] =
        Log::join(handler);
  }
  sigset_t blocked;
  ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
  std::string numbers;
  for (int number = 1; number < NSIG; ++number)
    if (::sigismember(&blocked, number) == 1) numbers += " " + std::to_string(number);
  state["the blocked signals"] = numbers;
}

void add_surroundings(ProcessState& state) {
  state["the C locale"] = std::setlocale(LC_ALL, nullptr);
  state["the C++ locale"] = std::locale().name();
  std::error_code error;
  state["the working folder"] = std::filesystem::current_path(error).string();
  const mode_t mask = ::umask(0);
  ::umask(mask);
  state["the file mode mask"] = std::to_string(mask);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    state["the environment's " + text.substr(0, text.find('='))] = text;
  }
}

void add_arithmetic(ProcessState& state) {
  state["the rounding mode"] = std::to_string(std::fegetround());
#if defined(__x86_64__)
  // Masks and modes; the flags below them record what has happened.
  state["the mode of floating-point arithmetic"] = std::to_string(_mm_getcsr() & ~0x3fu);
#endif
}

void add_libtorch(ProcessState& state) {
  state["LibTorch's default type"] = std::string(c10::get_default_dtype().name());
  state["LibTorch's number of threads"] = std::to_string(at::get_num_threads());
  state["LibTorch's gradient mode"] = yes_no(at::GradMode::is_enabled());
  state["LibTorch's inference mode"] = yes_no(c10::InferenceMode::is_enabled());
  state["LibTorch's autocast"] = yes_no(at::autocast::is_autocast_enabled(at::kCPU));
  state["LibTorch's deterministic algorithms"] =
      yes_no(at::globalContext().deterministicAlgorithms());
}

}  // namespace

ProcessState process_state() {
  ProcessState state;
  add_signals(state);
  add_surroundings(state);
  add_arithmetic(state);
  add_libtorch(state);
  return state;
}

std::string changes(const ProcessState& before, const ProcessState& after) {
  std::string text;
  const auto value = [](const ProcessState& state, const std::string& name) {
    const auto found = state.find(name);
    return found == state.end() ? std::string("nothing") : found->second;
  };
  ProcessState names = before;
  names.insert(after.begin(), after.end());
  for (const auto& [name, ignored] : names) {
    const auto was = value(before, name), is = value(after, name);
    if (was != is) text += Log::join(text.empty() ? "" : "\n", name, " from ", was, " to ", is);
  }
  return text;
}

std::string generator_state() {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard lock(generator.mutex());
  const auto state = generator.get_state();
  return {static_cast<const char*>(state.const_data_ptr()), state.nbytes()};
}

}  // namespace tandem::conformance
