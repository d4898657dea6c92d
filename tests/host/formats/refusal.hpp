#pragma once

#include "catch.hpp"
#include "tandem/base/error.hpp"

#include <string>

/// The message of the error of this kind that a call ends with; empty where there is none.
template <class Call>
std::string refusal(tandem::ErrorKind kind, Call&& call) {
  try {
    call();
  } catch (const tandem::Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return "";
}
