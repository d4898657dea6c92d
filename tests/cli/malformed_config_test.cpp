// Configurations that are wrong in a key of a real plugin's or of the host's, by the program
// itself: exit code 3, and the place. tests/host/config/malformed_test.cpp tries thousands within
// one process.
#include "catch.hpp"
#include "workplace.hpp"

namespace {

struct Malformed {
  std::string lines;  ///< after those that are right
  std::string place;  ///< line and column, counted from the first of `lines`
  std::string part;   ///< of the message
};

const std::string right =
    "[backbone]\nuse = \"resnet18\"\n[schedule]\nuse = \"cosine\"\n[optimizer]\nuse = \"lars\"\n";

}  // namespace

TEST_CASE("a malformed configuration ends with exit code 3 and the place of the fault") {
  const Workplace here;
  const std::vector<Malformed> table = {
      {"[objective]\nuse = \"barlow_twins\"\nlamda = 0.1\n", "3:1", "did you mean 'lambda'?"},
      {"[objective]\nuse = \"barlow_twins\"\nlambda = -1\n", "3:10", "at least 0"},
      {"[objective]\nuse = \"barlow_twins\"\nprojector = [1, \"a\"]\n", "3:17", "element 2"},
      {"[objective]\nuse = \"byol\"\nlambda = 1\n", "3:1", "unknown key 'lambda'"},
      {"[[view]]\nops = [{ use = \"random_resized_crop\", size = 1.5 }]\n", "2:46", "integer"},
      {"[[view]]\nops = [{ use = \"grayscale\", p = 2 }]\n", "2:33", "'p'"},
      {"[train]\nepochs = 1\nepochs = 2\n", "3:1", "not TOML"},
      {"[train]\nepochs = 1979-05-27\n", "2:10", "date"},
      {"[run]\ndevice = cuda\n", "2:10", "needs quotes"},
      {"[train]\nbatch_size = 99999999999999999999\n", "2:", "not TOML"},
      {"[eval\nk = 1\n", "1:", "not TOML"},
      {"[guard]\non_collapse = \"\x1b[31m\"\n", "2:", "not TOML"},
  };
  for (const Malformed& malformed : table) {
    CAPTURE(malformed.lines);
    write_file(here / "m.toml", malformed.lines + right);
    const auto result = here.run({"config", "check", "m.toml"});
    CAPTURE(result.err);
    CHECK(result.code == 3);
    CHECK(result.out.empty());
    CHECK(has(result.err, "m.toml:" + malformed.place));
    CHECK(has(result.err, malformed.part));
    CHECK_FALSE(has(result.err, "\x1b"));
  }
}
