#pragma once

#include <atomic>
#include <csignal>
#include <filesystem>

/// What belongs to the process and therefore to the program, never to the library.
namespace tandem::cli {

/// Has freed memory kept: large tensors' (train/tensor_memory.hpp) and the C library's. It would
/// otherwise be mapped, page-faulted and unmapped anew each time, which costs a fifth of a training
/// step. Resident memory then stays at its peak. The environment's TANDEM_RETAIN_HEAP=0 switches it
/// off.
void retain_heap();
/// Whether it is switched on.
bool retains_heap();

/// Sets LibTorch's threads: `threads`, or as many as the process may run on where that is 0.
/// Returns how many.
int set_threads(int threads);
/// How many processors the affinity mask leaves to this process.
int processors_in_mask();
/// How many processors the affinity mask and the control groups' time limits leave to this process.
int available_processors();

/// Makes a write beyond the file-size limit an error of that write, instead of the end of the
/// process.
void report_full_files();

/// Catches SIGINT, SIGTERM and, unless it is ignored, SIGHUP: the first one sets the flag that is
/// returned, the second ends the process at once, unless it is SIGHUP. A reader of stdout or stderr
/// that goes away ends nothing any more.
const std::atomic<bool>& catch_signals();
/// A process that the second signal ends too; 0: none.
void set_child(int id);
/// What a child that leads a process group of its own begins with blocked: it is in the background
/// of a terminal, where with `stty tostop` its output would stop it.
sigset_t blocked_in_background();
/// 130 after SIGINT, 143 after SIGTERM, 129 after SIGHUP, 0 without a signal.
int signal_exit_code();

/// The folder of an installation, or of the build, that the program stands in: PREFIX of
/// PREFIX/bin/tandem.
std::filesystem::path program_prefix();

}  // namespace tandem::cli
