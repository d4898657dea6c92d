#include "bench/operations.hpp"

#include "bench/statistics.hpp"
#include "tandem/base/random.hpp"

#include <functional>

namespace tandem::bench {
namespace {

constexpr std::size_t pictures = 32;
using Images = std::vector<Image>;

/// One measured side: what `work` does to copies of the pictures `before`.
struct Side {
  OperationCost cost;
  std::shared_ptr<const Images> before;
  std::function<void(Image&, std::size_t)> work;
};

Random stream(std::size_t picture, std::size_t op) {
  return Random({.seed = 1,
                 .epoch = 0,
                 .sample = static_cast<std::uint32_t>(picture),
                 .view = 0,
                 .op = static_cast<std::uint16_t>(op)});
}

double micro(double seconds, std::size_t passes) {
  return 1e6 * seconds / static_cast<double>(passes * pictures);
}

void measure(Side& side, Images& work, double seconds) {
  double copying = 0, working = 0;
  std::size_t passes = 0;
  do {
    const Stopwatch copy;
    for (std::size_t i = 0; i < pictures; ++i) work[i] = (*side.before)[i];
    copying += copy.seconds();
    const Stopwatch op;
    for (std::size_t i = 0; i < pictures; ++i) side.work(work[i], i);
    working += op.seconds();
    ++passes;
  } while (copying + working < seconds);
  side.cost.micro.push_back(micro(working, passes));
  side.cost.copy.push_back(micro(copying, passes));
}

std::shared_ptr<const Images> read(const data::Source& source) {
  Images images(pictures);
  for (std::size_t i = 0; i < pictures; ++i) source.read(static_cast<std::int64_t>(i), images[i]);
  return std::make_shared<const Images>(std::move(images));
}

/// Each operation on what the ones before it made.
void add_operations(const std::vector<CertainOp>& ops, std::shared_ptr<const Images> images,
                    std::vector<Side>& sides) {
  for (std::size_t k = 0; k < ops.size(); ++k) {
    const auto work = [op = ops[k].op, k](Image& image, std::size_t i) {
      auto random = stream(i, k);
      op->apply(image, random);
    };
    Images after = *images;
    for (std::size_t i = 0; i < pictures; ++i) work(after[i], i);
    if (!ops[k].name.empty())
      sides.push_back({{ops[k].name, data::shape_of(after[0])}, images, work});
    images = std::make_shared<const Images>(std::move(after));
  }
}

void add_store(const Subject& subject, const Images& pictures_read, std::vector<Side>& sides) {
  Images made = pictures_read;
  for (std::size_t i = 0; i < pictures; ++i) {
    data::make_view(subject.views[0], pictures_read[i], {1, 0, static_cast<std::int64_t>(i), 0},
                    made[i]);
  }
  const auto shape = data::shape_of(made[0]);
  const auto floats = std::make_shared<std::vector<float>>(made[0].values());
  const auto normalizer =
      std::make_shared<data::Normalizer>(subject.normalization, made[0].channels());
  sides.push_back({{"float store, normalised", shape},
                   std::make_shared<const Images>(std::move(made)),
                   [floats, normalizer](Image& image, std::size_t) {
                     normalizer->write(image, floats->data());
                   }});
}

void add_views(const Subject& subject, const std::shared_ptr<const Images>& images,
               std::vector<Side>& sides) {
  for (std::size_t v = 0; v < subject.views.size(); ++v) {
    const auto view = std::make_shared<Image>();
    const auto work = [view, &subject, v, images](Image&, std::size_t i) {
      data::make_view(subject.views[v], (*images)[i],
                      {1, 0, static_cast<std::int64_t>(i), static_cast<int>(v)}, *view);
    };
    Image unused;
    work(unused, 0);
    sides.push_back({{"view " + std::to_string(v), data::shape_of(*view)}, images, work});
  }
}

}  // namespace

double OperationCost::nanoseconds_per_value() const {
  return 1e3 * median(micro) / (double{1} * shape.height * shape.width * shape.channels);
}
double OperationCost::copies() const {
  return median(ratios(micro, copy));
}
const char* OperationCost::bound() const {
  return copies() < 3 ? "memory" : "compute";
}

std::vector<OperationCost> operation_costs(const Subject& subject, const Effort& effort) {
  const auto images = read(*subject.source);
  std::vector<Side> sides;
  for (const auto& ops : subject.operations) add_operations(ops, images, sides);
  add_store(subject, *images, sides);
  add_views(subject, images, sides);
  for (int round = 0; round < effort.rounds; ++round) {
    for (auto& side : sides) {
      Images work = *side.before;
      for (std::size_t i = 0; i < pictures; ++i) side.work(work[i], i);  // warms its buffers
      measure(side, work, effort.seconds / 10);
    }
  }
  std::vector<OperationCost> costs;
  for (auto& side : sides) costs.push_back(std::move(side.cost));
  return costs;
}

}  // namespace tandem::bench
