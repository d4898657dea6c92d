#include "cli/data_report.hpp"

#include "config/origin.hpp"
#include "config/sections.hpp"
#include "report/text.hpp"
#include "report/text_table.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>
#include <sstream>

namespace tandem::cli {
namespace {

using data::ChannelKind;
using data::DataReport;
using report::counted;

/// Lists in the text end here; --json has all.
constexpr std::size_t most_lines = 20;

/// The number of pictures that `normalize = "auto"` measures.
constexpr std::int64_t measured_by_auto = 2000;

void add_rest(std::ostream& out, std::size_t all) {
  if (all > most_lines) out << "  and " << all - most_lines << " more: --json lists all\n";
}

void add_bad(std::ostream& out, const DataReport& report) {
  if (report.bad.empty()) return;
  out << "\nunreadable:\n";
  for (std::size_t i = 0; i < std::min(report.bad.size(), most_lines); ++i) {
    out << "  " << config::printable(report.bad[i].reason) << '\n';
  }
  add_rest(out, report.bad.size());
}

void add_duplicates(std::ostream& out, const DataReport& report, const data::Source& source) {
  if (report.duplicates.empty()) return;
  out << "\nthe same pixels:\n";
  for (std::size_t i = 0; i < std::min(report.duplicates.size(), most_lines); ++i) {
    const char* between = "  ";
    for (const std::int64_t index : report.duplicates[i]) {
      out << between << config::printable(source.name(index));
      between = " = ";
    }
    out << '\n';
  }
  add_rest(out, report.duplicates.size());
}

void add_sizes(std::ostream& out, const DataReport& report) {
  report::TextTable table({"pixels", "smallest", "median", "largest"});
  const auto row = [&](const char* name, const data::Spread& spread) {
    table.add({name, std::to_string(spread.smallest), std::to_string(spread.median),
               std::to_string(spread.largest)});
  };
  row("height", report.height), row("width", report.width);
  out << '\n' << table.text();
}

void add_channels(std::ostream& out, const DataReport& report) {
  out << '\n';
  for (const auto& [channels, kind] : report.channels) {
    out << counted(channels, "channel") << ": " << counted(kind.pictures, "picture");
    if (kind.grey > 0) out << ", of which " << kind.grey << " are grey";
    out << '\n';
  }
}

void add_classes(std::ostream& out, const DataReport& report) {
  if (report.classes.empty()) {
    out << "no classes\n";
    return;
  }
  const auto fewer = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [few, most] = std::minmax_element(report.classes.begin(), report.classes.end(), fewer);
  out << report.classes.size() << (report.classes.size() == 1 ? " class" : " classes") << " of "
      << few->second << " to " << counted(most->second, "picture") << '\n';
}

std::string list_of(const std::vector<float>& values) {
  std::string text;
  for (const float value : values) {
    text += (text.empty() ? "" : ", ") + report::short_number(value, 6);
  }
  return "[" + text + "]";
}

/// TOML, where all pictures have the same channels.
void add_normalization(std::ostream& out, const DataReport& report) {
  if (report.channels.size() != 1) return;
  const ChannelKind& kind = report.channels.begin()->second;
  out << "\n[data]  # over all " << counted(kind.pictures, "picture");
  if (report.pictures > measured_by_auto) {
    out << "; normalize = \"auto\" measures " << measured_by_auto;
  }
  out << "\nnormalize = \"custom\"\nmean = " << list_of(kind.values.mean)
      << "\nstd = " << list_of(kind.values.std) << '\n';
}

void add_fingerprints(std::ostream& out, const DataReport& report, const std::string& training) {
  out << "\nfingerprint " << report.fingerprint;
  if (training == report.fingerprint) {
    out << " (as a run's manifest has it)\n";
    return;
  }
  out << " (as the manifest of a run on all pictures has it)\n            " << training
      << " (likewise where eval.holdout = " << config::EvalSection().holdout
      << ", the default, of them are held out)\n";
}

std::int64_t repeated(const DataReport& report) {
  std::int64_t count = 0;
  for (const auto& group : report.duplicates) count += static_cast<std::int64_t>(group.size()) - 1;
  return count;
}

formats::Json json(const data::Spread& spread) {
  return {{"smallest", spread.smallest}, {"median", spread.median}, {"largest", spread.largest}};
}

formats::Json named(const std::vector<std::int64_t>& indices, const data::Source& source) {
  auto list = formats::Json::array();
  for (const std::int64_t index : indices) {
    list.push_back({{"index", index}, {"name", source.name(index)}});
  }
  return list;
}

formats::Json json(int channels, const ChannelKind& kind) {
  return {{"channels", channels},
          {"pictures", kind.pictures},
          {"grey", kind.grey},
          {"mean", kind.values.mean},
          {"std", kind.values.std}};
}

}  // namespace

std::string data_report_text(const DataReport& report, const data::Source& source,
                             const std::string& training) {
  std::ostringstream out;
  out << counted(report.pictures, "picture") << ", " << report.bad.size() << " unreadable, "
      << repeated(report) << " the same as one before\n";
  add_bad(out, report);
  add_duplicates(out, report, source);
  add_sizes(out, report);
  add_channels(out, report);
  add_classes(out, report);
  add_normalization(out, report);
  add_fingerprints(out, report, training);
  out << "content     " << data::hex(report.content) << " (of all pixels)\n";
  return out.str();
}

formats::Json data_report_json(const DataReport& report, const data::Source& source,
                               const std::string& training) {
  formats::Json result = {
      {"pictures", report.pictures},          {"unreadable", formats::Json::array()},
      {"height", json(report.height)},        {"width", json(report.width)},
      {"channels", formats::Json::array()},   {"classes", formats::Json::array()},
      {"duplicates", formats::Json::array()}, {"fingerprint", report.fingerprint},
      {"training_fingerprint", training},     {"content", data::hex(report.content)}};
  for (const auto& bad : report.bad) {
    result["unreadable"].push_back(
        {{"index", bad.index}, {"name", source.name(bad.index)}, {"reason", bad.reason}});
  }
  for (const auto& [channels, kind] : report.channels) {
    result["channels"].push_back(json(channels, kind));
  }
  for (const auto& [label, count] : report.classes) {
    result["classes"].push_back({{"label", label}, {"pictures", count}});
  }
  for (const auto& group : report.duplicates) result["duplicates"].push_back(named(group, source));
  return result;
}

}  // namespace tandem::cli
