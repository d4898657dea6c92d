#include "checkpoint/weights.hpp"

#include "checkpoint/tensor_types.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <torch/types.h>

#include <algorithm>
#include <map>
#include <utility>

namespace tandem::checkpoint {
namespace {

using formats::SafetensorsFile;
using formats::TensorInfo;
using formats::TensorView;
using Names = std::vector<std::string>;

std::vector<NamedTensor> all_of(const State& state) {
  std::vector<NamedTensor> all = state.parameters;
  all.insert(all.end(), state.buffers.begin(), state.buffers.end());
  return all;
}

std::map<std::string, const TensorInfo*> wanted(const SafetensorsFile& file,
                                                const std::string& prefix) {
  std::map<std::string, const TensorInfo*> tensors;
  for (const TensorInfo& info : file.tensors())
    if (info.name.compare(0, prefix.size(), prefix) == 0)
      tensors.emplace(info.name.substr(prefix.size()), &info);
  return tensors;
}

/// A visit as an object, for what asks objects for their state.
class Visited final : public Stateful {
 public:
  explicit Visited(const std::function<void(StateVisitor&)>& visit) : visit_(visit) {}
  void visit(StateVisitor& visitor) override { visit_(visitor); }
  void train(bool) override {}
  void to(at::Device, at::ScalarType) override {}

 private:
  const std::function<void(StateVisitor&)>& visit_;
};

/// A tensor of the object and its counterpart in the file.
struct Match {
  at::Tensor to;
  const TensorInfo* from;
};

/// The object and the file, compared name by name.
struct Comparison {
  std::vector<Match> matches;
  LoadResult differences;
  Names mismatched;
};

bool fits(const at::Tensor& tensor, const TensorInfo& info) {
  return tensor.sizes() == at::IntArrayRef(info.shape) &&
         tensor.is_floating_point() == at::isFloatingType(scalar_type(info.type));
}

std::string describe(const NamedTensor& here, const TensorInfo& there) {
  return Log::join(here.name, ": ", formats::type_name(there.type), " ",
                   at::IntArrayRef(there.shape), " in the file, ",
                   formats::type_name(file_type(here.tensor.scalar_type())), " ",
                   here.tensor.sizes(), " here");
}

Comparison compare(const State& state, const SafetensorsFile& file, const std::string& prefix) {
  Comparison result;
  auto there = wanted(file, prefix);
  for (const NamedTensor& here : all_of(state)) {
    const auto found = there.find(here.name);
    if (found == there.end()) {
      result.differences.missing.push_back(here.name);
      continue;
    }
    if (fits(here.tensor, *found->second))
      result.matches.push_back({here.tensor, found->second});
    else
      result.mismatched.push_back(describe(here, *found->second));
    there.erase(found);
  }
  for (const auto& item : there) result.differences.extra.push_back(item.first);
  return result;
}

/// Those that `allowed` does not excuse.
Names without(const Names& names, const NamePredicate& allowed) {
  Names rest;
  for (const auto& name : names)
    if (!allowed || !allowed(name)) rest.push_back(name);
  return rest;
}

void check(const Comparison& found, const SafetensorsFile& file, const LoadOptions& options) {
  const auto missing = without(found.differences.missing, options.may_lack);
  const auto extra = without(found.differences.extra, options.may_have_more);
  const bool incomplete = options.strict && !(missing.empty() && extra.empty());
  const bool nothing = found.matches.empty() && !missing.empty();
  if (!incomplete && !nothing && found.mismatched.empty()) return;
  std::string message = file.path().string() + " does not fit this network" +
                        (options.prefix.empty() ? "" : " (names under '" + options.prefix + "')");
  for (const auto& part :
       {listed(missing, "is missing", "are missing"), listed(extra, "is unknown", "are unknown"),
        listed(found.mismatched, "differs", "differ"), options.remedy})
    if (!part.empty()) message += "; " + part;
  throw Error(ErrorKind::checkpoint, message);
}

at::Tensor read(const SafetensorsFile& file, const TensorInfo& info) {
  at::Tensor tensor = torch::empty(info.shape, scalar_type(info.type));
  file.read(info, tensor.data_ptr());
  return tensor;
}

}  // namespace

std::string listed(const Names& names, const std::string& singular, const std::string& plural) {
  constexpr std::size_t shown = 8;
  if (names.empty()) return "";
  const bool one = names.size() == 1;
  std::string text =
      Log::join(names.size(), one ? " tensor " : " tensors ", one ? singular : plural, ": ");
  for (std::size_t i = 0; i < std::min(shown, names.size()); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > shown ? text + ", …" : text;
}

formats::FileSum save_weights(const std::filesystem::path& path, const State& state,
                              const formats::Metadata& metadata) {
  std::vector<NamedTensor> all = all_of(state);
  std::vector<TensorView> views;
  for (auto& [name, tensor] : all) {
    tensor = tensor.detach().to(at::kCPU).contiguous();
    views.push_back({name, file_type(tensor.scalar_type()), tensor.sizes().vec(),
                     tensor.const_data_ptr(), tensor.nbytes()});
  }
  return formats::write_safetensors(path, views, metadata);
}

formats::FileSum save_weights(const std::filesystem::path& path, Stateful& object,
                              const formats::Metadata& metadata) {
  return save_weights(path, state_of(object), metadata);
}

State collect(const std::function<void(StateVisitor&)>& visit) {
  Visited visited(visit);
  return state_of(visited);
}

std::uint64_t bytes_of(const State& state) {
  std::uint64_t bytes = 0;
  for (const auto& [name, tensor] : all_of(state)) bytes += tensor.nbytes();
  return bytes;
}

LoadResult load_weights(const std::filesystem::path& path, Stateful& object,
                        const LoadOptions& options) {
  return load_weights(path, state_of(object), options);
}

LoadResult load_weights(const std::filesystem::path& path, const State& state,
                        const LoadOptions& options) {
  const auto file = SafetensorsFile::open(path);
  Comparison found = compare(state, file, options.prefix);
  check(found, file, options);
  std::vector<at::Tensor> values;
  for (const Match& match : found.matches) values.push_back(read(file, *match.from));
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < values.size(); ++i) found.matches[i].to.copy_(values[i]);
  return std::move(found.differences);
}

}  // namespace tandem::checkpoint
