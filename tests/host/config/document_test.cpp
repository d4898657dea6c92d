#include "config/document.hpp"

#include "catch.hpp"
#include "fixtures.hpp"

#include <cstdlib>
#include <fstream>

using namespace tandem::config;
using config_test::error_of;

namespace {

std::string parse_error(const std::string& text) {
  return error_of([&] { parse_text(text, "c.toml"); });
}

std::int64_t integer(const Document& document, std::string_view path) {
  const Node* node = document.find(path);
  REQUIRE(node != nullptr);
  REQUIRE(std::holds_alternative<std::int64_t>(node->value));
  return std::get<std::int64_t>(node->value);
}

std::string where(const Document& document, std::string_view path) {
  const Node* node = document.find(path);
  REQUIRE(node != nullptr);
  return node->origin.where();
}

/// A new folder that is removed with all it holds.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "tandem-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("every kind of value is read, with its place") {
  const Document d = parse_text(
      "a = true\nb = -7\n\tc = 2.5 \n[t]\nd = 'x'\ne = [1, 2.0, \"z\"]\n[[v]]\nf.g = 1\n",
      "c.toml");
  CHECK(std::get<bool>(d.find("a")->value));
  CHECK(integer(d, "b") == -7);
  CHECK(std::get<double>(d.find("c")->value) == 2.5);
  CHECK(*d.find("t.d")->text() == "x");
  CHECK(d.find("t.e")->array()->size() == 3);
  CHECK(integer(d, "v[0].f.g") == 1);
  CHECK(where(d, "a") == "c.toml:1:5");
  CHECK(where(d, "c") == "c.toml:3:6");
  CHECK(where(d, "t.e[2]") == "c.toml:6:14");
  CHECK(d.find("t")->table()->key_origin("e").where() == "c.toml:6:1");
  CHECK(d.find("t.x") == nullptr);
  CHECK(d.find("v[1]") == nullptr);
  CHECK(d.find("v.f") == nullptr);
  CHECK(d.find("not a path") == nullptr);
}

TEST_CASE("what is not TOML is shown with a caret") {
  CHECK(parse_error("[run]\nseed = \n") ==
        "3: c.toml:2:8: error: not TOML: key-value pair: expected value, saw '\\n'\n"
        "  seed = \n"
        "         ^");
  CHECK(parse_error("[objective]\nuse = simsiam\n").substr(0, 19) == "3: c.toml:2:7: erro");
}

TEST_CASE("a date has no use") {
  CHECK(parse_error("[run]\nout = 2024-01-02\n") ==
        "3: c.toml:2:7: error: a date or time has no use in a configuration; for text write quotes "
        "around it\n"
        "  out = 2024-01-02\n"
        "        ^");
}

TEST_CASE("the caret stands below its character") {
  SECTION("tabs are kept") {
    CHECK(parse_error("\tout\t= 1979-05-27\n").ends_with("  \tout\t= 1979-05-27\n  \t   \t  ^"));
  }
  SECTION("combining marks take no room, wide characters two") {
    CHECK(parse_error("a = [\"e\xCC\x81\xE6\x97\xA5\", 1979-05-27]\n") ==
          "3: c.toml:1:13: error: a date or time has no use in a configuration; for text write "
          "quotes around it\n"
          "  a = [\"e\xCC\x81\xE6\x97\xA5\", 1979-05-27]\n"
          "              ^");
  }
  SECTION("a byte order mark and a carriage return are not shown") {
    CHECK(parse_error("\xEF\xBB\xBF"
                      "a = 1979-05-27\r\n")
              .ends_with("\n  a = 1979-05-27\n      ^"));
  }
  SECTION("a long line is cut") {
    const std::string message = parse_error("a = [" + std::string(300, ' ') + "1979-05-27]\n");
    CHECK(message.find("c.toml:1:306") != std::string::npos);
    const std::size_t line = message.find("\n") + 1;
    const std::size_t caret = message.find("\n", line) + 1;
    // The ellipsis before the line is one column and three bytes.
    const std::size_t column = message.find("1979") - line - 2;
    CHECK(message[caret + column] == '^');
    CHECK(message.size() < 400);
  }
}

TEST_CASE("control characters of a file do not reach the terminal") {
  const std::string message = parse_error("a = 1 \x1b[31m\n");
  CHECK(message.find('\x1b') == std::string::npos);
  CHECK(message.starts_with("3: c.toml:1:7: error: "));
}

TEST_CASE("a message about what is not TOML has one line, whatever it quotes") {
  CHECK(parse_error("lambda = i\n[a]\n").starts_with("3: c.toml:1:11: error: not TOML: "));
  CHECK(parse_error("lambda = i\n[a]\n").ends_with("\n  lambda = i\n            ^"));
  CHECK(parse_error("lambda = i\n[a]\n").find("\n'") == std::string::npos);
}

