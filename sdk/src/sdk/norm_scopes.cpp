#include "norm_scopes.hpp"

#include "tandem/base/error.hpp"
#include "tandem/sdk/fused_norm.hpp"

#include <string>

namespace tandem {
namespace {

thread_local int plain_scopes = 0;
thread_local std::int64_t batch_parts = 1;

}  // namespace

BatchNormParts::BatchNormParts(std::int64_t parts) : outer_(batch_parts) {
  if (parts < 1) {
    throw Error(ErrorKind::usage,
                "BatchNormParts: a batch has one part or more, not " + std::to_string(parts));
  }
  batch_parts = parts;
}

BatchNormParts::~BatchNormParts() {
  batch_parts = outer_;
}

std::int64_t BatchNormParts::of(std::int64_t rows) {
  return rows % batch_parts == 0 ? batch_parts : 1;
}

bool holds_plain_batch_norm() {
  return plain_scopes > 0;
}

PlainBatchNorm::PlainBatchNorm() {
  ++plain_scopes;
}

PlainBatchNorm::~PlainBatchNorm() {
  --plain_scopes;
}

}  // namespace tandem
