#pragma once

#include "cli/arguments.hpp"

namespace tandem::cli {

/// Runs this program with other words and waits for its end; returns its exit code, 128 + N where
/// signal N killed it. It is a process group of its own, so that a terminal's Ctrl-C reaches this
/// process alone; a SIGINT or SIGTERM that this process catches (`catch_signals`) is handed on
/// once. The child's stdout is dropped, its stderr is ours. A SIGCHLD that is ignored in this
/// process is set to its default, since the child's end could not be told otherwise.
/// Throws Error(resource) where no process can be started. [main thread]
int run_child(const Strings& words);

}  // namespace tandem::cli
