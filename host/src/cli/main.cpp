#include "cli/process.hpp"
#include "cli/program.hpp"

int main(int argc, char** argv) {
  tandem::cli::retain_heap();
  return tandem::cli::run_program({argv + 1, argv + argc});
}
