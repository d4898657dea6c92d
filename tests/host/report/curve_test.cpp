#include "report/curve.hpp"
#include "catch.hpp"
#include "report/base64.hpp"
#include "report/chart.hpp"
#include "report/html.hpp"

#include <algorithm>
#include <cmath>

using namespace tandem::report;

TEST_CASE("thinning keeps the ends, the extremes and the order") {
  Points points;
  for (int i = 0; i < 40'000; ++i) points.push_back({i * 0.01, std::sin(i * 0.001)});
  points[12'345].y = 50;
  points[23'456].y = -70;
  const Points kept = thinned(points);
  CHECK(kept.size() <= 400);
  CHECK(kept.size() > 350);
  CHECK(kept.front() == points.front());
  CHECK(kept.back() == points.back());
  for (const int place : {12'345, 23'456})
    CHECK(std::find(kept.begin(), kept.end(), points[place]) != kept.end());
  const auto earlier = [](const Point& a, const Point& b) { return a.x < b.x; };
  CHECK(std::is_sorted(kept.begin(), kept.end(), earlier));
  for (const Point& point : kept)
    CHECK(std::find(points.begin(), points.end(), point) != points.end());
}

TEST_CASE("few points, and level ones, are left as they are") {
  CHECK(thinned({}).empty());
  CHECK(thinned(Points(400, Point{1, 2})).size() == 400);
  Points level;
  for (int i = 0; i < 1000; ++i) level.push_back({double(i), 7});
  const Points kept = thinned(level, 10);
  CHECK(kept.size() <= 10);
  CHECK(kept.back().x == 999);
}

TEST_CASE("axes hold their values and have round ticks") {
  const auto plain = make_axis({0.013, 0.871});
  CHECK_FALSE(plain.logarithmic);
  CHECK(plain.low < 0.013);
  CHECK(plain.high > 0.871);
  REQUIRE(plain.ticks.size() == 5);
  for (int i = 0; i < 5; ++i) CHECK(plain.ticks[i] == Approx(0.2 * i));

  const auto wide = make_axis({0.5, 3000});
  CHECK(wide.logarithmic);
  CHECK(wide.ticks == std::vector<double>{1, 10, 100, 1000});
  CHECK_FALSE(make_axis({0, 3000}).logarithmic);
  for (const double level : {0.0, -3.0, 1e-20, 1e20}) {
    const auto axis = make_axis({level, level});
    CHECK(axis.low < level);
    CHECK(axis.high > level);
    CHECK(axis.ticks.size() >= 2);
    CHECK(axis.ticks.size() <= 12);
  }
}

TEST_CASE("a chart escapes what it is called") {
  Chart chart{"metric <b>", "<b> & \"c\"", "it's", {{0, {{0, 1}, {1, 2}}}}, {}, ""};
  const std::string html = chart_figure(chart, {{"</svg><script>", 0, 0}});
  CHECK(html.find("<b>") == std::string::npos);
  CHECK(html.find("<script>") == std::string::npos);
  CHECK(html.find("&lt;b&gt; &amp; &quot;c&quot;") != std::string::npos);
  CHECK(html.find("it&#39;s") != std::string::npos);
}

TEST_CASE("text becomes HTML, and JSON part of a script, without markup") {
  CHECK(escaped("a<b>&\"c'") == "a&lt;b&gt;&amp;&quot;c&#39;");
  CHECK(escaped("ä\n") == "ä\n");
  CHECK(escaped(std::string("\0\x1b", 2)) == "\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(script_json({{"name", "</script>"}}) == R"({"name":"\u003c/script>"})");
}

TEST_CASE("base64 is that of RFC 4648, section 10") {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) CHECK(base64(plain) == coded);
}

TEST_CASE("only a PNG in base64 passes for a picture") {
  CHECK(checked_png_uri("data:image/png;base64,Zm9v+/=") == "data:image/png;base64,Zm9v+/=");
  for (const char* other : {"", "https://example.org/a.png", "data:image/svg+xml;base64,Zm9v",
                            "data:image/png;base64,\" onerror=\"x", "javascript:1"})
    CHECK(checked_png_uri(other).empty());
}
