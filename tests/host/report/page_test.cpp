#include "report/page.hpp"
#include "catch.hpp"
#include "data/png.hpp"
#include "report/base64.hpp"
#include "report/figures.hpp"
#include "run_folders.hpp"

using namespace tandem::report;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Page page_of(std::vector<RunRecord> runs) {
  Page page;
  page.runs = std::move(runs);
  page.comparison = compare_runs(page.runs, group_runs(page.runs));
  page.title = "a <title> & more";
  return page;
}

}  // namespace

TEST_CASE("whatever a run is called and holds, the page holds no markup of it") {
  const TemporaryFolder folder;
  const std::string evil = "<script>alert(1)</script>\"'&";
  make_run(folder / "run", {.objective = "<i>byol</i>"});
  const std::string in_json = R"(<script>alert(1)</script>\"'&)";
  write_file(folder / "run/config.toml", "# " + evil + "\n[run]\n");
  write_file(folder / "run/manifest.json", "{\"tandem\":\"" + in_json +
                                               "\",\"data\":7,\"machine\":{\"threads\":[\"" +
                                               in_json + "\"]}}");
  write_file(folder / "run/metrics.jsonl",
             metrics_of({.objective = "<i>byol</i>"}) +
                 R"({"event":"step","step":40,"loss":1,"lr":1,"metrics":{")" + in_json +
                 R"(":1}})"
                 "\n"
                 R"({"event":"alarm","step":1,"sign":")" +
                 in_json + "\",\"cause\":\"" + in_json + "\"}\n");
  write_file(folder / "run/gallery.json",
             R"({"map":{"x":[1,2],"y":[3,4],"labels":[0,1],"explained":[0.5,0.25],"pictures":")" +
                 in_json + R"("},"neighbours":{"queries":[{"name":")" + in_json +
                 R"(","label":0,"png":"javascript:0","neighbours":[]
}]
}
})");
  write_file(folder / "run/views.png", evil);
  const auto html = to_html(page_of({read_run(folder / "run")}));
  CHECK_FALSE(has(html, "<script>alert"));
  CHECK_FALSE(has(html, "<i>"));
  CHECK_FALSE(has(html, "javascript:"));
  CHECK(has(html, "<title>a &lt;title&gt; &amp; more</title>"));
  CHECK(has(html, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"));
}

TEST_CASE("parts of a gallery that are not of their form are left out") {
  const auto json = [](const char* text) { return tandem::formats::Json::parse(text); };
  for (const char* text :
       {"{}", R"({"map":7,"neighbours":7})", R"({"map":{},"neighbours":{}})",
        R"({"map":{"x":[1],"y":[],"labels":[1],"explained":[1,0]},"neighbours":{"queries":[]}})",
        R"({"map":{"x":[],"y":[],"labels":[],"explained":[1,0]}})"}) {
    CHECK(map_figure(json(text), "run").empty());
    CHECK(neighbours_figure(json(text), "run").empty());
  }
  const auto map = map_figure(
      json(R"({"map":{"x":[0,1],"y":[0,1],"labels":[-1,4],"explained":[0.5,0.25]}})"), "run");
  CHECK(has(map, "50.0 % of the variance"));
  CHECK(has(map, "class 4"));
}

TEST_CASE("a page of three long runs stays below 2 MB, and loads nothing") {
  const TemporaryFolder folder;
  std::vector<RunRecord> runs;
  for (const char* objective : {"barlow_twins", "byol", "simsiam"}) {
    const auto path = folder / objective;
    make_run(path, {.objective = objective});
    std::string metrics;
    for (int step = 10; step <= 39'000; step += 10) {  // 200 epochs of 195 steps
      const std::string value = std::to_string(1.0 / step + 0.123456789 * (step % 17));
      metrics += R"({"event":"step","step":)" + std::to_string(step) + R"(,"loss":)" + value +
                 R"(,"lr":)" + value + R"(,"metrics":{"a":)" + value + R"(,"b":)" + value +
                 R"(,"c":)" + value + R"(},"images":1,"timing":{"images_per_s":)" + value + "}}\n";
      if (step % 100 == 0)
        metrics += R"({"event":"health","step":)" + std::to_string(step) +
                   R"(,"embedding_std_even":0.5,"embedding_std":)" + value +
                   R"(,"effective_rank":)" + value + R"(,"alignment":)" + value + "}\n";
    }
    write_file(path / "metrics.jsonl", R"({"event":"start","objective":"x","steps_per_epoch":195})"
                                       "\n" +
                                           metrics);
    // Noise is the worst that a PNG can be asked to hold: a contact sheet of photos.
    tandem::Image noise(1060, 400, 3);
    std::uint32_t state = 1;
    for (std::size_t i = 0; i < noise.values(); ++i)
      noise.u8()[i] = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
    tandem::data::write_png(path / "views.png", noise);
    runs.push_back(read_run(path));
  }
  const auto html = to_html(page_of(std::move(runs)));
  CHECK(html.size() < 1'500'000);  // thumbnails are at most 0.3 MB a run more
  CHECK_FALSE(has(html, "src=\"http"));
  CHECK_FALSE(has(html, "href="));
  CHECK_FALSE(has(html, "url("));
  CHECK(has(html, "default-src 'none'"));
}

TEST_CASE("every chart and picture has a text, and every table its heads") {
  const TemporaryFolder folder;
  make_run(folder / "run", {});
  write_run_page(folder / "run");
  const auto html = read_file(folder / "run/report.html");
  CHECK(has(html, "aria-label=\"Loss over epochs. run: 100 at epoch 0.1, 2.5 at epoch 4.\""));
  CHECK(has(html, "scope=\"col\""));
  CHECK(has(html, "scope=\"row\""));
  CHECK(has(html, "lang=\"en\""));
}
