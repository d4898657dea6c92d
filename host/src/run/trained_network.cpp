#include "run/trained_network.hpp"

#include "checkpoint/weights.hpp"
#include "formats/safetensors.hpp"
#include "run/run_folder.hpp"
#include "tandem/base/error.hpp"

#include <charconv>
#include <string_view>

namespace tandem::run {
namespace {

std::filesystem::path weights_of(const std::filesystem::path& run_or_file) {
  if (!std::filesystem::exists(run_or_file))
    throw Error(ErrorKind::usage, run_or_file.string() + ": no such run folder or file of weights");
  if (!std::filesystem::is_directory(run_or_file)) return run_or_file;
  if (std::filesystem::exists(run_or_file / files::config)) return run_or_file / files::backbone;
  throw Error(ErrorKind::usage,
              run_or_file.string() + " is not a run folder: it has no " + files::config);
}

/// What a file of weights says about itself.
class Said {
 public:
  explicit Said(const std::filesystem::path& weights)
      : path_(weights), metadata_(formats::SafetensorsFile::open(weights).metadata()) {}

  const std::string& text(const char* key) const {
    const auto found = metadata_.find(key);
    if (found != metadata_.end()) return found->second;
    throw Error(ErrorKind::checkpoint,
                path_.string() + " does not say what it is of (its metadata have no '" + key +
                    "'): give a backbone.safetensors that tandem train has written");
  }

  /// "a,b,c" as numbers; an empty text as none.
  template <class T>
  std::vector<T> numbers(const char* key) const {
    const std::string& all = text(key);
    std::vector<T> values;
    const char* at = all.data();
    const char* const end = at + all.size();
    while (at != end) {
      T value{};
      const auto [next, error] = std::from_chars(at, end, value);
      if (error != std::errc() || (next != end && *next != ',')) damaged(key);
      values.push_back(value);
      at = next == end ? end : next + 1;
    }
    return values;
  }

  data::Shape shape() const {
    const auto sides = numbers<int>("input");
    if (sides.size() != 3 || sides[0] < 1 || sides[1] < 1 || sides[2] < 1) damaged("input");
    return {sides[1], sides[2], sides[0]};
  }

 private:
  [[noreturn]] void damaged(const char* key) const {
    throw Error(ErrorKind::checkpoint, path_.string() + ": its metadata '" + key + "' are damaged");
  }

  std::filesystem::path path_;
  formats::Metadata metadata_;
};

config::Config configure(const std::filesystem::path& run_or_file, const Said& said,
                         const std::vector<Assignment>& assignments, plugin::Catalog& catalog) {
  Layers layers;
  if (std::filesystem::is_directory(run_or_file)) {
    layers.file = run_or_file / files::config;
  } else {
    const std::string origin = run_or_file.string();
    layers.assignments = {
        {"backbone=" + said.text("backbone_settings"), origin},
        {"run.precision=" + to_toml(ParamValue(said.text("precision"))), origin},
    };
  }
  layers.assignments.insert(layers.assignments.end(), assignments.begin(), assignments.end());
  auto config = prepare_for(layers, catalog, said.shape());
  // Its heads are not needed, and its plugin may be missing here.
  config.objective.id = said.text("objective");
  return config;
}

}  // namespace

TrainedNetwork::TrainedNetwork(const std::filesystem::path& run_or_file,
                               const std::vector<Assignment>& assignments, plugin::Catalog& catalog,
                               Log& log)
    : weights_(weights_of(run_or_file)) {
  const Said said(weights_);
  shape_ = said.shape();
  normalization_ = {said.numbers<float>("mean"), said.numbers<float>("std")};
  epochs_ = said.text("epochs");
  config_ = configure(run_or_file, said, assignments, catalog);
  encoder_ = EncoderMaker(config_, catalog, shape_, log).make("backbone");
  checkpoint::load_weights(weights_, *encoder_);
}

}  // namespace tandem::run
