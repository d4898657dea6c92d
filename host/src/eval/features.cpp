#include "eval/features.hpp"

#include "data/classes.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace tandem::eval {
namespace {

class EvalMode {
 public:
  explicit EvalMode(Encoder& encoder) : encoder_(encoder) { encoder_.train(false); }
  ~EvalMode() {
    try {
      encoder_.train(true);
    } catch (const std::exception&) {
      // Something else is on its way already, or the next step will meet the same failure.
    }
  }
  EvalMode(const EvalMode&) = delete;
  EvalMode& operator=(const EvalMode&) = delete;

 private:
  Encoder& encoder_;
};

}  // namespace

Features collect_features(std::vector<std::int64_t> labels, const ReadPictures& read,
                          const Describe& describe, std::int64_t batch) {
  const at::NoGradGuard no_grad;
  const auto count = static_cast<std::int64_t>(labels.size());
  if (count == 0) throw Error(ErrorKind::data, "there are no pictures to evaluate");
  at::Tensor values;
  for (std::int64_t begin = 0; begin < count; begin += batch) {
    const std::int64_t end = std::min(count, begin + batch);
    const at::Tensor part = describe(read(begin, end)).flatten(1);
    if (!values.defined()) values = at::empty({count, part.size(1)}, at::kFloat);
    values.narrow(0, begin, end - begin).copy_(part);
  }
  return {std::move(values), std::move(labels), {}};
}

Features extract_features(Encoder& encoder, std::vector<std::int64_t> labels,
                          const ReadPictures& read, std::int64_t batch) {
  const EvalMode eval_mode(encoder);
  const State state = state_of(encoder);
  const at::Device device =
      state.parameters.empty() ? at::kCPU : state.parameters.front().tensor.device();
  return collect_features(
      std::move(labels), read,
      [&](const at::Tensor& pictures) { return encoder(pictures.to(device)); }, batch);
}

Features labelled(const Features& features) {
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < features.labels.size(); ++i) {
    if (features.labels[i] >= 0) rows.push_back(static_cast<std::int64_t>(i));
  }
  return rows.size() == features.labels.size() ? features : take(features, rows);
}

Features take(const Features& features, std::span<const std::int64_t> rows) {
  Features taken;
  const at::Tensor index = at::tensor(at::ArrayRef<std::int64_t>(rows.data(), rows.size()));
  taken.values = features.values.index_select(0, index);
  taken.labels.reserve(rows.size());
  for (const std::int64_t row : rows) {
    taken.labels.push_back(features.labels.at(static_cast<std::size_t>(row)));
  }
  if (features.name) {
    taken.name = [name = features.name, kept = std::vector(rows.begin(), rows.end())](
                     std::int64_t i) { return name(kept.at(static_cast<std::size_t>(i))); };
  }
  taken.class_names = features.class_names;
  return taken;
}

Features numbered_as(const Features& known, Features asked) {
  if (known.class_names.empty() || asked.class_names.empty()) return asked;
  const auto numbers = data::numbers_among(known.class_names, asked.class_names);
  for (std::int64_t& label : asked.labels)
    if (label >= 0) label = numbers.at(static_cast<std::size_t>(label));
  asked.class_names = known.class_names;
  return asked;
}

void require_finite(const Features& features, const std::string& what) {
  const at::Tensor broken = at::isfinite(features.values).all(1).logical_not().nonzero();
  if (broken.size(0) == 0) return;
  const auto first = broken[0][0].item<std::int64_t>();
  const std::string name = features.name ? features.name(first) : Log::join("number ", first);
  throw Error(ErrorKind::guard,
              Log::join("the features of ", broken.size(0), " of ", features.values.size(0), " ",
                        what, " are not finite, the first ", name,
                        ": the network is broken, as after a training that diverged; train it "
                        "anew with a lower learning rate"));
}

void require_equal_width(const Features& bank, const Features& queries) {
  if (bank.values.size(1) == queries.values.size(1)) return;
  throw Error(ErrorKind::data,
              Log::join("the features of the training pictures are ", bank.values.size(1),
                        " wide, those of the queries ", queries.values.size(1),
                        ": both must come from the same network and layer"));
}

at::Tensor normalise_rows(const at::Tensor& values) {
  return values / at::linalg_vector_norm(values, 2, {1}, true).clamp_min(1e-12);
}

}  // namespace tandem::eval
