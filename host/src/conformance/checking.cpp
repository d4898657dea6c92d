#include "conformance/checking.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>
#include <malloc.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <set>
#include <unordered_map>

namespace tandem::conformance {
namespace {

constexpr int pattern = 0xA5;

std::string first_line(const char* text) {
  const std::string_view whole = text;
  return std::string(whole.substr(0, whole.find('\n')));
}

bool is_statistic(std::string_view name) {
  for (const std::string_view end : {"running_mean", "running_var", "num_batches_tracked"}) {
    if (name.ends_with(end)) return true;
  }
  return false;
}

bool is_path(std::string_view name) {
  if (name.empty() || name.front() == '.' || name.back() == '.') return false;
  if (name.find("..") != std::string_view::npos) return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-';
  });
}

}  // namespace

void rethrow_as_thrown(std::string_view stage) {
  try {
    throw;
  } catch (const Violation&) {
    throw;
  } catch (const NotApplicable&) {
    throw;
  } catch (const std::exception& error) {
    const std::string text = first_line(error.what());
    if (text.empty()) throw Violation(Log::join(stage, " threw an exception without a text"));
    throw Thrown(Log::join(stage, " threw: ", text));
  } catch (...) {
    throw Violation(Log::join(stage, " threw something that is no std::exception"));
  }
}

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined();
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) return false;
  const at::Tensor left = a.detach().contiguous(), right = b.detach().contiguous();
  return left.nbytes() == 0 || std::memcmp(left.data_ptr(), right.data_ptr(), left.nbytes()) == 0;
}

bool all_finite(const at::Tensor& tensor) {
  return tensor.detach().isfinite().all().item<bool>();
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return std::numeric_limits<double>::infinity();
  const at::Tensor left = a.detach().to(at::kDouble), right = b.detach().to(at::kDouble);
  return (left - right).norm().item<double>() / std::max(right.norm().item<double>(), 1e-30);
}

double rounding(at::ScalarType type) {
  return type == at::kDouble ? 1e-10 : 1e-4;
}

at::Tensor normals(at::IntArrayRef shape, std::uint64_t seed, at::ScalarType type) {
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  return at::randn(shape, generator, at::dtype(at::kDouble)).to(type);
}

Snapshot snapshot(Stateful& object) {
  State state = plugin_call("visit", [&] { return state_of(object); });
  Snapshot copies;
  for (const auto* list : {&state.parameters, &state.buffers}) {
    for (const auto& [name, tensor] : *list) {
      expect(tensor.defined(), "visit gives '", name, "' without a tensor");
      copies.push_back({name, tensor.detach().clone()});
    }
  }
  return copies;
}

void restore(Stateful& object, const Snapshot& saved) {
  const at::NoGradGuard no_grad;
  std::unordered_map<std::string, at::Tensor> source;
  for (const auto& [name, tensor] : saved) source.emplace(name, tensor);
  const State state = plugin_call("visit", [&] { return state_of(object); });
  for (const auto* list : {&state.parameters, &state.buffers}) {
    for (const auto& [name, tensor] : *list) {
      const auto found = source.find(name);
      const bool fits = found != source.end() && found->second.sizes() == tensor.sizes();
      expect(fits, "'", name,
             "' has not the same name and shape in every instance and at all times");
      tensor.copy_(found->second);
    }
  }
}

std::string first_difference(const Snapshot& a, const Snapshot& b, Statistics statistics) {
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    if (i >= a.size() || i >= b.size()) return (i < a.size() ? a : b)[i].name;
    if (statistics == Statistics::ignored && is_statistic(a[i].name)) continue;
    if (a[i].name != b[i].name || !same_bits(a[i].tensor, b[i].tensor)) return a[i].name;
  }
  return "";
}

void expect_legal_names(Stateful& object) {
  std::set<std::string> seen;
  for (const auto& [name, tensor] : snapshot(object)) {
    expect(is_path(name), "state name '", name, "' is no dotted path of letters, digits, _ and -");
    expect(seen.insert(name).second, "state name '", name, "' comes twice in one visit");
  }
}

std::string names_of(Stateful& object) {
  std::string names;
  for (const auto& [name, tensor] : snapshot(object)) names += (names.empty() ? "" : ", ") + name;
  return names;
}

void expect_names(Stateful& object, const std::string& names, const char* when) {
  const std::string now = names_of(object);
  expect(now == names, "the state's names are not the same ", when, ": ", names, " | ", now);
}

std::string bits_of(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.detach().contiguous();
  return {static_cast<const char*>(plain.const_data_ptr()), plain.nbytes()};
}

std::string bits_of(const Snapshot& state) {
  std::string bits;
  for (const auto& item : state) bits += bits_of(item.tensor);
  return bits;
}

OverwriteFreed::OverwriteFreed() {
  ::mallopt(M_PERTURB, pattern);
}
OverwriteFreed::~OverwriteFreed() {
  ::mallopt(M_PERTURB, 0);
}

void OverwriteFreed::rest() const {
  // Of 16n bytes glibc gives 8 more, which would stay as they were: 16n + 8 fill a block.
  constexpr std::size_t smallest = 24, largest = 4096, each = 64;
  std::vector<std::unique_ptr<unsigned char[]>> blocks;
  for (std::size_t size = smallest; size <= largest; size += 16) {
    for (std::size_t i = 0; i < each; ++i) {
      blocks.push_back(std::make_unique<unsigned char[]>(size));
      std::memset(blocks.back().get(), pattern, size);
    }
  }
}

}  // namespace tandem::conformance
