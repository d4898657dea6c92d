#include "report/comparison.hpp"

#include "report/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <string_view>

namespace tandem::report {
namespace {

/// Keys of config.toml, by section, that leave the task as it is.
constexpr std::array<std::string_view, 8> of_no_account = {
    "[run]seed",     "[run]out",       "[run]threads",     "[run]device",
    "[data]workers", "[data]cache_mb", "[train]log_every", "[train]passes",
};

/// What config.toml does not say: the builds of the plugins, and the weights it started from.
std::string made_with(const RunRecord& run) {
  std::string text;
  for (const auto& [id, hash] : used_plugins(run)) text.append(id).append(" ").append(hash + '\n');
  const auto weights = run.manifest.find("initial_weights");
  if (weights == run.manifest.end() || !weights->is_object()) return text;
  const auto hash = weights->find("sha256");
  return hash == weights->end() ? text : text + hash->dump();
}

std::string task_of(const RunRecord& run) {
  std::istringstream lines(run.config);
  std::string section, task;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('[')) section = line;
    const std::string key = section + line.substr(0, line.find(' '));
    if (std::find(of_no_account.begin(), of_no_account.end(), key) == of_no_account.end())
      task += line + '\n';
  }
  return task + made_with(run);
}

std::string label_of(const std::vector<RunRecord>& runs, const Group& group) {
  const RunRecord& first = runs[group.runs.front()];
  const auto slash = first.name.find('/');
  if (slash != std::string::npos) return first.name.substr(0, slash);
  return group.runs.size() == 1 ? first.name : first.info.objective;
}

void tell_apart(std::vector<Group>& groups) {
  std::map<std::string, int> seen;
  for (Group& group : groups) {
    const int count = ++seen[group.label];
    if (count > 1) group.label += " (" + std::to_string(count) + ")";
  }
}

/// The protocol of a run's accuracy without what is compared: the seed, and the objective that its
/// network was trained with.
std::string protocol_of(const RunRecord& run) {
  for (auto event = run.evaluations.rbegin(); event != run.evaluations.rend(); ++event) {
    if (event->name != "knn") continue;
    std::string text = event->protocol;
    const auto begin = text.find(", seed ");
    if (begin != std::string::npos)
      text.erase(begin, text.find(',', begin + 1) - begin);  // to its end where no comma follows
    const std::string trained_with = " (" + run.info.objective + ")";
    const auto named = text.find(trained_with);
    return named == std::string::npos ? text : text.erase(named, trained_with.size());
  }
  return "";
}

/// Every different value of something that ought to be equal, with the runs that have it.
void require_equal(Comparison& result, const std::vector<RunRecord>& runs, const std::string& what,
                   const std::vector<std::string>& values) {
  if (std::set<std::string>(values.begin(), values.end()).size() < 2) return;
  std::map<std::string, std::string> who;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    auto& names = who[values[i]];
    names += (names.empty() ? "" : ", ") + runs[i].name;
  }
  std::string text = what + ": ";
  for (const auto& [value, names] : who)
    text.append(text.ends_with(": ") ? "" : "; ").append(value).append(" (" + names + ")");
  result.cautions.push_back(text);
}

/// The processor of a run, and its threads.
std::string machine(const RunRecord& run) {
  const auto found = run.manifest.find("machine");
  if (found == run.manifest.end() || !found->is_object()) return "unknown";
  const auto processor = found->find("processor"), threads = found->find("threads");
  if (processor == found->end() || !processor->is_string() || threads == found->end() ||
      !threads->is_number_integer())
    return "unknown";
  return processor->get<std::string>() + ", " + counted(threads->get<std::int64_t>(), "thread");
}

void check_equal_terms(Comparison& result, const std::vector<RunRecord>& runs) {
  std::vector<std::string> data, budgets, batches, protocols, machines;
  for (const RunRecord& run : runs) {
    data.push_back(fingerprint(run));
    budgets.push_back(counted(run.info.epochs, "epoch") + ", " +
                      counted(run.info.total_steps, "step"));
    batches.push_back(std::to_string(run.info.batch_size));
    const std::string protocol = protocol_of(run);
    protocols.push_back(protocol.empty() ? "none" : protocol);
    machines.push_back(machine(run));
  }
  require_equal(result, runs, "the runs were trained on different pictures", data);
  require_equal(result, runs, "the runs have different budgets", budgets);
  require_equal(result, runs, "the runs have different batch sizes", batches);
  require_equal(result, runs, "the runs were evaluated differently", protocols);
  require_equal(result, runs, "the runs' times are of different machines", machines);
}

void tell_unfinished(Comparison& result, const std::vector<RunRecord>& runs) {
  for (const RunRecord& run : runs) {
    if (run.finished()) continue;
    const std::string end = run.end.empty()       ? "has not ended"
                            : run.end == "failed" ? "failed"
                                                  : "was " + run.end;
    result.cautions.push_back(run.name + " " + end + " after " + std::to_string(run.steps) +
                              " of " + std::to_string(run.info.total_steps) +
                              " steps, and is in no average" +
                              (run.message.empty() ? "" : ": " + run.message));
  }
}

