#pragma once

#include "formats/protobuf.hpp"
#include "formats/safetensors.hpp"
#include "tandem/sdk/exportable.hpp"
#include "tandem/sdk/stateful.hpp"

#include <initializer_list>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace tandem::checkpoint {

/// A graph that is written as ONNX (onnx.ai, "Open Neural Network Exchange - ONNX", opset 17, IR
/// 8), and run along on a sample: so every shape is known, what does not fit is told at once, and
/// the result can be compared with the network's own. Weights are float32. [one thread]
class OnnxGraph final : public GraphBuilder {
 public:
  /// `sample` (N, C, H, W) is float32; N stays open, C, H and W are the model's. Tensors of `state`
  /// keep their names in the file.
  OnnxGraph(const at::Tensor& sample, const State& state);

  GraphValue picture() const { return {0}; }
  /// What a value is for the sample.
  const at::Tensor& result(GraphValue x) const;
  /// The file's bytes, a ModelProto: one input "pictures", one output "features", which `features`
  /// is.
  std::string model(GraphValue features, const formats::Metadata& metadata) const;

  GraphValue convolution(GraphValue x, const GraphConvolution& options) override;
  GraphValue batch_norm(GraphValue x, const GraphBatchNorm& options) override;
  GraphValue relu(GraphValue x) override;
  GraphValue max_pool(GraphValue x, const GraphPool& options) override;
  GraphValue average_pool(GraphValue x, const GraphPool& options) override;
  GraphValue adaptive_average_pool(GraphValue x, Extent size) override;
  GraphValue add(GraphValue a, GraphValue b) override;
  GraphValue flatten(GraphValue x) override;
  GraphValue linear(GraphValue x, const at::Tensor& weight, const at::Tensor& bias) override;
  std::vector<std::int64_t> sizes(GraphValue x) const override;

 private:
  struct Value {
    std::string name;
    at::Tensor result;
  };
  using Names = std::vector<std::string>;
  using Attributes = std::initializer_list<formats::ProtobufMessage>;

  const Value& value(GraphValue x) const;
  /// The name of a constant, which is stored once.
  std::string constant(const at::Tensor& tensor);
  GraphValue append(const std::string& op, const Names& inputs, Attributes attributes,
                    at::Tensor result);

  formats::ProtobufMessage graph_;
  std::vector<Value> values_;
  std::unordered_map<const c10::TensorImpl*, std::string> names_;
  std::unordered_set<std::string> stored_;
};

}  // namespace tandem::checkpoint
