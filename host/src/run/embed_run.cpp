#include "run/embed_run.hpp"

#include "eval/features.hpp"
#include "formats/json_lines.hpp"
#include "formats/row_file.hpp"
#include "run/evaluation.hpp"
#include "run/feature_output.hpp"
#include "run/pictures.hpp"
#include "run/trained_network.hpp"
#include "tandem/base/error.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tandem::run {
namespace {

constexpr std::int64_t batch = 256;

// In the partial file: the row of a picture that cannot be read. Features themselves are finite.
constexpr float no_feature = std::numeric_limits<float>::quiet_NaN();

SourcePointer open_pictures(const TrainedNetwork& network) {
  auto section = network.config().data;
  section.channels = network.shape().channels;
  section.cache_mb = 0;
  return open_training_data(section);
}

/// An embed under way.
class Embedding {
 public:
  Embedding(const EmbedOptions& options, plugin::Catalog& catalog, Log& log)
      : options_(options),
        log_(log),
        network_(options.subject, options.assignments, catalog, log),
        source_(open_pictures(network_)),
        pictures_(source_, network_.shape(), network_.normalization(),
                  precision(network_.config().run)),
        weights_hash_(plugin::sha256(network_.weights())),
        fingerprint_(data::fingerprint(*source_)),
        rows_(options.out.string() + ".partial", identity(), width(), batch) {
    options.set_threads(network_.config().run.threads);
    network_.encoder().train(false);
  }

  EmbedSummary run() {
    summary_.pictures = source_->size();
    summary_.width = width();
    summary_.resumed = rows_.rows();
    summary_.epochs = network_.epochs();
    summary_.of = Log::join("features of ", network(network_.config()), ", ", network_.epochs(),
                            " epochs, un-augmented, eval mode");
    count_earlier_unreadable();
    while (rows_.rows() < source_->size()) {
      if (options_.stop != nullptr && *options_.stop) {
        summary_.whole = false;
        return summary_;
      }
      add_batch();
      options_.progress(rows_.rows(), source_->size());
    }
    write();
    return summary_;
  }

 private:
  std::int64_t width() { return network_.encoder().width(); }

  /// What rows depend on; equal texts, equal rows.
  std::string identity() {
    const auto& shape = network_.shape();
    return formats::Json{{"weights", weights_hash_},
                         {"pictures", fingerprint_},
                         {"network", network(network_.config())},
                         {"shape", {shape.channels, shape.height, shape.width}},
                         {"mean", network_.normalization().mean},
                         {"std", network_.normalization().std},
                         {"precision", network_.config().run.precision}}
        .dump();
  }

  /// Names what an earlier, interrupted embed could not read.
  void count_earlier_unreadable() {
    if (rows_.rows() == 0) return;
    log_.info("goes on with picture ", rows_.rows(), " of ", source_->size());
    const auto values = rows_.values();
    for (std::int64_t i = 0; i < rows_.rows(); ++i)
      if (std::isnan(values[static_cast<std::size_t>(i * width())]))
        summary_.unreadable.push_back(source_->name(i));
  }

  void add_batch() {
    const at::NoGradGuard no_grad;
    const std::int64_t begin = rows_.rows(), end = std::min(begin + batch, source_->size());
    const auto features =
        network_.encoder()(pictures_.read(begin, end)).flatten(1).to(at::kFloat).contiguous();
    eval::require_finite({features, {}, [&](auto i) { return source_->name(begin + i); }},
                         Log::join("pictures (from number ", begin, " on)"));
    for (const auto& [index, reason] : pictures_.take_unreadable()) {
      features[index - begin].fill_(no_feature);
      remember_unreadable(index, reason);
    }
    rows_.append({features.const_data_ptr<float>(), static_cast<std::size_t>(features.numel())});
  }

  void remember_unreadable(std::int64_t index, const std::string& reason) {
    summary_.unreadable.push_back(source_->name(index));
    log_.warn(reason, "; its row is zeros, without a label");
    const auto bad = static_cast<double>(summary_.unreadable.size());
    const auto all = static_cast<double>(source_->size());
    const double most = network_.config().data.max_bad;
    if (bad <= most * all && bad < all) return;
    throw Error(
        ErrorKind::data,
        Log::join(bad, " of ", all, " pictures cannot be read, more than data.max_bad = ", most,
                  " allows; mend or remove them, or raise it. The last one: ", reason));
  }

  void write() {
    FeatureTable table;
    const auto values = rows_.values();
    const auto columns = static_cast<std::size_t>(width());
    for (std::int64_t i = 0; i < source_->size(); ++i) {
      const auto row = values.subspan(static_cast<std::size_t>(i) * columns, columns);
      const bool unreadable = std::isnan(row.front());
      if (unreadable) std::fill(row.begin(), row.end(), 0.0F);
      table.labels.push_back(unreadable ? -1 : source_->label(i));
      summary_.labelled = summary_.labelled || table.labels.back() >= 0;
    }
    table.values = values;
    table.width = width();
    table.name = [this](std::int64_t i) { return source_->name(i); };
    formats::Metadata metadata = {{"tandem", TANDEM_VERSION},
                                  {"of", summary_.of},
                                  {"epochs", network_.epochs()},
                                  {"weights_sha256", weights_hash_},
                                  {"pictures", fingerprint_}};
    if (!source_->class_names().empty())
      metadata["classes"] = formats::json_text(source_->class_names());
    write_features(options_.out, table, metadata);
    rows_.remove();
  }

  const EmbedOptions& options_;
  Log& log_;
  TrainedNetwork network_;
  SourcePointer source_;
  Pictures pictures_;
  std::string weights_hash_, fingerprint_;
  formats::RowFile rows_;
  EmbedSummary summary_;
};

}  // namespace

EmbedSummary embed(const EmbedOptions& options, plugin::Catalog& catalog, Log& log) {
  require_feature_format(options.out);
  if (!options.overwrite && std::filesystem::exists(options.out)) {
    throw Error(ErrorKind::usage, options.out.string() +
                                      " exists already; name another file with --out, or replace "
                                      "it with --overwrite");
  }
  return Embedding(options, catalog, log).run();
}

}  // namespace tandem::run
