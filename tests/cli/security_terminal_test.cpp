// Names that others chose - of pictures, of files, of tensors in a file of weights - are shown, but
// steer no terminal, and are no reason not to answer.
#include "catch.hpp"
#include "workplace.hpp"

namespace {

const std::string red = "\x1b[31m", dot = "P6 1 1 255\n\x01\x02\x03";

void check_plain(const Result& result) {
  CAPTURE(result.err, result.out);
  for (const std::string& text : {result.out, result.err}) {
    CHECK_FALSE(has(text, "\x1b"));
    CHECK_FALSE(has(text, "\r"));
  }
}

}  // namespace

TEST_CASE("names of pictures steer no terminal") {
  const Workplace here;
  std::filesystem::create_directory(here / "set");
  write_file(here / ("set/a" + red + ".ppm"), dot);
  write_file(here / ("set/b" + red + "\n\r.ppm"), dot);
  write_file(here / ("set/c" + red + ".ppm"), "no picture");
  const auto result = here.run({"data", "check", "set", "--set", "data.max_bad=0.9"});
  check_plain(result);
  CHECK(has(result.out, "[31m"));
  check_plain(here.run({"data", "check", "nowhere" + red}));
  check_plain(here.run({"train", "nowhere" + red + ".toml"}));
  check_plain(here.run({"train" + red}));
}

TEST_CASE("a name that is no UTF-8 is told as JSON all the same") {
  const Workplace here;
  std::filesystem::create_directory(here / "set");
  write_file(here / "set/a\xff.ppm", dot);
  write_file(here / "set/b.ppm", dot);
  const auto result = here.run({"data", "check", "set", "--json"});
  CAPTURE(result.err);
  CHECK(result.code == 0);
  CHECK(Json::parse(result.out).at("pictures") == 2);
}

TEST_CASE("names of tensors steer no terminal") {
  const Workplace here;
  const std::string header =
      R"({"\u001b[31m\u0000x":{"dtype":"U8","shape":[2],"data_offsets":[0,1]}})";
  std::string file(8, '\0');
  file[0] = static_cast<char>(header.size());
  write_file(here / "w.safetensors", file + header + "!");
  const auto result = here.run(here.tiny({"--init-from", "w.safetensors"}));
  check_plain(result);
  CHECK(result.code == 6);
  CHECK(has(result.err, "do not fit its shape"));
}
