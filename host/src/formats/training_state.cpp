#include "formats/training_state.hpp"

#include "formats/json_lines.hpp"
#include "tandem/base/error.hpp"

#include <cmath>
#include <limits>

namespace tandem::formats {
namespace {

/// Every member with its key, once for writing and reading.
template <class State, class Visitor>
void visit(State& state, Visitor&& member) {
  member("step", state.step);
  member("steps_per_epoch", state.steps_per_epoch);
  member("total_steps", state.total_steps);
  member("epoch_ended", state.epoch_ended);
  member("images", state.images);
  member("part_seconds", state.part_seconds);
  member("looked_in", state.looked_in);
  member("alarm_signs", state.alarm_signs);
  member("best_top1", state.best_top1);
  member("seconds", state.seconds);
  member("metrics_bytes", state.metrics_bytes);
  member("tensorboard_bytes", state.tensorboard_bytes);
  member("tandem", state.tandem);
  member("libtorch", state.libtorch);
  member("processor", state.processor);
  member("capability", state.capability);
  member("threads", state.threads);
  member("ranks", state.ranks);
  member("data", state.data);
  member("plugins", state.plugins);
  member("files", state.files);
  member("saved", state.saved);
  member("problem", state.problem);
}

/// Fills members from JSON, which may hold anything.
class Reader {
 public:
  Reader(const Json& json, const std::string& origin) : json_(json), origin_(origin) {}

  void operator()(const char* key, std::int64_t& to) const {
    const Json& value = at(key);
    if (!value.is_number_integer()) refuse(key, "is no whole number");
    // A number beyond the range arrives as an unsigned one.
    if (value.is_number_unsigned() &&
        value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
      refuse(key, "is too large");
    to = value.get<std::int64_t>();
    if (to < -1) refuse(key, "is negative");
  }
  void operator()(const char* key, bool& to) const {
    const Json& value = at(key);
    if (!value.is_boolean()) refuse(key, "is neither true nor false");
    to = value.get<bool>();
  }
  void operator()(const char* key, std::uint64_t& to) const {
    const Json& value = at(key);
    if (!value.is_number_unsigned()) refuse(key, "is no whole number");
    to = value.get<std::uint64_t>();
  }
  void operator()(const char* key, double& to) const {
    const Json& value = at(key);
    if (!value.is_number()) refuse(key, "is no number");
    to = value.get<double>();
    if (!std::isfinite(to)) refuse(key, "is not finite");
  }
  void operator()(const char* key, std::string& to) const {
    const Json& value = at(key);
    if (!value.is_string()) refuse(key, "is no text");
    to = value.get<std::string>();
  }
  void operator()(const char* key, std::map<std::string, std::string>& to) const {
    const Json& value = at(key);
    if (!value.is_object()) refuse(key, "is no table");
    for (const auto& [name, text] : value.items()) {
      if (!text.is_string()) refuse(key, "holds something else than texts");
      to[name] = text.get<std::string>();
    }
  }

  [[noreturn]] void refuse(const std::string& key, const std::string& what) const {
    throw Error(ErrorKind::checkpoint, origin_ + " is damaged: '" + key + "' " + what);
  }

 private:
  const Json& at(const char* key) const {
    const auto found = json_.find(key);
    if (found == json_.end()) refuse(key, "is missing");
    return *found;
  }

  const Json& json_;
  const std::string& origin_;
};

}  // namespace

std::string to_json_text(const TrainingState& state) {
  Json json = Json::object();
  visit(state, [&](const char* key, const auto& value) { json[key] = value; });
  return json_text(json);
}

TrainingState parse_training_state(std::string_view text, const std::string& origin) {
  const auto json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw Error(ErrorKind::checkpoint, origin + " is damaged: it is no JSON");
  TrainingState state;
  const Reader reader(json, origin);
  visit(state, reader);
  constexpr std::int64_t most = 1'000'000'000'000'000;  // sums and products of steps stay numbers
  if (state.step < 0 || state.step > most || state.steps_per_epoch < 1 ||
      state.steps_per_epoch > most || state.total_steps < 1 || state.total_steps > most)
    reader.refuse("step", "or what it is a part of makes no sense");
  return state;
}

}  // namespace tandem::formats
