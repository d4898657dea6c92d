#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

/// Safetensors files, valid or wrong in one or two ways, as JSON texts put together by hand.
namespace maker {

struct Field {
  std::string key, value;  ///< of JSON, the key with its quotes; no value: the key has both
};

struct Tensor {
  std::string name;  ///< with its quotes
  std::vector<Field> fields;
  std::string other;  ///< instead of an object with these fields, if not empty
};

struct Draft {
  std::vector<Tensor> tensors;
  std::vector<Field> metadata;
  std::vector<std::string> top;  ///< more members of the header
  std::string before, after;     ///< around the JSON text
  std::uint64_t data_bytes = 0;
  std::int64_t length_error = 0;  ///< added to the size of the header
  std::string file() const;
};

using Generator = std::mt19937_64;

/// One out of a list.
template <class List>
const auto& one_of(const List& list, Generator& random) {
  return list[random() % list.size()];
}

Draft valid_draft(Generator& random);

/// Makes one thing wrong, or at least unusual.
void spoil(Draft& draft, Generator& random);

/// A file of which nothing but the number is known: a third of them are valid.
std::string file(std::uint64_t number);

}  // namespace maker