TEST_CASE("hostile nesting is refused, not followed") {
  std::string dots = "a";
  for (int i = 0; i < 200000; ++i) dots += ".a";
  CHECK(parse_error(dots + " = 1\n")
            .starts_with(
                "3: c.toml:1:10002: error: more than 5000 dots; it cannot be a configuration\n"));
  CHECK(parse_error("a = " + std::string(100000, '[')).starts_with("3: c.toml:1:"));
  // Short enough for toml++, and far too deep for any configuration.
  const auto deep = [](int levels) {
    std::string key = "a";
    for (int i = 1; i < levels; ++i) key += ".a";
    return key + " = 1\n";
  };
  CHECK(parse_error(deep(101)).find("nested more than 100 deep") != std::string::npos);
  CHECK(parse_error(deep(4999)).find("nested more than 100 deep") != std::string::npos);
  CHECK(parse_error(deep(100)) == "nothing");
  const std::string lists = "a = " + std::string(101, '[') + std::string(101, ']');
  CHECK(parse_error(lists).find("nested more than 100 deep") != std::string::npos);
}

TEST_CASE("a table without end is refused") {
  std::string text = "[a]\n";
  for (int i = 0; i < 1000; ++i) text += "k" + std::to_string(i) + " = 1\n";
  CHECK(parse_error(text) == "nothing");
  CHECK(parse_error(text + "k = 1\n")
            .starts_with("3: c.toml:1:1: error: a table of more than 1000 keys; it cannot be a "
                         "configuration\n"));
}

TEST_CASE("a file is named in full") {
  const std::string name = std::string(300, 'd') + "/c.toml";
  CHECK(error_of([&] { parse_text("a =", name); }).starts_with("3: " + name + ":1:4: error: "));
}

TEST_CASE("a file that cannot be read is named with the reason") {
  const Folder folder;
  const auto error = [&](const std::filesystem::path& file) {
    return error_of([&] { parse_file(file); });
  };
  const std::string name = folder.path().string();
  CHECK(error(folder.path() / "none.toml") ==
        "3: configuration file '" + name + "/none.toml' does not exist");
  CHECK(error(folder.path()) ==
        "3: configuration file '" + name + "' is a folder; name a .toml file");
  CHECK(error(folder.write("big.toml", "# " + std::string((1 << 20) - 1, 'x'))) ==
        "3: configuration file '" + name +
            "/big.toml' is larger than 1 MiB; it cannot be a configuration");
  CHECK(error(folder.write("largest.toml", "# " + std::string((1 << 20) - 2, 'x'))) == "nothing");
  CHECK(integer(parse_file(folder.write("good.toml", "a = 1")), "a") == 1);
}

TEST_CASE("a layer replaces what it names and leaves the rest") {
  Document d = parse_text("[train]\nepochs = 1\nbatch_size = 2\n[[view]]\ncount = 1\n[[view]]\n",
                          "low.toml");
  d.merge(parse_text("[train]\nepochs = 9\n[eval]\nk = 3\n[[view]]\ncount = 5\n", "high.toml"));
  CHECK(integer(d, "train.epochs") == 9);
  CHECK(where(d, "train.epochs") == "high.toml:2:10");
  CHECK(where(d, "train.batch_size") == "low.toml:3:14");
  CHECK(integer(d, "eval.k") == 3);
  CHECK(d.find("view")->array()->size() == 1);
  CHECK(integer(d, "view[0].count") == 5);
  CHECK(d.name() == "high.toml");
}

TEST_CASE("a layer that uses something else drops the keys of what was used before") {
  const std::string low = "[objective]\nuse = 'barlow_twins'\nlambda = 1\n";
  Document same = parse_text(low, "low.toml");
  same.merge(parse_text("[objective]\nuse = 'barlow_twins'\nscale = 2\n", "high.toml"));
  CHECK(integer(same, "objective.lambda") == 1);

  Document other = parse_text(low, "low.toml");
  other.merge(parse_text("[objective]\nuse = 'simsiam'\nhidden = 2\n", "high.toml"));
  CHECK(other.find("objective.lambda") == nullptr);
  CHECK(integer(other, "objective.hidden") == 2);

  Document silent = parse_text(low, "low.toml");
  silent.merge(parse_text("[objective]\nscale = 2\n", "high.toml"));
  CHECK(integer(silent, "objective.lambda") == 1);
}

TEST_CASE("a scalar may replace a table and a table a scalar") {
  Document d = parse_text("a = 1\n[b]\nc = 1\n", "low.toml");
  d.merge(parse_text("b = 2\n[a]\nd = 3\n", "high.toml"));
  CHECK(integer(d, "b") == 2);
  CHECK(integer(d, "a.d") == 3);
}
