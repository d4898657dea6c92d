#pragma once

#include "conformance/rule.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/params.hpp"

#include <memory>

namespace tandem::conformance {

/// Makes an instance as the host would, for any role; an objective gets a toy encoder of width 8
/// and two views of a batch of 8. What the plugin throws passes through; a factory that makes
/// nothing is a Violation.
std::shared_ptr<void> make_instance(const Subject& subject, const ParamValues& values);

/// To call where a factory refused the default values: throws NotApplicable if that is because they
/// lack what has no default, a file's name for example.
void skip_without_text(const Subject& subject, const Error& refusal);

/// `small_values` where they make an instance, else `default_values`.
ParamValues usual_values(const Subject& subject);

/// One CPU thread for LibTorch in this process.
void use_one_thread();

}  // namespace tandem::conformance
