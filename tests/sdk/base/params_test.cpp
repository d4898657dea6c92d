#include "tandem/base/params.hpp"

#include "catch.hpp"

#include <cmath>
#include <limits>

using namespace tandem;

namespace {

struct Inner {
  double rate = 0.5;
  std::int64_t steps = 3;
  static void declare(Fields<Inner>& f) {
    f("rate", &Inner::rate, "a rate").above(0).max(1).word("1/d", -1).alias("speed");
    f("steps", &Inner::steps, "some steps").min(1).word("all", 0).unit("steps");
  }
};

struct Outer : Inner {
  bool flag = true;
  int size = 32;
  std::string mode = "auto";
  std::string name;
  Integers widths = {2048, 2048};
  Numbers scale = {0.2, 1.0};
  Strings tags;
  float share = 0.25f;
  Outer() { rate = 0.75; }
  static void declare(Fields<Outer>& f) {
    f.base<Inner>();
    f("flag", &Outer::flag, "a flag");
    f("size", &Outer::size, "a size").range(8, 64).unit("px");
    f("mode", &Outer::mode, "a mode").choices({"auto", "float32", "float64"});
    f("name", &Outer::name, "a name");
    f("widths", &Outer::widths, "widths").min(1).count(1, 4);
    f("scale", &Outer::scale, "a range").range(0, 1).count(2);
    f("tags", &Outer::tags, "tags").choices({"red", "green"});
    f("share", &Outer::share, "a share").min(0).below(1);
  }
};

const Schema& schema() {
  static const Schema built = schema_of<Outer>();
  return built;
}

std::string fault(const std::string& name, const ParamValue& value) {
  return check(*schema().find(name), value);
}

ParamValue text(const char* value) {
  return std::string(value);
}

}  // namespace

TEST_CASE("a schema holds what a struct declares, its base first") {
  const Schema& s = schema();
  REQUIRE(s.params.size() == 10);
  CHECK(s.params[0].name == "rate");
  CHECK(s.params[2].name == "flag");
  CHECK(s.find("speed") == s.find("rate"));
  CHECK(s.find("spee") == nullptr);
  CHECK(s.find("size")->type == ParamType::integer);
  CHECK(s.find("share")->type == ParamType::number);
  CHECK(s.find("size")->unit == "px");
  CHECK(s.find("size")->doc == "a size");
}

TEST_CASE("an inherited parameter takes the default of the derived struct") {
  CHECK(schema_of<Inner>().find("rate")->fallback == ParamValue(0.5));
  CHECK(schema().find("rate")->fallback == ParamValue(0.75));
  CHECK(make_params<Outer>(schema(), defaults(schema())).rate == 0.75);
}

TEST_CASE("structs become values and values become structs") {
  Outer made;
  made.rate = 0.125;
  made.steps = 9;
  made.flag = false;
  made.size = 17;
  made.mode = "float64";
  made.widths = {1, 2, 3};
  made.scale = {0.5, 0.5};
  made.tags = {"red"};
  made.share = 0.5f;
  const ParamValues values = values_of(schema(), made);
  CHECK(values[0] == ParamValue(0.125));
  CHECK(values[3] == ParamValue(std::int64_t{17}));
  const Outer copy = make_params<Outer>(schema(), values);
  CHECK(copy.rate == 0.125);
  CHECK(copy.steps == 9);
  CHECK_FALSE(copy.flag);
  CHECK(copy.size == 17);
  CHECK(copy.mode == "float64");
  CHECK(copy.widths == Integers{1, 2, 3});
  CHECK(copy.scale == Numbers{0.5, 0.5});
  CHECK(copy.tags == Strings{"red"});
  CHECK(copy.share == 0.5f);
}

TEST_CASE("values of the right type and range pass") {
  CHECK(fault("rate", 1.0) == "");
  CHECK(fault("rate", std::int64_t{1}) == "");
  CHECK(fault("rate", text("1/d")) == "");
  CHECK(fault("steps", text("all")) == "");
  CHECK(fault("size", std::int64_t{8}) == "");
  CHECK(fault("size", std::int64_t{64}) == "");
  CHECK(fault("scale", Integers{0, 1}) == "");
  CHECK(fault("tags", Integers{}) == "");
  CHECK(fault("tags", Strings{"red", "green"}) == "");
  CHECK(fault("name", text("")) == "");
}

