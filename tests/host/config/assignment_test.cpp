#include "catch.hpp"
#include "config/document.hpp"
#include "fixtures.hpp"

using namespace tandem::config;
using config_test::error_of;

namespace {

Document base() {
  return parse_text(
      "[objective]\nuse = 'barlow_twins'\nlambda = 1\n"
      "[[view]]\nops = [{use = 'crop', size = 32}, {use = 'grayscale', p = 0.1}]\n[[view]]\n",
      "c.toml");
}

Document with(const std::string& assignment) {
  Document d = base();
  d.set(assignment, "--set #1");
  return d;
}

std::string set_error(const std::string& assignment) {
  return error_of([&] { with(assignment); });
}

template <class T>
T value(const Document& document, std::string_view path) {
  const Node* node = document.find(path);
  REQUIRE(node != nullptr);
  REQUIRE(std::holds_alternative<T>(node->value));
  return std::get<T>(node->value);
}

std::string text_of(const std::string& assignment) {
  return value<std::string>(with(assignment), "a.b");
}

}  // namespace

TEST_CASE("an assignment sets one value of the type that TOML gives it") {
  CHECK(value<std::int64_t>(with("objective.lambda=2"), "objective.lambda") == 2);
  CHECK(value<double>(with("a.b=1e-3"), "a.b") == 0.001);
  CHECK(value<bool>(with("a.b = true"), "a.b"));
  CHECK(value<std::string>(with("a.b=\"x y\""), "a.b") == "x y");
  CHECK(value<std::int64_t>(with("a.b=[1, 2]"), "a.b[1]") == 2);
  CHECK(value<std::int64_t>(with("a.b={c = 3}"), "a.b.c") == 3);
  CHECK(value<std::int64_t>(with("a.b.c.d=4"), "a.b.c.d") == 4);
}

TEST_CASE("an assignment reaches into arrays") {
  const Document d = with("view[0].ops[1].p=0.5");
  CHECK(value<double>(d, "view[0].ops[1].p") == 0.5);
  CHECK(value<std::int64_t>(d, "view[0].ops[0].size") == 32);
  CHECK(value<std::string>(with("view[0].ops[0]={use=\"blur\"}"), "view[0].ops[0].use") == "blur");
}

TEST_CASE("what is not TOML is text, and nothing is evaluated") {
  CHECK(text_of("a.b=simsiam") == "simsiam");
  CHECK(text_of("a.b= runs/my run ") == "runs/my run ");
  CHECK(text_of("a.b=/data/a#b") == "/data/a#b");
  CHECK(text_of("a.b=x=y") == "x=y");
  CHECK(text_of("a.b=") == "");
  CHECK(text_of("a.b=2024-01-02") == "2024-01-02");
  CHECK(text_of("a.b=1\n[c]\nd=2") == "1\n[c]\nd=2");
  CHECK(text_of("a.b=__import__('os')") == "__import__('os')");
}

TEST_CASE("a value knows the assignment and the column it came from") {
  const Document d = with("objective.lambda = 0.1");
  const Node* node = d.find("objective.lambda");
  CHECK(node->origin.where() == "--set #1");
  CHECK(node->origin.excerpt() ==
        "  objective.lambda = 0.1\n"
        "                     ^");
  CHECK(with("a.b=fast").find("a.b")->origin.column == 5);
}

TEST_CASE("the last assignment of a key wins") {
  Document d = with("a.b=1");
  d.set("a.b=2", "--set #2");
  CHECK(value<std::int64_t>(d, "a.b") == 2);
}

TEST_CASE("a new use drops what the files gave to the old one") {
  const Document other = with("objective.use=simsiam");
  CHECK(value<std::string>(other, "objective.use") == "simsiam");
  CHECK(other.find("objective.lambda") == nullptr);
  CHECK(with("objective.use=barlow_twins").find("objective.lambda") != nullptr);

  const Document op = with("view[0].ops[0].use=blur");
  CHECK(op.find("view[0].ops[0].size") == nullptr);
  CHECK(op.find("view[0].ops[1].p") != nullptr);
}

TEST_CASE("the order of assignments does not matter to a new use") {
  Document d = with("objective.hidden=64");
  d.set("objective.use=simsiam", "--set #2");
  CHECK(value<std::int64_t>(d, "objective.hidden") == 64);
  CHECK(d.find("objective.lambda") == nullptr);
}

TEST_CASE("what is no assignment is a wrong use of the command line") {
  CHECK(set_error("objective.lambda") ==
        "2: --set #1: error: expected KEY=VALUE\n"
        "  objective.lambda\n"
        "  ^");
  for (const char* wrong : {"=1", ".a=1", "a.=1", "a..b=1", "[0]=1", "a[]=1", "a[x]=1", "a[0=1",
                            "a b=1", "a[0]b=1", "a[9999999]=1", "\"a\"=1", "a]=1"}) {
    INFO(wrong);
    CHECK(set_error(wrong).starts_with(
        "2: --set #1: error: expected a key such as optimizer.lr or view[0].ops[1].size\n"));
  }
  CHECK(set_error("a.b=\xff").starts_with("2: --set #1: error: the value is not UTF-8"));
}

TEST_CASE("a path that leads nowhere is shown") {
  CHECK(set_error("view[2].count=1") ==
        "3: --set #1: error: there is no element 2: the array has 2, counted from 0\n"
        "  view[2].count=1\n"
        "       ^");
  CHECK(set_error("view.count=1") ==
        "3: --set #1: error: expected a table around this, found array; its elements are written "
        "[0], [1], …\n"
        "  view.count=1\n"
        "       ^");
  CHECK(set_error("objective.lambda.x=1") ==
        "3: --set #1: error: expected a table around this, found integer\n"
        "  objective.lambda.x=1\n"
        "                   ^");
  CHECK(set_error("objective[0]=1") ==
        "3: --set #1: error: expected array, found table\n"
        "  objective[0]=1\n"
        "            ^");
  CHECK(set_error("data[0].x=1").starts_with("3: --set #1: error: expected array, found table"));
}

TEST_CASE("a value that starts as TOML must be TOML") {
  CHECK(set_error("a.b=[1, 2").starts_with("3: --set #1: error: not TOML: "));
  CHECK(set_error("a.b=\"x").starts_with("3: --set #1: error: not TOML: "));
  CHECK(set_error("a.b={x}").starts_with("3: --set #1: error: not TOML: "));
}
