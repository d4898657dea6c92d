#include "catch.hpp"
#include "formats/safetensors.hpp"
#include "scratch.hpp"
#include "tandem/base/error.hpp"

#include <sys/stat.h>

#include <random>

using namespace tandem::formats;
using scratch::assemble;
using scratch::raw;

namespace {

/// The message of the Error(checkpoint) that opening these bytes ends in; empty where it succeeds.
std::string refusal(const std::string& bytes, const std::string& name = "w.safetensors") {
  const scratch::Folder folder;
  scratch::put(folder / name, bytes);
  try {
    SafetensorsFile::open(folder / name);
    return "";
  } catch (const tandem::Error& error) {
    CHECK(error.kind() == tandem::ErrorKind::checkpoint);
    CHECK(std::string(error.what()).find(name) != std::string::npos);
    return error.what();
  }
}

std::string tensor(const std::string& name, const std::string& type, const std::string& shape,
                   const std::string& offsets) {
  return "\"" + name + R"(":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":)" +
         offsets + "}";
}

std::string header(const std::string& a, const std::string& b = "") {
  return "{" + a + (b.empty() ? "" : "," + b) + "}";
}

bool says(const std::string& message, const std::string& part) {
  return message.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a safetensors file written by hand is read") {
  const scratch::Folder folder;
  const std::string json =
      R"({ "__metadata__": {"format": "pt", "a\u00e9": ""}, "second": {"dtype":"I64","shape":[],"data_offsets":[12,20]},)"
      R"("first":{"data_offsets":[0,12],"shape":[3,1],"dtype":"F32"},"none":{"dtype":"BF16","shape":[2,0],"data_offsets":[12,12]}}   )";
  const std::string data = raw(1.5f) + raw(-2.0f) + raw(0.25f) + raw(std::int64_t{-7});
  scratch::put(folder / "w", assemble(json, data));

  const SafetensorsFile file = SafetensorsFile::open(folder / "w");
  CHECK(file.metadata() == Metadata{{"format", "pt"}, {"a\u00e9", ""}});
  REQUIRE(file.tensors().size() == 3);
  CHECK(file.tensors()[0].name == "first");
  CHECK(file.tensors()[1].name == "none");
  CHECK(file.tensors()[2].name == "second");
  REQUIRE(file.find("first"));
  CHECK(file.find("first")->shape == std::vector<std::int64_t>{3, 1});
  CHECK(file.find("first")->type == TensorType::f32);
  CHECK(file.find("second")->shape.empty());
  CHECK(file.find("none")->bytes() == 0);
  CHECK(file.find("third") == nullptr);
  float first[3] = {};
  file.read(*file.find("first"), first);
  CHECK((first[0] == 1.5f && first[1] == -2.0f && first[2] == 0.25f));
  const auto second = file.read(*file.find("second"));
  CHECK(std::string(reinterpret_cast<const char*>(second.data()), second.size()) ==
        raw(std::int64_t{-7}));
}

TEST_CASE("a file without tensors is valid, and unknown fields of a tensor are passed over") {
  CHECK(refusal(assemble("{}", "")) == "");
  CHECK(
      refusal(assemble(
          R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":[[1.5,{"y":null}]],"z":{"a":[]}}})",
          "!")) == "");
}

TEST_CASE("every element type has its size") {
  for (const auto& [name, size] : std::map<std::string, int>{{"BOOL", 1},
                                                             {"U8", 1},
                                                             {"I8", 1},
                                                             {"F8_E5M2", 1},
                                                             {"F8_E4M3", 1},
                                                             {"I16", 2},
                                                             {"U16", 2},
                                                             {"F16", 2},
                                                             {"BF16", 2},
                                                             {"I32", 4},
                                                             {"U32", 4},
                                                             {"F32", 4},
                                                             {"F64", 8},
                                                             {"I64", 8},
                                                             {"U64", 8}}) {
    const std::string json =
        header(tensor("t", name, "[3]", "[0," + std::to_string(3 * size) + "]"));
    CHECK(refusal(assemble(json, std::string(static_cast<std::size_t>(3 * size), 'x'))) == "");
  }
}

TEST_CASE("what the reference refuses is refused") {
  const std::string good = tensor("t", "F32", "[2]", "[0,8]");
  const std::string eight(8, 'x'), sixteen(16, 'x');
  REQUIRE(refusal(assemble(header(good), eight)) == "");

  SECTION("sizes") {
    CHECK(says(refusal(""), "too short"));
    CHECK(says(refusal("1234567"), "too short"));
    CHECK(says(refusal(raw(std::uint64_t{100'000'001}) + "{}"), "cut off"));
    CHECK(says(refusal(raw(~std::uint64_t{0}) + "{}"), "cut off"));
    CHECK(says(refusal(raw(std::uint64_t{3}) + "{}"), "cut off"));
    CHECK(says(refusal(raw(std::uint64_t{0})), "does not start with '{'"));
    CHECK(says(refusal(assemble(header(good), eight + "x")), "9 bytes"));
    CHECK(says(refusal(assemble(header(good), "xxxxxxx")), "7 bytes"));
  }
  SECTION("holes and overlap") {
    CHECK(says(refusal(assemble(header(tensor("t", "F32", "[2]", "[8,16]")), sixteen)),
               "hole or overlap"));
    CHECK(says(refusal(assemble(header(good, tensor("u", "F32", "[2]", "[0,8]")), eight)),
               "hole or overlap"));
    CHECK(says(refusal(assemble(header(good, tensor("u", "F32", "[2]", "[4,12]")), sixteen)),
               "hole or overlap"));
    CHECK(says(refusal(assemble(header(good, tensor("u", "F32", "[1]", "[12,16]")), sixteen)),
               "hole or overlap"));
    CHECK(says(
        refusal(assemble(
            header(tensor("t", "F32", "[2]", "[0,8]"), tensor("u", "U8", "[0]", "[8,7]")), eight)),
        "hole or overlap"));
  }
  SECTION("shapes") {
    CHECK(says(refusal(assemble(header(tensor("t", "F32", "[3]", "[0,8]")), eight)), "do not fit"));
    CHECK(
        says(refusal(assemble(header(tensor("t", "F32", "[4294967296,4294967296]", "[0,0]")), "")),
             "do not fit"));
    CHECK(says(refusal(assemble(header(tensor("t", "F64", "[2305843009213693952]", "[0,0]")), "")),
               "do not fit"));
    CHECK(says(refusal(assemble(header(tensor("t", "U8", "[18446744073709551615]", "[0,0]")), "")),
               "too large"));
    CHECK(says(refusal(assemble(header(tensor("t", "U8", "[18446744073709551616]", "[0,0]")), "")),
               "too large"));
    CHECK(says(refusal(assemble(header(tensor("t", "U8", "[-1]", "[0,0]")), "")), "negative"));
    CHECK(says(refusal(assemble(header(tensor("t", "U8", "[1.0]", "[0,1]")), "x")), "fraction"));
    CHECK(says(refusal(assemble(header(tensor("t", "U8", "[[1]]", "[0,1]")), "x")), "a list"));
    CHECK(says(refusal(assemble(header(tensor("t", "U8", "[{}]", "[0,1]")), "x")), "an object"));
    CHECK(says(refusal(assemble(header(tensor("t", "U8", "1", "[0,1]")), "x")), "a number"));
  }
  SECTION("fields") {
    CHECK(says(refusal(assemble(header(tensor("t", "F31", "[2]", "[0,8]")), eight)), "'F31'"));
    CHECK(says(refusal(assemble(header(tensor("t", "F32", "[2]", "[0]")), eight)), "lacks"));
    CHECK(says(refusal(assemble(header(tensor("t", "F32", "[2]", "[0,8,8]")), eight)),
               "more than two"));
    CHECK(says(refusal(assemble(R"({"t":{"dtype":"F32","shape":[2]}})", eight)), "lacks"));
    CHECK(says(refusal(assemble(R"({"t":{"shape":[0],"data_offsets":[0,0]}})", "")), "lacks"));
    CHECK(says(refusal(assemble(R"({"t":{"dtype":5,"shape":[0],"data_offsets":[0,0]}})", "")),
               "a number"));
    CHECK(says(refusal(assemble(R"({"t":5})", "")), "a number"));
    CHECK(says(refusal(assemble(R"({"t":[]})", "")), "a list"));
    CHECK(says(refusal(assemble(R"({"__metadata__":{"a":1}})", "")), "a number"));
    CHECK(says(refusal(assemble(R"({"__metadata__":{"a":{}}})", "")), "an object"));
    CHECK(says(refusal(assemble(R"({"__metadata__":"a"})", "")), "a text"));
  }
  SECTION("keys that come twice") {
    CHECK(says(refusal(assemble(header(good, good), eight)), "'t' comes twice"));
    CHECK(says(refusal(assemble(R"({"__metadata__":{},"__metadata__":{}})", "")), "comes twice"));
    CHECK(says(refusal(assemble(R"({"__metadata__":{"a":"","a":""}})", "")), "'a' twice"));
    CHECK(says(refusal(assemble(
                   R"({"t":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}})", "")),
               "'dtype' twice"));
    CHECK(says(refusal(assemble(
                   R"({"t":{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]}})", "")),
               "'shape' twice"));
  }
  SECTION("text that is no JSON") {
    CHECK(says(refusal(assemble(" {}", "")), "does not start"));
    CHECK(says(refusal(assemble("[]", "")), "does not start"));
    CHECK(says(refusal(assemble("{", "")), "no JSON"));
    CHECK(says(refusal(assemble("{} {}", "")), "no JSON"));
    CHECK(says(refusal(assemble("{}//", "")), "no JSON"));
    CHECK(says(refusal(assemble("{\"a\xff\":1}", "")), "no JSON"));
    CHECK(says(refusal(assemble(std::string("{}\0x", 4), "")), "zero byte"));
    CHECK(says(refusal(assemble(R"({"t":{"x":)" + std::string(1'000'000, '['), "")),
               "lists within lists"));
  }
}

TEST_CASE("a pickle is refused with the line that converts it") {
  const std::string zip = refusal("PK\x03\x04rest of a zip file", "old.pth");
  CHECK(says(zip, "python -c \"import torch"));
  CHECK(says(zip, "old.safetensors"));
  CHECK(says(zip, "weights_only=True"));
  CHECK(says(refusal("\x80\x02}q\x01(X\x01\x02\x03\x04 more"), "pickle"));
}

TEST_CASE("no name of a file gets into the line for the shell that could do something there") {
  for (const std::string name :
       {"$(touch x).pt", "`a`.pt", "a');b('.pt", "a\".pt", "a\\.pt", "a\n.pt"}) {
    const std::string message = refusal("PK\x03\x04rest of a zip file", name);
    CHECK(says(message, "torch.load('PICKLE'"));
    CHECK(says(message, "'WEIGHTS.safetensors')"));
  }
  CHECK(says(refusal("PK\x03\x04rest of a zip file", "my model é.pt"), "my model é.pt', map"));
}

TEST_CASE("a header as long as a pickle's first bytes say is no pickle") {
  const std::uint64_t size = 0x20280;  // 80 02 02 00 …
  CHECK(refusal(assemble("{}" + std::string(size - 2, ' '), "")) == "");
}

TEST_CASE("a message holds nothing that steers a terminal, and all of what follows a name") {
  const std::string message = refusal(assemble(
      header(tensor("\\u001b[31m\\u0000\xc2\x9b" + std::string(500, 'a'), "U8", "[2]", "[0,1]")),
      "x"));
  CHECK(says(message, R"('\u001b[31m\u0000\u009baaa)"));
  CHECK(says(message, "has 1 bytes"));
  CHECK(message.size() < 400);
}

TEST_CASE("what is no regular file is refused") {
  const scratch::Folder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_AS(SafetensorsFile::open(folder / "pipe"), tandem::Error);
  CHECK_THROWS_AS(SafetensorsFile::open("/dev/zero"), tandem::Error);
  CHECK_THROWS_AS(SafetensorsFile::open("/"), tandem::Error);
  CHECK_THROWS_AS(SafetensorsFile::open("/nonexistent/w.safetensors"), tandem::Error);
}

TEST_CASE("a file that shrinks under the reader is an error") {
  const scratch::Folder folder;
  scratch::put(folder / "w", assemble(header(tensor("t", "F32", "[2]", "[0,8]")), "12345678"));
  const SafetensorsFile file = SafetensorsFile::open(folder / "w");
  std::filesystem::resize_file(folder / "w", 20);
  CHECK_THROWS_AS(file.read(*file.find("t")), tandem::Error);
}

TEST_CASE("two thousand damaged files are read or refused, never worse") {
  const scratch::Folder folder;
  const std::string good = assemble(header(R"("__metadata__":{"format":"pt"})",
                                           tensor("a.weight", "F32", "[2,2]", "[0,16]") + "," +
                                               tensor("a.count", "I64", "[]", "[16,24]")),
                                    std::string(24, 'x'));
  std::mt19937 random(1);
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string bytes = good;
    for (unsigned n = random() % 4 + 1; n > 0; --n)
      bytes[random() % bytes.size()] =
          static_cast<char>(random() % 2 ? random() : "{}[]\",:0192eE-"[random() % 14]);
    if (random() % 8 == 0) bytes.resize(random() % bytes.size());
    scratch::put(folder / "w", bytes);
    try {
      const SafetensorsFile file = SafetensorsFile::open(folder / "w");
      for (const TensorInfo& info : file.tensors()) CHECK(file.read(info).size() == info.bytes());
    } catch (const tandem::Error& error) {
      CHECK(error.kind() == tandem::ErrorKind::checkpoint);
      ++refused;
    }
  }
  CHECK(refused > 1000);
}
