// `tandem data check`: what it prints, how it ends.
#include "catch.hpp"
#include "workplace.hpp"

#include <csignal>

namespace {

/// An uncompressed picture of one colour.
std::string dot(int side, char value) {
  const std::string size = std::to_string(side);
  return "P6 " + size + " " + size + " 255\n" +
         std::string(static_cast<std::size_t>(3 * side * side), value);
}

void put(const Workplace& here, const std::string& name, const std::string& bytes) {
  std::filesystem::create_directories((here / name).parent_path());
  write_file(here / name, bytes);
}

}  // namespace

TEST_CASE("a check of a folder tells what is in it, for people and for machines") {
  const Workplace here;
  put(here, "set/ant/1.ppm", dot(2, 51));
  put(here, "set/ant/2.ppm", dot(4, 102));
  put(here, "set/bee/3.ppm", dot(2, 51));
  put(here, "set/bee/4.ppm", "P6 9 9 255\nshort");

  const auto text = here.run({"data", "check", "set", "--set", "data.max_bad=0.5"});
  CAPTURE(text.out);
  CHECK(text.code == 0);
  CHECK(text.err.empty());
  CHECK(has(text.out, "4 pictures, 1 unreadable, 1 the same as one before\n"));
  CHECK(has(text.out, "\n  set/bee/4.ppm: a PNM that cannot be decoded: it is cut off\n"));
  CHECK(has(text.out, "\n  ant/1.ppm = bee/3.ppm\n"));
  CHECK(has(text.out, "\n3 channels: 3 pictures, of which 3 are grey\n"));
  CHECK(has(text.out, "\n2 classes of 2 to 2 pictures\n"));
  // Eight pixels of 0.2 and sixteen of 0.4.
  CHECK(has(text.out, "\nmean = [0.333333, 0.333333, 0.333333]\n"));
  CHECK(has(text.out, "\nstd = [0.0942809, 0.0942809, 0.0942809]\n"));

  const auto machine = here.run(
      {"data", "check", "set", "--json", "--set", "data.max_bad=0.5", "--set", "data.channels=1"});
  CHECK(machine.code == 0);
  const auto json = Json::parse(machine.out);
  CHECK(json.at("pictures") == 4);
  CHECK(json.at("unreadable").at(0).at("name") == "bee/4.ppm");
  CHECK(json.at("unreadable").at(0).at("index") == 3);
  CHECK(json.at("duplicates").at(0).at(1).at("name") == "bee/3.ppm");
  CHECK(json.at("height") == Json{{"smallest", 2}, {"median", 2}, {"largest", 4}});
  CHECK(json.at("channels").at(0).at("channels") == 1);
  CHECK(json.at("classes").at(1).at("pictures") == 2);
  CHECK(json.at("fingerprint").get<std::string>().size() == 16);
  CHECK(json.at("content").get<std::string>().size() == 32);
}

TEST_CASE("the fingerprints of a check are those of the runs' manifests") {
  const Workplace here;
  const Words check = {"data",
                       "check",
                       "anywhere",
                       "--set",
                       "data.source=\"synthetic\"",
                       "--set",
                       "data.synthetic_count=40",
                       "--set",
                       "data.synthetic_size=16",
                       "--set",
                       "data.synthetic_classes=4"};
  auto machine = check;
  machine.emplace_back("--json");
  const auto json = Json::parse(here.run(machine).out);
  const auto noted = [&](const std::string& out, const Words& more) {
    Words words = {"--out", out, "--set", "train.max_steps=1"};
    words.insert(words.end(), more.begin(), more.end());
    REQUIRE(here.run(here.tiny(words)).code == 0);
    const auto manifest = Json::parse(read_file(here / out / "manifest.json"));
    return manifest.at("data").at("fingerprint").get<std::string>();
  };
  const auto held = noted("held", {}), all = noted("all", {"--set", "eval.holdout=0"});
  CHECK(held != all);
  CHECK(json.at("training_fingerprint") == held);
  CHECK(json.at("fingerprint") == all);
  const auto text = here.run(check).out;
  CHECK(has(text, "\nfingerprint " + all + " (as the manifest of a run on all pictures has it)\n"));
  CHECK(has(text, "\n            " + held + " (likewise where eval.holdout = 0.1, the default, "));

  // Without classes nothing is held out.
  for (const char* name : {"set/1.ppm", "set/2.ppm", "set/3.ppm", "set/4.ppm", "set/5.ppm"})
    put(here, name, dot(2, 51));
  CHECK(has(here.run({"data", "check", "set"}).out, " (as a run's manifest has it)\n"));
}

TEST_CASE("a check ends with 4 where a run would stop, after it has told everything") {
  const Workplace here;
  put(here, "set/1.ppm", dot(2, 51));
  put(here, "set/2.ppm", "no picture");
  const auto result = here.run({"data", "check", "set"});
  CHECK(result.code == 4);
  CHECK(has(result.out, "2 pictures, 1 unreadable"));
  CHECK(has(result.err, "error: 1 of 2 pictures cannot be read, more than data.max_bad = 0.01"));

  CHECK(here.run({"data", "check", "nowhere"}).code == 4);
  CHECK(here.run({"data", "check", "set", "--set", "data.chanels=1"}).code == 3);
  CHECK(here.run({"data", "check"}).code == 2);
  CHECK(here.run({"data", "look", "set"}).code == 2);
}

TEST_CASE("a check is interrupted at once and says nothing that is not so") {
  const Workplace here;
  program::Process process(
      here.call({"data", "check", "anywhere", "--set", "data.source=\"synthetic\"", "--set",
                 "data.synthetic_count=100000000"}));
  process.until([&] { return process.catches(SIGINT); });
  process.send(SIGINT);
  const auto result = process.wait();
  CHECK(result.code == 130);
  CHECK(result.out.empty());
  CHECK(has(result.err, "stopped by a signal"));
}
