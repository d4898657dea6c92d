#include "safetensors_maker.hpp"

#include "scratch.hpp"

#include <algorithm>

namespace maker {
namespace {

using Texts = std::vector<std::string>;

struct Type {
  const char* name;
  std::uint64_t bits;
};
const std::vector<Type> types{
    {"BOOL", 8}, {"U8", 8},   {"I8", 8},    {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"I16", 16},
    {"U16", 16}, {"F16", 16}, {"BF16", 16}, {"I32", 32},    {"U32", 32},    {"F32", 32},
    {"I64", 64}, {"U64", 64}, {"F64", 64},  {"F8_E8M0", 8}, {"F4", 4}};

const Texts names{R"("a")",       R"("layer1.0.weight")", R"("")",
                  R"("\u0000")",  R"("\ud83d\ude00")",    "\"\xc3\xa9\"",
                  R"("a\"b\\/")", R"("\u0061\n")",        "\"\x7f\"",
                  R"("dtype")",   R"("__metadata")"};

/// In place of a whole number.
const Texts odd_numbers{"0",
                        "1",
                        "2",
                        "-1",
                        "-0",
                        "1.0",
                        "1e0",
                        "01",
                        "0x1",
                        "+1",
                        "1e999",
                        "null",
                        "true",
                        R"("1")",
                        "[0]",
                        "{}",
                        "",
                        "9223372036854775807",
                        "9223372036854775808",
                        "18446744073709551615",
                        "18446744073709551616",
                        "4294967296",
                        "100000000000000000000000000000"};
const Texts odd_shapes{"[]",
                       "[0]",
                       "[1]",
                       "[1,1]",
                       "null",
                       "1",
                       "{}",
                       "[[1]]",
                       "[1,]",
                       "[,1]",
                       "[1 1]",
                       "[ 1\n,\t1 ]",
                       "[0,9223372036854775808]",
                       "[9223372036854775808,0]",
                       "[0,4294967296,4294967296]",
                       "[4294967296,4294967296,0]",
                       "[2305843009213693952]",
                       "[0,9223372036854775807]",
                       "[0,18446744073709551616]"};
const Texts odd_types{
    R"("u8")", R"("F31")", R"("C64")",       R"("F6_E2M3")", R"("F6_E3M2")", R"("F4")", R"("")",
    "null",    "5",        R"({"U8":null})", R"(["U8"])",    R"("\u00558")", R"("U8 ")"};
const Texts odd_tensors{
    "null",         "5", "-5", "1.5", R"("U8")", "[]", "{}", "true", R"(["U8",[0],[0,0]])",
    R"(["U8",[0]])"};
const Texts odd_fields{R"("x":1e999)",
                       R"("x":1e308)",
                       R"("x":-0)",
                       R"("x":1e-999)",
                       R"("x":"\ud800")",
                       R"("x":"\udc00")",
                       R"("x":"\ud800\u0061")",
                       "\"x\":\"\xff\"",
                       "\"x\":\"\x1f\"",
                       "\"x\":\"\xc0\x80\"",
                       "\"x\":\"\xed\xa0\x80\"",
                       "\"\xf4\x90\x80\x80\":1",
                       R"("x":"\x")",
                       R"("x":nul)",
                       R"("x":[1,2,{"y":[]}])",
                       R"("x":1,"x":2)",
                       R"(x:1)",
                       R"("x":-99999999999999999999)",
                       R"("x":.5)",
                       R"("x":5.)",
                       R"("x":"\u00zz")",
                       R"("x":'a')",
                       R"("x":NaN)"};
const Texts odd_metadata{R"("__metadata__":null)",
                         R"("__metadata__":{})",
                         R"("__metadata__":[])",
                         R"("__metadata__":"a")",
                         R"("__metadata__":{"a":1})",
                         R"("__metadata__":{"a":null})",
                         R"("__metadata__":{"a":{"b":"c"}})",
                         R"("__metadata__":{"a":["b"]})",
                         R"("__metadata__":{"a":"b","a":"c"})",
                         R"("\u005f_metadata__":{"a":"b"})"};
const Texts odd_befores{" ", "\n", "\xef\xbb\xbf", "//\n", "[", "{", std::string(1, '\0')};
const Texts odd_afters{"   ",      "\n\t\r ", "}", ",", " {}", "//", std::string(1, '\0'),
                       "\xc2\xa0", "\f"};

std::string text(std::uint64_t number) {
  return std::to_string(number);
}

std::string list(const Texts& parts) {
  std::string all;
  for (const auto& part : parts) all += (all.empty() ? "" : ",") + part;
  return all;
}

Tensor tensor(const Type& type, Generator& random, std::uint64_t& end) {
  std::uint64_t elements = 1;
  Texts shape;
  for (std::uint64_t rank = random() % 4; rank > 0; --rank) {
    const std::uint64_t size = random() % 10 == 0 ? 0 : 1 + random() % 3;
    elements *= size;
    shape.push_back(text(size));
  }
  if (elements * type.bits % 8 != 0) shape.push_back("2"), elements *= 2;
  const std::uint64_t begin = end;
  end += elements * type.bits / 8;
  Tensor made{one_of(names, random),
              {{R"("dtype")", std::string("\"") + type.name + "\""},
               {R"("shape")", "[" + list(shape) + "]"},
               {R"("data_offsets")", "[" + text(begin) + "," + text(end) + "]"}},
              ""};
  if (random() % 10 == 0) made.fields.push_back({R"("more")", R"([1.5,{"a":"b"}])"});
  std::shuffle(made.fields.begin(), made.fields.end(), random);
  return made;
}

bool has(const Draft& draft, const std::string& name) {
  return std::any_of(draft.tensors.begin(), draft.tensors.end(),
                     [&](const Tensor& t) { return t.name == name; });
}

/// The field of one of the tensors; null where there is none.
std::string* field(Draft& draft, Generator& random, const std::string& key) {
  if (draft.tensors.empty()) return nullptr;
  for (Field& field : draft.tensors[random() % draft.tensors.size()].fields)
    if (field.key == key) return &field.value;
  return nullptr;
}

void change_number(std::string& numbers, Generator& random) {
  Texts parts;
  std::string inner = numbers.substr(1, numbers.size() - 2);
  for (std::size_t comma = 0; comma != std::string::npos; inner.erase(0, comma + 1)) {
    comma = inner.find(',');
    parts.push_back(inner.substr(0, comma));
    if (comma == std::string::npos) break;
  }
  std::string& part = parts[random() % parts.size()];
  const bool plain =
      !part.empty() && part.size() < 6 &&
      std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (plain && random() % 2)
    part = text(std::stoul(part) + (random() % 2 ? 1 : 3));
  else
    part = one_of(odd_numbers, random);
  if (random() % 8 == 0) parts.push_back("1");
  if (random() % 8 == 0) parts.pop_back();
  numbers = "[" + list(parts) + "]";
}

void spoil_field(Draft& draft, Generator& random) {
  static const Texts keys{R"("dtype")", R"("shape")", R"("data_offsets")"};
  const std::string key = one_of(keys, random);
  std::string* value = field(draft, random, key);
  if (value == nullptr) return;
  if (key == keys[0])
    *value = one_of(odd_types, random);
  else if (key == keys[1] && random() % 2)
    *value = one_of(odd_shapes, random);
  else if (value->size() > 1)
    change_number(*value, random);
}

/// A tensor of no bytes, whose shape and type say all kinds of things.
void add_empty(Draft& draft, Generator& random) {
  const std::uint64_t at = random() % 4 == 0 ? random() % (draft.data_bytes + 2) : draft.data_bytes;
  const std::string offsets = "[" + text(at) + "," + text(at) + "]";
  const std::string type = std::string("\"") + one_of(types, random).name + "\"";
  draft.tensors.push_back({R"("empty")",
                           {{R"("dtype")", type},
                            {R"("shape")", one_of(odd_shapes, random)},
                            {R"("data_offsets")", offsets}},
                           ""});
}

void repeat_or_drop(Draft& draft, Generator& random) {
  if (draft.tensors.empty()) return;
  Tensor& tensor = draft.tensors[random() % draft.tensors.size()];
  auto& fields = tensor.fields;
  switch (random() % 4) {
    case 0:
      draft.tensors.push_back(Tensor(tensor));
      break;
    case 1:
      draft.tensors.push_back(
          {tensor.name, fields, random() % 2 ? one_of(odd_tensors, random) : ""});
      break;
    case 2:
      fields.push_back(Field(one_of(fields, random)));
      break;
    default:
      fields.pop_back();
  }
}

void nest(Draft& draft, Generator& random) {
  static const std::vector<std::size_t> depths{1, 2, 50, 124, 125, 126, 127, 128, 3000};
  const std::size_t depth = one_of(depths, random);
  std::string open, close;
  for (std::size_t i = 0; i < depth; ++i) {
    const bool object = random() % 2 != 0;
    open += object ? R"({"k":)" : "[";
    close.insert(0, object ? "}" : "]");
  }
  if (!draft.tensors.empty())
    draft.tensors.front().fields.push_back({R"("deep")", open + "1" + close});
}

void spoil_top(Draft& draft, Generator& random) {
  switch (random() % 6) {
    case 0:
      draft.top.push_back(one_of(odd_metadata, random));
      break;
    case 1:
      draft.before = one_of(odd_befores, random);
      break;
    case 2:
      draft.after = one_of(odd_afters, random);
      break;
    case 3:
      draft.data_bytes += random() % 2 ? 1 : ~std::uint64_t{0};
      if (draft.data_bytes > 1000) draft.data_bytes = 0;
      break;
    case 4:
      draft.length_error = static_cast<std::int64_t>(random() % 5) - 2;
      break;
    default:
      draft.top.push_back(R"("odd":)" + one_of(odd_tensors, random));
  }
}

void spoil_bytes(std::string& file, Generator& random) {
  static const std::string signs = "{}[]\",:0192eE-. \\u\x80";
  std::string header = file;
  char& byte = header[random() % std::min<std::size_t>(header.size(), 400)];
  byte = random() % 2 ? one_of(signs, random) : static_cast<char>(random());
  if (random() % 6 == 0) header.resize(random() % header.size());
  file = header;
}

}  // namespace

