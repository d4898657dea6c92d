#include "cli/commands.hpp"
#include "cli/doctor.hpp"
#include "config/origin.hpp"

#include <algorithm>
#include <iostream>

namespace tandem::cli {
namespace {

const char* word(Health health) {
  switch (health) {
    case Health::ok:
      return "ok";
    case Health::note:
      return "note";
    case Health::problem:
      break;
  }
  return "problem";
}

std::vector<Finding> examine(const Arguments& arguments) {
  auto all = examine_build();
  for (auto& finding : examine_machine()) all.push_back(std::move(finding));
  for (auto& finding : examine_files(arguments)) all.push_back(std::move(finding));
  return all;
}

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, text.size()), ' ');
}

void print_text(const std::vector<Finding>& findings) {
  for (const auto& finding : findings) {
    std::cout << padded(word(finding.health), 9) << padded(finding.name, 11)
              << config::printable_lines(finding.text) << '\n';
    if (!finding.remedy.empty()) std::cout << std::string(20, ' ') << finding.remedy << '\n';
  }
}

void print_json(const std::vector<Finding>& findings) {
  auto list = formats::Json::array();
  for (const auto& finding : findings)
    list.push_back({{"name", finding.name},
                    {"health", word(finding.health)},
                    {"text", finding.text},
                    {"remedy", finding.remedy},
                    {"values", finding.values}});
  std::cout << formats::json_text({{"findings", list}});
}

}  // namespace

int doctor_command(const Strings& words) {
  Arguments arguments(
      "doctor [options]",
      "Tells what this machine and this build are, in a page to paste into a bug report: versions, "
      "instruction\n"
      "sets, threads, heap, what run.precision = \"auto\" chooses, memory, disk, plugins.\n"
      "Each line is ok, a note (training works, but not as it might) or a problem, with what to "
      "do. A problem\n"
      "is one that stops training: the exit code is then what training would exit with.");
  if (!arguments.parse(words)) return 0;
  const auto findings = examine(arguments);
  if (arguments.json())
    print_json(findings);
  else
    print_text(findings);
  for (const auto& finding : findings)
    if (finding.health == Health::problem) return static_cast<int>(finding.kind);
  return 0;
}

}  // namespace tandem::cli
