#include "tandem/sdk/collective.hpp"

#include "catch.hpp"
#include "tandem/base/error.hpp"
#include "tandem/sdk/testing.hpp"

#include <torch/types.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace tandem;

namespace {

/// Throws unless `call` is refused as the caller's fault, with `words`.
void check_refused(const std::string& words, const std::function<at::Tensor()>& call) {
  try {
    call();
  } catch (const Error& error) {
    const std::string text = error.what();
    if (error.kind() == ErrorKind::usage && text.find(words) != std::string::npos) return;
    throw std::runtime_error("refused otherwise: " + text);
  }
  throw std::runtime_error("not refused: " + words);
}

void check_arguments(Collective& collective) {
  for (const auto type : {at::kBool, at::kShort}) {
    const at::Tensor rows = torch::ones({3, 2}, type);
    check_refused(std::string("not ") + c10::toString(type),
                  [&] { return collective.all_reduce_sum(rows); });
    check_refused(std::string("not ") + c10::toString(type),
                  [&] { return collective.all_gather(rows); });
  }
  check_refused("unsqueeze(0)", [&] { return collective.all_gather(torch::ones({})); });
  for (const auto type : {at::kHalf, at::kBFloat16, at::kFloat, at::kDouble, at::kChar, at::kByte,
                          at::kInt, at::kLong}) {
    const at::Tensor sum = collective.all_reduce_sum(torch::ones({}, type));
    const at::Tensor rows = collective.all_gather(torch::ones({1}, type));
    if (sum.item<int>() != collective.size() || rows.size(0) != collective.size())
      throw std::runtime_error(std::string("not the sum and the rows of ") + c10::toString(type));
  }
}

}  // namespace

TEST_CASE("collectives refuse what they do not carry, on one rank as on several") {
  CHECK_NOTHROW(check_arguments(single_rank()));
  CHECK_NOTHROW(testing::run_ranks(2, check_arguments));
}