TEST_CASE("a wrong type is named, with what to write instead where that is clear") {
  CHECK(fault("size", 32.0) == "expected integer, found number 32.0; write 32");
  CHECK(fault("size", 0.5) == "expected integer, found number 0.5");
  CHECK(fault("size", text("32")) == "expected integer, found string \"32\"");
  CHECK(fault("flag", text("True")) == "expected true or false, found string \"True\"");
  CHECK(fault("flag", std::int64_t{1}) == "expected true or false, found integer 1");
  CHECK(fault("rate", text("1/n")) ==
        "expected number or \"1/d\", found string \"1/n\"; did you mean \"1/d\"?");
  CHECK(fault("rate", true) == "expected number or \"1/d\", found boolean true");
  CHECK(fault("steps", 1.5) == "expected integer or \"all\", found number 1.5");
  CHECK(fault("mode", std::int64_t{3}) == "expected string, found integer 3");
  CHECK(fault("widths", Numbers{1.5}) == "expected list of integers, found list of numbers");
  CHECK(fault("scale", 0.5) == "expected list of numbers, found number 0.5");
  CHECK(fault("tags", Integers{1}) == "expected list of strings, found list of integers");
}

TEST_CASE("a value out of range is named with the bound it breaks") {
  CHECK(fault("rate", 0.0) == "must be above 0 or \"1/d\", is 0.0");
  CHECK(fault("rate", std::int64_t{-1}) == "must be above 0 or \"1/d\", is -1");
  CHECK(fault("rate", 1.5) == "must be at most 1 or \"1/d\", is 1.5");
  CHECK(fault("steps", std::int64_t{0}) == "must be at least 1 or \"all\", is 0");
  CHECK(fault("size", std::int64_t{7}) == "must be at least 8, is 7");
  CHECK(fault("size", std::int64_t{65}) == "must be at most 64, is 65");
  CHECK(fault("share", 1.0) == "must be below 1, is 1.0");
  CHECK(fault("scale", Numbers{0.5, 1.5}) == "element 2 must be at most 1, is 1.5");
  CHECK(fault("widths", Integers{8, 0}) == "element 2 must be at least 1, is 0");
}

TEST_CASE("numbers that are not finite are refused unless a word stands for them") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(fault("share", infinity) == "must be finite, is inf");
  CHECK(fault("share", -infinity) == "must be finite, is -inf");
  CHECK(fault("share", std::nan("")) == "must be finite, is nan");
  Param clip;
  clip.words = {{"none", infinity}};
  CHECK(check(clip, text("none")) == "");
  CHECK(convert(clip, text("none")) == ParamValue(infinity));
  CHECK(to_toml(clip, infinity) == "\"none\"");
}

TEST_CASE("an integer stays within its C++ type") {
  struct Plain {
    int n = 0;
    static void declare(Fields<Plain>& f) { f("n", &Plain::n, "n"); }
  };
  const Schema plain = schema_of<Plain>();
  CHECK(check(plain.params[0], std::int64_t{2147483647}) == "");
  CHECK(check(plain.params[0], std::int64_t{2147483648}) ==
        "must be at most 2147483647, is 2147483648");
  CHECK(check(plain.params[0], std::int64_t{-2147483648}) == "");
}

TEST_CASE("a choice that does not exist is named with the choices and the nearest") {
  CHECK(fault("mode", text("float23")) ==
        "must be \"auto\", \"float32\" or \"float64\", is \"float23\"; did you mean \"float32\"?");
  CHECK(fault("mode", text("half")) == "must be \"auto\", \"float32\" or \"float64\", is \"half\"");
  CHECK(fault("tags", Strings{"red", "gren"}) ==
        "element 2 must be \"red\" or \"green\", is \"gren\"; did you mean \"green\"?");
}

TEST_CASE("a list has as many elements as were asked for") {
  CHECK(fault("scale", Numbers{0.5}) == "must have exactly 2 elements, has 1");
  CHECK(fault("scale", Strings{}) == "must have exactly 2 elements, has 0");
  CHECK(fault("widths", Integers{}) == "must have at least 1 element, has 0");
  CHECK(fault("widths", Integers{1, 2, 3, 4, 5}) == "must have at most 4 elements, has 5");
}

TEST_CASE("values are converted to the parameter's own type") {
  const auto converted = [](const std::string& name, const ParamValue& value) {
    return convert(*schema().find(name), value);
  };
  CHECK(converted("rate", std::int64_t{1}) == ParamValue(1.0));
  CHECK(converted("rate", text("1/d")) == ParamValue(-1.0));
  CHECK(converted("steps", text("all")) == ParamValue(std::int64_t{0}));
  CHECK(converted("scale", Integers{0, 1}) == ParamValue(Numbers{0, 1}));
  CHECK(converted("scale", Strings{}) == ParamValue(Numbers{}));
  CHECK(converted("tags", Integers{}) == ParamValue(Strings{}));
  CHECK(converted("mode", text("auto")) == ParamValue(std::string("auto")));
}

