#include "support.hpp"

#include "plugin/catalog.hpp"
#include "tandem/sdk/testing.hpp"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <filesystem>
#include <stdexcept>

namespace tandem::test {
namespace {

// With tensors this small, threads spend their time waiting for one another: seconds on a busy
// machine.
const bool one_thread = [] {
  at::set_num_threads(1);
  return true;
}();

at::ScalarType scalar_type(formats::TensorType type) {
  switch (type) {
    case formats::TensorType::f64:
      return at::kDouble;
    case formats::TensorType::f32:
      return at::kFloat;
    case formats::TensorType::i64:
      return at::kLong;
    case formats::TensorType::i8:
      return at::kChar;
    default:
      throw std::logic_error("a type that the golden files do not hold");
  }
}

plugin::Catalog& catalog() {
  static plugin::Catalog* plugins = [] {
    auto* made = new plugin::Catalog(null_log());
    for (const char* id : {"barlow_twins", "simsiam", "byol", "simclr"}) {
      made->add_file(std::filesystem::path(TANDEM_PLUGIN_DIR) / (std::string(id) + ".so"));
    }
    made->add_file(std::filesystem::path(TANDEM_FIXTURE_PLUGINS) / "other_kinds.so");
    return made;
  }();
  return *plugins;
}

at::Tensor wide(const at::Tensor& tensor) {
  return tensor.detach().to(at::kDouble);
}

}  // namespace

Golden::Golden(const std::string& file)
    : file_(formats::SafetensorsFile::open(std::filesystem::path(TANDEM_TEST_DIR) / "golden" /
                                           file)) {}

at::Tensor Golden::tensor(const std::string& name) const {
  const auto* info = file_.find(name);
  if (info == nullptr) throw std::logic_error("no golden vector " + name);
  at::Tensor tensor = at::empty(info->shape, scalar_type(info->type));
  file_.read(*info, tensor.data_ptr());
  return tensor;
}

double Golden::number(const std::string& name) const {
  return tensor(name).item<double>();
}

std::vector<at::Tensor> Golden::numbered(const std::string& prefix) const {
  std::vector<at::Tensor> tensors;
  while (has(prefix + std::to_string(tensors.size()))) {
    tensors.push_back(tensor(prefix + std::to_string(tensors.size())));
  }
  return tensors;
}

std::vector<std::string> Golden::names(const std::string& prefix) const {
  std::vector<std::string> found;
  for (const auto& info : file_.tensors()) {
    if (info.name.starts_with(prefix)) found.push_back(info.name.substr(prefix.size()));
  }
  return found;
}

std::unique_ptr<Objective> make(const std::string& id, const Settings& settings,
                                const ObjectiveContext& context) {
  const auto factory = catalog().find_as<ObjectiveFactory>(Role::objective, id).factory;
  const Schema& schema = factory->schema();
  ParamValues values = defaults(schema);
  for (const auto& [name, value] : settings) {
    const Param* param = schema.find(name);
    if (param == nullptr) throw std::logic_error(id + " has no parameter " + name);
    if (const auto wrong = check(*param, value); !wrong.empty())
      throw std::logic_error(name + " " + wrong);
    values[static_cast<std::size_t>(param - schema.params.data())] = convert(*param, value);
  }
  return factory->create(values, context);
}

ObjectiveContext toy(int views, std::int64_t batch) {
  auto context = testing::toy_context(testing::toy_encoder(6, 5), batch);
  context.views = views;
  return context;
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  const double scale = wide(b).norm().item<double>();
  return (wide(a) - wide(b)).norm().item<double>() / (scale > 0 ? scale : 1);
}

double Result::metric(const std::string& name) const {
  for (const Metric& metric : metrics) {
    if (metric.name == name) return metric.value.item<double>();
  }
  throw std::logic_error("no metric " + name);
}

Result differentiate(Objective& objective, const std::vector<at::Tensor>& online,
                     const std::vector<at::Tensor>& target, const StepContext& step) {
  std::vector<Embedding> views;
  std::vector<at::Tensor> leaves;
  for (std::size_t i = 0; i < online.size(); ++i) {
    leaves.push_back(online[i].detach().clone().requires_grad_());
    views.push_back({leaves.back(), i < target.size() ? target[i] : at::Tensor(), {}});
  }
  Loss loss = objective.loss(views, step);
  loss.total.backward();
  Result result{loss.total.detach(), {}, loss.metrics};
  for (const auto& leaf : leaves) result.grads.push_back(leaf.grad());
  return result;
}

}  // namespace tandem::test
