#include "checkpoint/onnx_graph.hpp"

#include "tandem/base/error.hpp"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/add.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/flatten.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <utility>

namespace tandem::checkpoint {
namespace {

using formats::ProtobufMessage;
using Integers = std::vector<std::int64_t>;

/// The numbers of the fields and enumerators that are used, from onnx/onnx.proto (Apache-2.0).
namespace model {
constexpr int ir_version = 1, producer_name = 2, graph = 7, opset_import = 8, metadata_props = 14;
}
namespace graph {
constexpr int node = 1, name = 2, initializer = 5, input = 11, output = 12;
}
namespace node {
constexpr int input = 1, output = 2, name = 3, op_type = 4, attribute = 5;
}
namespace attribute {
constexpr int name = 1, f = 2, i = 3, ints = 8, type = 20;
constexpr int is_float = 1, is_int = 2, is_ints = 7;
}  // namespace attribute
namespace tensor {
constexpr int dims = 1, data_type = 2, name = 8, raw_data = 9;
constexpr int is_float = 1;
}  // namespace tensor
constexpr int key = 1, text = 2;               // StringStringEntryProto
constexpr int domain = 1, version = 2;         // OperatorSetIdProto
constexpr int value_name = 1, value_type = 2;  // ValueInfoProto
constexpr int tensor_type = 1;                 // TypeProto
constexpr int element_type = 1, shape = 2;     // TypeProto.Tensor
constexpr int dimension = 1;                   // TensorShapeProto
constexpr int dim_value = 1, dim_param = 2;    // TensorShapeProto.Dimension

constexpr int opset = 17, ir = 8;

ProtobufMessage integers(const char* name, const Integers& values) {
  return ProtobufMessage()
      .bytes(attribute::name, name)
      .integers(attribute::ints, values)
      .integer(attribute::type, attribute::is_ints);
}

ProtobufMessage integers(const char* name, Extent values) {
  return integers(name, Integers(values.begin(), values.end()));
}

/// Before and after, along height and width.
ProtobufMessage pads(Extent padding) {
  return integers("pads", Integers{padding[0], padding[1], padding[0], padding[1]});
}

ProtobufMessage integer(const char* name, std::int64_t value) {
  return ProtobufMessage()
      .bytes(attribute::name, name)
      .integer(attribute::i, value)
      .integer(attribute::type, attribute::is_int);
}

ProtobufMessage real(const char* name, double value) {
  return ProtobufMessage()
      .bytes(attribute::name, name)
      .real32(attribute::f, static_cast<float>(value))
      .integer(attribute::type, attribute::is_float);
}

at::Tensor packed(const at::Tensor& tensor) {
  return tensor.detach().to(at::kCPU, at::kFloat).contiguous();
}

/// A float tensor with an open first dimension.
ProtobufMessage value_info(const char* name, at::IntArrayRef sizes) {
  ProtobufMessage dimensions;
  dimensions.message(dimension, ProtobufMessage().bytes(dim_param, "N"));
  for (const auto size : sizes.slice(1))
    dimensions.message(dimension, ProtobufMessage().integer(dim_value, size));
  const auto type = ProtobufMessage().message(
      tensor_type,
      ProtobufMessage().integer(element_type, tensor::is_float).message(shape, dimensions));
  return ProtobufMessage().bytes(value_name, name).message(value_type, type);
}

/// (cells, side): each row averages the pixels of a cell, as adaptive pooling has them.
at::Tensor cell_means(std::int64_t cells, std::int64_t side) {
  auto means = at::zeros({cells, side});
  for (std::int64_t i = 0; i < cells; ++i) {
    const std::int64_t begin = i * side / cells, end = ((i + 1) * side + cells - 1) / cells;
    means[i].slice(0, begin, end).fill_(1.0 / static_cast<double>(end - begin));
  }
  return means;
}

}  // namespace

OnnxGraph::OnnxGraph(const at::Tensor& sample, const State& state) {
  values_.push_back({"pictures", sample});
  for (const auto* tensors : {&state.parameters, &state.buffers})
    for (const auto& item : *tensors) names_[item.tensor.unsafeGetTensorImpl()] = item.name;
}

const OnnxGraph::Value& OnnxGraph::value(GraphValue x) const {
  if (x.index < 0 || x.index >= static_cast<std::int64_t>(values_.size()))
    throw Error(ErrorKind::plugin, "a description uses a value that is not of its graph");
  return values_[static_cast<std::size_t>(x.index)];
}

const at::Tensor& OnnxGraph::result(GraphValue x) const {
  return value(x).result;
}

std::vector<std::int64_t> OnnxGraph::sizes(GraphValue x) const {
  return result(x).sizes().vec();
}

std::string OnnxGraph::constant(const at::Tensor& tensor) {
  const auto known = names_.find(tensor.unsafeGetTensorImpl());
  std::string name =
      known != names_.end() ? known->second : "constant_" + std::to_string(stored_.size());
  if (!stored_.insert(name).second) return name;
  const auto values = packed(tensor);
  const auto* const data = static_cast<const char*>(values.const_data_ptr());
  graph_.message(graph::initializer, ProtobufMessage()
                                         .integers(tensor::dims, values.sizes())
                                         .integer(tensor::data_type, tensor::is_float)
                                         .bytes(tensor::name, name)
                                         .bytes(tensor::raw_data, {data, values.nbytes()}));
  return name;
}

GraphValue OnnxGraph::append(const std::string& op, const Names& inputs, Attributes attributes,
                             at::Tensor result) {
  const std::string name = op + "_" + std::to_string(values_.size());
  ProtobufMessage message;
  for (const auto& input : inputs) message.bytes(node::input, input);
  message.bytes(node::output, name).bytes(node::name, name).bytes(node::op_type, op);
  for (const auto& item : attributes) message.message(node::attribute, item);
  graph_.message(graph::node, message);
  values_.push_back({name, std::move(result)});
  return {static_cast<std::int64_t>(values_.size()) - 1};
}

GraphValue OnnxGraph::convolution(GraphValue x, const GraphConvolution& options) {
  const auto weight = packed(options.weight);
  const auto bias = options.bias.defined() ? packed(options.bias) : at::Tensor();
  auto result = at::conv2d(value(x).result, weight, bias, options.stride, options.padding,
                           options.dilation, options.groups);
  Names inputs = {value(x).name, constant(options.weight)};
  if (bias.defined()) inputs.push_back(constant(options.bias));
  return append("Conv", inputs,
                {integers("kernel_shape", weight.sizes().slice(2).vec()),
                 integers("strides", options.stride), pads(options.padding),
                 integers("dilations", options.dilation), integer("group", options.groups)},
                std::move(result));
}

GraphValue OnnxGraph::batch_norm(GraphValue x, const GraphBatchNorm& options) {
  const auto& [weight, bias, mean, variance, eps] = options;
  auto result = at::batch_norm(value(x).result, packed(weight), packed(bias), packed(mean),
                               packed(variance), false, 0, eps, false);
  return append(
      "BatchNormalization",
      {value(x).name, constant(weight), constant(bias), constant(mean), constant(variance)},
      {real("epsilon", eps)}, std::move(result));
}

GraphValue OnnxGraph::relu(GraphValue x) {
  return append("Relu", {value(x).name}, {}, at::relu(value(x).result));
}

GraphValue OnnxGraph::max_pool(GraphValue x, const GraphPool& options) {
  return append("MaxPool", {value(x).name},
                {integers("kernel_shape", options.kernel), integers("strides", options.stride),
                 pads(options.padding)},
                at::max_pool2d(value(x).result, options.kernel, options.stride, options.padding));
}

GraphValue OnnxGraph::average_pool(GraphValue x, const GraphPool& options) {
  return append("AveragePool", {value(x).name},
                {integers("kernel_shape", options.kernel), integers("strides", options.stride),
                 pads(options.padding), integer("count_include_pad", 1)},
                at::avg_pool2d(value(x).result, options.kernel, options.stride, options.padding));
}

GraphValue OnnxGraph::adaptive_average_pool(GraphValue x, Extent size) {
  auto result = at::adaptive_avg_pool2d(value(x).result, size);
  if (size == Extent{1, 1})
    return append("GlobalAveragePool", {value(x).name}, {}, std::move(result));
  // ONNX has no such pool: means over rows, then over columns, as products with two matrices.
  const auto rows = cell_means(size[0], value(x).result.size(2));
  const auto columns = cell_means(size[1], value(x).result.size(3)).t();
  const auto narrow =
      append("MatMul", {value(x).name, constant(columns)}, {}, value(x).result.matmul(columns));
  return append("MatMul", {constant(rows), value(narrow).name}, {}, std::move(result));
}

GraphValue OnnxGraph::add(GraphValue a, GraphValue b) {
  return append("Add", {value(a).name, value(b).name}, {},
                at::add(value(a).result, value(b).result));
}

GraphValue OnnxGraph::flatten(GraphValue x) {
  return append("Flatten", {value(x).name}, {integer("axis", 1)}, at::flatten(value(x).result, 1));
}

GraphValue OnnxGraph::linear(GraphValue x, const at::Tensor& weight, const at::Tensor& bias) {
  Names inputs = {value(x).name, constant(weight)};
  if (bias.defined()) inputs.push_back(constant(bias));
  return append("Gemm", inputs, {integer("transB", 1)},
                at::linear(value(x).result, packed(weight), bias.defined() ? packed(bias) : bias));
}

std::string OnnxGraph::model(GraphValue features, const formats::Metadata& metadata) const {
  auto whole = graph_;
  whole
      .message(graph::node, ProtobufMessage()
                                .bytes(node::input, value(features).name)
                                .bytes(node::output, "features")
                                .bytes(node::name, "features")
                                .bytes(node::op_type, "Identity"))
      .bytes(graph::name, "tandem")
      .message(graph::input, value_info("pictures", values_.front().result.sizes()))
      .message(graph::output, value_info("features", value(features).result.sizes()));
  ProtobufMessage file;
  file.integer(model::ir_version, ir)
      .bytes(model::producer_name, "tandem")
      .message(model::opset_import, ProtobufMessage().bytes(domain, "").integer(version, opset))
      .message(model::graph, whole);
  for (const auto& [name, value] : metadata)
    file.message(model::metadata_props, ProtobufMessage().bytes(key, name).bytes(text, value));
  return file.encoded();
}

}  // namespace tandem::checkpoint