TEST_CASE("an element of a list is judged as the list says") {
  const Param element = element_of(*schema().find("scale"));
  CHECK(element.type == ParamType::number);
  CHECK(check(element, 0.5) == "");
  CHECK(check(element, 2.0) == "must be at most 1, is 2.0");
  CHECK(element_of(*schema().find("tags")).type == ParamType::string);
  CHECK(element_of(*schema().find("widths")).type == ParamType::integer);
}

TEST_CASE("values are written as TOML") {
  CHECK(to_toml(ParamValue(true)) == "true");
  CHECK(to_toml(ParamValue(false)) == "false");
  CHECK(to_toml(ParamValue(std::numeric_limits<std::int64_t>::min())) == "-9223372036854775808");
  CHECK(to_toml(ParamValue(Integers{1, -2})) == "[1, -2]");
  CHECK(to_toml(ParamValue(Numbers{0.2, 1})) == "[0.2, 1.0]");
  CHECK(to_toml(ParamValue(Strings{})) == "[]");
  CHECK(to_toml(ParamValue(Strings{"a", "b\""})) == "[\"a\", \"b\\\"\"]");
}

TEST_CASE("numbers keep their shortest exact form, and are always floats to TOML") {
  const auto written = [](double x) { return to_toml(ParamValue(x)); };
  CHECK(written(0.1) == "0.1");
  CHECK(written(1.0) == "1.0");
  CHECK(written(-0.0) == "-0.0");
  CHECK(written(0.0051) == "0.0051");
  CHECK(written(0.0001) == "0.0001");
  CHECK(written(0.00001) == "1e-5");
  CHECK(written(1.5e-6) == "1.5e-6");
  CHECK(written(100000) == "100000.0");
  CHECK(written(1e20) == "1e20");
  CHECK(written(-2.5e300) == "-2.5e300");
  CHECK(written(0.1 + 0.2) == "0.30000000000000004");
  CHECK(written(5e-324) == "5e-324");
  CHECK(written(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(written(-std::numeric_limits<double>::infinity()) == "-inf");
  CHECK(written(std::nan("")) == "nan");
}

TEST_CASE("strings are escaped") {
  CHECK(to_toml(text("a\tb\nc\\d\"e")) == R"("a\tb\nc\\d\"e")");
  CHECK(to_toml(text("\x01\x1f\x7f")) == R"("\u0001\u001F\u007F")");
  CHECK(to_toml(text("\xc3\xa9")) == "\"\xc3\xa9\"");
}

TEST_CASE("a value that has a word is written as the word") {
  CHECK(to_toml(*schema().find("rate"), -1.0) == "\"1/d\"");
  CHECK(to_toml(*schema().find("rate"), 0.5) == "0.5");
  CHECK(to_toml(*schema().find("steps"), std::int64_t{0}) == "\"all\"");
}

TEST_CASE("types have names") {
  CHECK(type_name(ParamType::boolean) == "boolean");
  CHECK(type_name(ParamType::numbers) == "list of numbers");
}

TEST_CASE("near names are found, nearest first") {
  const Strings keys = {"lambda", "scale", "projector", "learning_rate", "batch_size", "lr"};
  CHECK(nearest("lamda", keys) == Strings{"lambda"});
  CHECK(nearest("lambad", keys) == Strings{"lambda"});  // neighbours swapped
  CHECK(nearest("LAMBDA", keys) == Strings{"lambda"});
  CHECK(nearest("batch-size", keys) == Strings{"batch_size"});
  CHECK(nearest("batch", keys) == Strings{"batch_size"});    // a beginning
  CHECK(nearest("rate", keys) == Strings{"learning_rate"});  // an end
  CHECK(nearest("lrs", keys) == Strings{"lr"});
  CHECK(nearest("momentum", keys).empty());
  CHECK(nearest("", keys).empty());
  CHECK(nearest("x", {"y"}).empty());
  CHECK(nearest(std::string(1000, 'a'), keys).empty());
}

TEST_CASE("no more near names are given than asked for") {
  const Strings names = {"beta3", "beta1", "beta2"};
  CHECK(nearest("beta", names, 2) == Strings{"beta3", "beta1"});
  CHECK(nearest("beta2", names) == Strings{"beta2", "beta3", "beta1"});
}