ComparedGroup summary(const std::vector<RunRecord>& runs, const Group& group) {
  ComparedGroup row;
  row.label = group.label;
  std::vector<double> accuracy, seconds, rate, memory;
  const auto add = [](std::vector<double>& values, double value) {
    if (std::isfinite(value) && value > 0) values.push_back(value);
  };
  for (const std::size_t i : group.runs) {
    const RunRecord& run = runs[i];
    if (!run.finished()) {
      ++row.unfinished;
      continue;
    }
    ++row.finished;
    if (std::isfinite(run.last_value("knn_top1"))) accuracy.push_back(run.last_value("knn_top1"));
    add(seconds, run.seconds);
    add(rate, run.images_per_second());
    add(memory, run.peak_bytes);
  }
  row.accuracy = spread(accuracy);
  row.seconds = spread(seconds);
  row.images_per_second = spread(rate);
  row.peak_bytes = spread(memory);
  return row;
}

/// Accuracy by seed; of two runs with one seed the later counts.
std::map<std::int64_t, double> by_seed(const std::vector<RunRecord>& runs, const Group& group) {
  std::map<std::int64_t, double> values;
  for (const std::size_t i : group.runs) {
    const double value = runs[i].last_value("knn_top1");
    if (runs[i].finished() && std::isfinite(value)) values[runs[i].seed] = value;
  }
  return values;
}

Interval difference(const std::vector<RunRecord>& runs, const Group& first, const Group& other) {
  const auto base = by_seed(runs, first);
  std::vector<double> differences;
  for (const auto& [seed, value] : by_seed(runs, other)) {
    const auto pair = base.find(seed);
    if (pair != base.end()) differences.push_back(value - pair->second);
  }
  return paired_interval(differences);
}

/// Whether its runs finished without an accuracy.
bool lacks_accuracy(const ComparedGroup& row) {
  return row.finished > 0 && row.accuracy.count == 0;
}

void tell_missing_accuracy(Comparison& result) {
  std::string labels;
  for (const auto& row : result.rows)
    if (lacks_accuracy(row)) labels += (labels.empty() ? "" : ", ") + row.label;
  if (!labels.empty())
    result.notes.push_back("No accuracy of " + labels + ": " + why_no_accuracy +
                           ", or features were not finite.");
}

/// Whether more seeds would give the first configuration and another one an interval.
bool lacks_seeds(const Comparison& result) {
  return !lacks_accuracy(result.rows.front()) &&
         !std::all_of(result.rows.begin() + 1, result.rows.end(), lacks_accuracy);
}

void add_notes(Comparison& result) {
  tell_missing_accuracy(result);
  if (result.groups.size() < 2) return;
  std::size_t pairs = 0;
  for (const auto& row : result.rows) pairs = std::max(pairs, row.to_first.pairs);
  result.notes.emplace_back(
      "Hyper-parameters were not tuned: each configuration counts as it is written.");
  if (pairs >= 2) {
    result.notes.emplace_back(
        "Differences are paired by seed; ± after them is the half width of their 95 % confidence "
        "interval (Student's t), after other numbers the standard deviation over seeds (n − 1).");
    if (result.groups.size() > 2)
      result.notes.emplace_back("The intervals are not corrected for there being several of them.");
  } else if (lacks_seeds(result)) {
    result.notes.emplace_back(
        "A difference has no interval without two seeds that both configurations were run with.");
  }
}

}  // namespace

std::vector<Group> group_runs(const std::vector<RunRecord>& runs) {
  std::vector<Group> groups;
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto [place, fresh] = places.try_emplace(task_of(runs[i]), groups.size());
    if (fresh) groups.emplace_back();
    groups[place->second].runs.push_back(i);
  }
  for (Group& group : groups) {
    std::stable_sort(group.runs.begin(), group.runs.end(),
                     [&](std::size_t a, std::size_t b) { return runs[a].seed < runs[b].seed; });
    group.label = label_of(runs, group);
  }
  tell_apart(groups);
  return groups;
}

std::string fingerprint(const RunRecord& run) {
  const auto data = run.manifest.find("data");
  if (data == run.manifest.end() || !data->is_object()) return "unknown";
  const auto found = data->find("fingerprint");
  return found != data->end() && found->is_string() ? found->get<std::string>() : "unknown";
}

Comparison compare_runs(const std::vector<RunRecord>& runs, std::vector<Group> groups) {
  Comparison result;
  result.groups = std::move(groups);
  check_equal_terms(result, runs);
  tell_unfinished(result, runs);
  for (std::size_t i = 0; i < result.groups.size(); ++i) {
    result.rows.push_back(summary(runs, result.groups[i]));
    if (i > 0)
      result.rows.back().to_first = difference(runs, result.groups.front(), result.groups[i]);
  }
  for (const RunRecord& run : runs) {
    if (result.protocol.empty()) result.protocol = protocol_of(run);
  }
  add_notes(result);
  return result;
}

}  // namespace tandem::report
