#pragma once

#include "cli/arguments.hpp"

/// The commands: each takes the words after its name and returns an exit code; errors are thrown.
namespace tandem::cli {

int train_command(const Strings& words);
int compare_command(const Strings& words);
int sweep_command(const Strings& words);
int embed_command(const Strings& words);
int eval_command(const Strings& words);
int export_command(const Strings& words);
int plugins_command(const Strings& words);
int config_command(const Strings& words);
int ckpt_command(const Strings& words);
int data_command(const Strings& words);
int augment_command(const Strings& words);
int bench_command(const Strings& words);
int doctor_command(const Strings& words);

}  // namespace tandem::cli
