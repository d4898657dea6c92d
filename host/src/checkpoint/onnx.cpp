#include "checkpoint/onnx.hpp"

#include "checkpoint/onnx_graph.hpp"
#include "formats/atomic_file.hpp"
#include "tandem/base/error.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/max.h>
#include <ATen/ops/randn.h>

#include <algorithm>

namespace tandem::checkpoint {
namespace {

Exportable& exportable(const OnnxSource& source) {
  auto* found = dynamic_cast<Exportable*>(&source.backbone);
  if (found != nullptr) return *found;
  throw Error(ErrorKind::plugin,
              "backbone '" + source.name +
                  "' does not say what it computes (tandem::Exportable), so there is no ONNX of "
                  "it; --format safetensors writes its weights");
}

void require_equal(const at::Tensor& described, const at::Tensor& computed,
                   const std::string& name) {
  constexpr double tolerance = 1e-4;
  const bool same_shape = described.sizes() == computed.sizes();
  const double largest = computed.abs().max().item<double>();
  const double difference = same_shape ? (described - computed).abs().max().item<double>() : 0;
  if (same_shape && difference <= tolerance * std::max(1.0, largest)) return;
  throw Error(ErrorKind::plugin,
              "backbone '" + name + "' describes another network than it runs: " +
                  (same_shape ? Log::join("features differ by ", difference)
                              : Log::join("features of shape ", described.sizes(), " instead of ",
                                          computed.sizes())) +
                  "; tell the plugin's author");
}

}  // namespace

std::int64_t save_onnx(const std::filesystem::path& path, const OnnxSource& source,
                       const formats::Metadata& metadata) {
  Exportable& describes = exportable(source);
  const at::NoGradGuard no_grad;
  const auto sample = at::randn({2, source.channels, source.height, source.width},
                                at::detail::createCPUGenerator());
  OnnxGraph graph(sample, state_of(source.backbone));
  const auto output = describes.describe(graph, graph.picture());
  const auto features = source.pooling.describe(graph, output);
  require_equal(graph.result(features), source.pooling(source.backbone.forward(sample)),
                source.name);
  formats::write_file(path, graph.model(features, metadata));
  return graph.sizes(features)[1];
}

}  // namespace tandem::checkpoint
