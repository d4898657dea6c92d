#include "resuming.hpp"

#include "catch.hpp"

#include <sstream>

Ended ended(const std::filesystem::path& run) {
  Ended end;
  for (const auto& [name, bytes] : files_of(run / "checkpoints/latest")) {
    if (name.ends_with(".safetensors")) end.tensors[name] = bytes;
  }
  // Every event has its length whatever the clock says.
  end.tensorboard_bytes = std::filesystem::file_size(run / "events.out.tfevents.tandem");
  for (auto& line : timeless_metrics(run)) {
    if (line.at("event") == "start" && line.at("first_step") > 0) continue;
    end.metrics.push_back(std::move(line));
  }
  return end;
}

std::map<std::string, std::string> fault(const std::string& action, const std::string& path, int at,
                                         const std::string& calls) {
  std::map<std::string, std::string> environment = {{"LD_PRELOAD", TANDEM_FAULTS},
                                                    {"TANDEM_FAULT_DO", action},
                                                    {"TANDEM_FAULT_PATH", path},
                                                    {"TANDEM_FAULT_AT", std::to_string(at)}};
  if (!calls.empty()) environment["TANDEM_FAULT_CALLS"] = calls;
  return environment;
}

Words calls_of(const Workplace& here, const Words& words, const std::string& path) {
  const auto list = here / "calls";
  std::filesystem::remove(list);
  REQUIRE(here.run(words, {{"LD_PRELOAD", TANDEM_FAULTS},
                           {"TANDEM_FAULT_PATH", path},
                           {"TANDEM_FAULT_COUNT", list.string()}})
              .code == 0);
  Words calls;
  std::istringstream lines(read_file(list));
  for (std::string line; std::getline(lines, line);)
    calls.push_back(line.substr(line.find(' ') + 1));
  return calls;
}

void check_same(const Ended& one, const Ended& other) {
  REQUIRE(one.tensors.size() == other.tensors.size());
  for (const auto& [name, bytes] : one.tensors) {
    CAPTURE(name);
    CHECK((other.tensors.at(name) == bytes));
  }
  CHECK(one.tensorboard_bytes == other.tensorboard_bytes);
  REQUIRE(one.metrics.size() == other.metrics.size());
  for (std::size_t i = 0; i < one.metrics.size(); ++i)
    CHECK(one.metrics[i].dump() == other.metrics[i].dump());
}
