#include "data/contact_sheet.hpp"
#include "catch.hpp"
#include "data/epoch_order.hpp"
#include "data/png.hpp"
#include "files.hpp"
#include "loading.hpp"
#include "tandem/base/describes_draw.hpp"

using namespace tandem;
using loading::Numbered;

namespace {

int red(const Image& sheet, int y, int x) {
  return sheet.u8()[(y * sheet.width() + x) * 3];
}

/// Makes every value of a picture a random byte and the picture a row higher, and tells from what
/// height to what value.
class Fill final : public Augmentation, public DescribesDraw {
 public:
  void apply(Image& image, Random& random) const override {
    const auto value = static_cast<std::uint8_t>(random.bits());
    image = Image(image.height() + 1, image.width(), image.channels());
    std::fill_n(image.u8(), image.values(), value);
  }
  std::string describe_draw(const Image& image, Random random) const override {
    return std::to_string(image.height()) + ": " + std::to_string(random.bits() % 256);
  }
};

std::vector<std::string> entries(const TemporaryFolder& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

}  // namespace

TEST_CASE("a contact sheet shows each picture and its views as training sees them") {
  const auto source = std::make_shared<Numbered>(40, 4, 3);
  const std::vector<data::ViewSpec> views = {loading::random_view(), loading::random_view()};
  data::LoaderOptions options{.batch_size = 4, .workers = 1, .seed = 9};
  data::BatchLoader loader(source, views, {}, options);
  loader.start(2, 3);
  const data::Batch& batch = loader.next();
  const Image sheet = data::contact_sheet(*source, views, {9, 2, batch.samples, 16});
  REQUIRE(sheet.channels() == 3);
  // Cells of 16, with 4 pixels around them: pictures of 4 are enlarged fourfold.
  REQUIRE((sheet.height() == 4 + 4 * 20 && sheet.width() == 4 + 3 * 20));
  for (int row = 0; row < 4; ++row) {
    const auto n = static_cast<std::size_t>(row);
    for (int y = 0; y < 16; ++y) {
      for (int x = 0; x < 16; ++x) {
        const int top = 4 + 20 * row + y;
        REQUIRE(red(sheet, top, 4 + x) == Numbered::value(batch.samples[n]));
        for (std::size_t v = 0; v < 2; ++v) {
          const std::size_t pixel = 16 * n + static_cast<std::size_t>(y / 4 * 4 + x / 4);
          const auto seen = static_cast<int>(batch.views[v].data[3 * pixel] * 255 + 0.5f);
          REQUIRE(red(sheet, top, 24 + 20 * static_cast<int>(v) + x) == seen);
        }
      }
    }
  }
}

TEST_CASE(
    "views that are larger than usual cells are shown pixel for pixel in cells of their size") {
  const auto source = std::make_shared<Numbered>(40, 150, 3);
  source->odd = {7};  // 151 pixels high
  const std::vector<data::ViewSpec> views = {loading::random_view(), loading::random_view()};
  data::SheetOptions options{9, 2, {3, 30}};
  CHECK(data::largest_view(*source, views, options) == 150);
  options.samples.push_back(7);
  options.cell = data::largest_view(*source, views, options);
  REQUIRE(options.cell == 151);
  const Image sheet = data::contact_sheet(*source, views, options);
  const Image steps = data::step_sheet(*source, views, options);
  REQUIRE((sheet.height() == 4 + 3 * 155 && sheet.width() == 4 + 3 * 155));
  Image picture, view;
  for (int row = 0; row < 3; ++row) {
    const std::int64_t sample = options.samples[static_cast<std::size_t>(row)];
    source->read(sample, picture);
    for (int v = 0; v < 2; ++v) {
      data::make_view(views[static_cast<std::size_t>(v)], picture, {9, 2, sample, v}, view);
      int others = 0;
      for (int y = 0; y < view.height(); ++y) {
        for (int x = 0; x < 150; ++x) {
          const int value = view.u8()[3 * (150 * y + x)];
          others += red(sheet, 4 + 155 * row + y, 4 + 155 * (v + 1) + x) != value;
          others += red(steps, 4 + 155 * (2 * row + v) + y, 4 + 155 + x) != value;
        }
      }
      CHECK(others == 0);
    }
  }
}

TEST_CASE("series, which are plotted, make no cell larger") {
  const auto source = std::make_shared<Numbered>(8, 4, 1);
  const auto to_series = loading::view([](Image& image, Random&) { image = Image(1, 3000, 1); });
  CHECK(data::largest_view(*source, std::vector{to_series}, {9, 2, {3}}) == 3000);
  const auto series =
      files::open(std::filesystem::path(TANDEM_TEST_DIR) / "golden/arrays" / "series.npy");
  CHECK(data::largest_view(*series, std::vector{to_series}, {9, 2, {0}}) == 0);
}

TEST_CASE("what stands for unreadable pictures in a sheet is what training shows in their place") {
  const auto source = std::make_shared<Numbered>(40, 4, 3);
  const std::vector<data::ViewSpec> views = {loading::random_view()};
  data::SheetOptions options{9, 2, std::vector<std::int64_t>(8), 16};
  data::EpochOrder(40, options.seed).copy(options.epoch, 8, options.samples);
  source->broken = {options.samples[1], options.samples[5], (options.samples[5] + 1) % 40};
  data::BatchLoader loader(source, views, {},
                           {.batch_size = 8, .workers = 1, .seed = 9, .max_bad = 0.5});
  loader.start(2, 1);
  const data::Batch& batch = loader.next();
  CHECK(batch.samples != options.samples);
  CHECK(data::sheet_pictures(*source, options) == batch.samples);
  const Image sheet = data::contact_sheet(*source, views, options);
  for (int row = 0; row < 8; ++row) {
    const auto n = static_cast<std::size_t>(row);
    CHECK(red(sheet, 4 + 20 * row, 4) == Numbered::value(batch.samples[n]));
    for (int i = 0; i < 16; ++i) {
      const float value = batch.views[0].data[48 * n + 3 * static_cast<std::size_t>(i)];
      const auto seen = static_cast<int>(value * 255 + 0.5f);
      REQUIRE(red(sheet, 4 + 20 * row + 4 * (i / 4), 24 + 4 * (i % 4)) == seen);
    }
  }
  for (std::int64_t i = 0; i < 40; ++i) source->broken.insert(i);
  const std::string said = files::message([&] { data::contact_sheet(*source, views, options); });
  CHECK(files::has(said, "40 of 40 pictures cannot be read"));
}

TEST_CASE("a sheet of steps ends where the view does, and shows what each operation adds") {
  const auto source = std::make_shared<Numbered>(40, 4, 3);
  const auto op = loading::random_view().ops[0];
  const std::vector<data::ViewSpec> views = {{{op, op}}, {{op}}};
  const data::SheetOptions options{9, 2, {7, 30}, 16};
  const Image whole = data::contact_sheet(*source, views, options);
  const Image steps = data::step_sheet(*source, views, options);
  REQUIRE((steps.height() == 4 + 4 * 20 && steps.width() == 4 + 3 * 20));
  const auto cell = [](const Image& sheet, int row, int column) {
    std::vector<int> pixels;
    for (int i = 0; i < 16 * 16; ++i)
      pixels.push_back(red(sheet, 4 + 20 * row + i / 16, 4 + 20 * column + i % 16));
    return pixels;
  };
  for (int sample = 0; sample < 2; ++sample) {
    CHECK(cell(steps, 2 * sample, 0) == cell(whole, sample, 0));
    CHECK(cell(steps, 2 * sample, 2) == cell(whole, sample, 1));
    CHECK(cell(steps, 2 * sample, 1) != cell(whole, sample, 1));
    CHECK(cell(steps, 2 * sample + 1, 1) == cell(whole, sample, 2));
  }
}

TEST_CASE("what a sheet's draws are told to be is what its views are made of") {
  auto source = std::make_shared<Numbered>(40, 4, 3);
  source->broken = {5};
  const auto fill = std::make_shared<Fill>();
  const auto silent = loading::view([](Image&, Random&) {}).ops[0];
  const std::vector<data::ViewSpec> views = {{{fill, silent, fill}}, {{fill}}, {}};
  const data::SheetOptions options{9, 2, {7, 5, 30}, 16};
  const auto draws = data::sheet_draws(*source, views, options);
  REQUIRE(draws.size() == 3);
  const Image sheet = data::contact_sheet(*source, views, options);
  for (const std::size_t row : {0, 1, 2}) {  // one of them unreadable: of what stands for it
    REQUIRE(draws[row].size() == 3);
    REQUIRE(draws[row][0].size() == 3);
    CHECK(draws[row][0][0].starts_with("4: "));
    CHECK(draws[row][0][1].empty());
    const int middle = 4 + 20 * static_cast<int>(row) + 8;
    CHECK(draws[row][0][2] == "5: " + std::to_string(red(sheet, middle, 24 + 8)));
    CHECK(draws[row][1] == data::ViewDraws{"4: " + std::to_string(red(sheet, middle, 44 + 8))});
    CHECK(draws[row][2].empty());
  }
  CHECK(draws[0] != draws[2]);
}

TEST_CASE("a contact sheet takes large, thin, grey, float and unreadable pictures") {
  for (int channels : {1, 2, 3, 5}) {
    auto source = std::make_shared<Numbered>(8, 50, channels);
    source->broken = {1};
    const auto to_float = loading::view([](Image& image, Random&) {
      image = Image(1, 3, image.channels(), PixelType::f32);
      for (std::size_t i = 0; i < image.values(); ++i) image.f32()[i] = 1.5f;
    });
    const std::vector<data::ViewSpec> views = {to_float};
    const Image sheet = data::contact_sheet(*source, views, {0, 0, {1, 7}, 20});
    REQUIRE((sheet.height() == 4 + 2 * 24 && sheet.width() == 4 + 2 * 24));
    CHECK(red(sheet, 14, 14) == 2);  // in the place of the unreadable one
    CHECK(red(sheet, 14, 38) == 255);
    CHECK(red(sheet, 28 + 10, 14) == 7);
    CHECK(red(sheet, 28 + 10, 28 + 10) == 255);
  }
}

TEST_CASE("a PNG holds what was written") {
  TemporaryFolder folder;
  for (int channels : {1, 3}) {
    Image image(5, 7, channels);
    for (std::size_t i = 0; i < image.values(); ++i)
      image.u8()[i] = static_cast<std::uint8_t>(7 * i);
    data::write_png(folder / "x.png", image);
    CHECK(entries(folder) == std::vector<std::string>{"x.png"});
    Image back;
    files::open(folder.path(), channels)->read(0, back);
    REQUIRE((back.height() == 5 && back.width() == 7));
    CHECK(std::equal(image.u8(), image.u8() + image.values(), back.u8()));
  }
  const std::string bytes = read_file(folder / "x.png");
  CHECK(bytes.substr(0, 8) == "\x89PNG\r\n\x1a\n");
  CHECK(bytes.substr(16, 10) == std::string("\0\0\0\7\0\0\0\5\x08\x02", 10));  // 7 × 5, 8 bits, RGB
}

TEST_CASE("a PNG that cannot be written leaves nothing behind") {
  TemporaryFolder folder;
  files::put(folder / "file", "x");
  const Image image(2, 2, 3);
  const std::string said = files::message(
      [&] { data::write_png(folder / "file" / "x.png", image); }, ErrorKind::resource);
  CHECK(files::has(said, "x.png"));
  const std::string channels = files::message(
      [&] { data::write_png(folder / "y.png", Image(2, 2, 2)); }, ErrorKind::internal);
  CHECK(files::has(channels, "channels"));
  CHECK(entries(folder) == std::vector<std::string>{"file"});
}
