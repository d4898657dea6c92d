#include "cli/process.hpp"
#include "cli/program.hpp"
#include "data/decode.hpp"

int main(int argc, char** argv) {
  tandem::cli::retain_heap();
  tandem::cli::report_full_files();
  tandem::data::silence_decoders();
  return tandem::cli::run_program({argv + 1, argv + argc});
}