std::string Draft::file() const {
  Texts members;
  for (const Tensor& tensor : tensors) {
    Texts parts;
    for (const Field& field : tensor.fields)
      parts.push_back(field.value.empty() ? field.key : field.key + ":" + field.value);
    members.push_back(tensor.name + ":" +
                      (tensor.other.empty() ? "{" + list(parts) + "}" : tensor.other));
  }
  Texts texts;
  for (const Field& field : metadata) texts.push_back(field.key + ":" + field.value);
  if (!texts.empty()) members.insert(members.begin(), R"("__metadata__":{)" + list(texts) + "}");
  members.insert(members.end(), top.begin(), top.end());
  const std::string json = before + "{" + list(members) + "}" + after;
  std::string data;
  for (std::uint64_t i = 0; i < data_bytes; ++i) data += static_cast<char>(7 + 37 * i);
  const auto length =
      static_cast<std::uint64_t>(static_cast<std::int64_t>(json.size()) + length_error);
  return scratch::raw(length) + json + data;
}

Draft valid_draft(Generator& random) {
  Draft draft;
  for (std::uint64_t n = random() % 5; n > 0; --n) {
    Tensor made = tensor(one_of(types, random), random, draft.data_bytes);
    while (has(draft, made.name)) made.name.insert(1, "x");
    draft.tensors.push_back(std::move(made));
  }
  std::shuffle(draft.tensors.begin(), draft.tensors.end(), random);
  for (std::uint64_t n = random() % 3; n > 0; --n)
    draft.metadata.push_back(
        {"\"" + text(n) + one_of(names, random).substr(1), one_of(names, random)});
  draft.after = std::string(random() % 9, ' ');
  return draft;
}

void spoil(Draft& draft, Generator& random) {
  switch (random() % 8) {
    case 0:
      return repeat_or_drop(draft, random);
    case 1:
      return nest(draft, random);
    case 2:
      return add_empty(draft, random);
    case 3:
      if (draft.tensors.empty()) return;
      draft.tensors.front().fields.push_back({one_of(odd_fields, random), ""});
      return;
    case 4:
      return spoil_top(draft, random);
    default:
      return spoil_field(draft, random);
  }
}

std::string file(std::uint64_t number) {
  Generator random(number);
  Draft draft = valid_draft(random);
  for (std::uint64_t n = random() % 3; n > 0; --n) spoil(draft, random);
  std::string file = draft.file();
  if (random() % 8 == 0) spoil_bytes(file, random);
  return file;
}

}  // namespace maker
