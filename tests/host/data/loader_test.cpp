#include "catch.hpp"
#include "files.hpp"
#include "loading.hpp"

#include <chrono>
#include <thread>

using namespace tandem;
using loading::Numbered;

TEST_CASE("an epoch shows every picture at most once, in another order each epoch") {
  const auto source = std::make_shared<Numbered>(50);
  const auto loader = loading::loader(source, 2);
  REQUIRE(loader->batches_per_epoch() == 6);
  REQUIRE(loader->batch_size() == 8);
  std::set<std::vector<std::int64_t>> orders;
  std::set<std::int64_t> ever;
  for (std::int64_t epoch = 0; epoch < 8; ++epoch) {
    std::vector<std::int64_t> order;
    for (std::int64_t i = 0; i < 6; ++i) {
      const data::Batch& batch = loader->next();
      REQUIRE(batch.epoch == epoch);
      REQUIRE(batch.index_in_epoch == i);
      REQUIRE(batch.size == 8);
      order.insert(order.end(), batch.samples.begin(), batch.samples.end());
    }
    const std::set<std::int64_t> distinct(order.begin(), order.end());
    REQUIRE(distinct.size() == 48);
    REQUIRE((*distinct.begin() >= 0 && *distinct.rbegin() < 50));
    ever.insert(distinct.begin(), distinct.end());
    orders.insert(order);
  }
  CHECK(orders.size() == 8);
  CHECK(ever.size() == 50);
}

TEST_CASE("a batch holds the views of its pictures, packed and normalised, channels innermost") {
  const auto source = std::make_shared<Numbered>(20, 3, 2);
  // Each value tells its row, column and channel.
  const auto place = loading::view([](Image& image, Random&) {
    std::size_t i = 0;
    for (int y = 0; y < 3; ++y) {
      for (int x = 0; x < 3; ++x) {
        for (int c = 0; c < 2; ++c, ++i) {
          image.u8()[i] = static_cast<std::uint8_t>(image.u8()[i] + 60 * y + 30 * x + 10 * c);
        }
      }
    }
  });
  data::LoaderOptions options{.batch_size = 5, .workers = 1};
  data::BatchLoader loader(source, {{}, place}, {{0.5f, 0.25f}, {0.5f, 2.0f}}, options);
  REQUIRE(loader.shapes() == std::vector<data::Shape>{{3, 3, 2}, {3, 3, 2}});
  for (int b = 0; b < 4; ++b) {
    const data::Batch& batch = loader.next();
    REQUIRE(batch.views.size() == 2);
    for (std::size_t n = 0; n < 5; ++n) {
      for (std::size_t i = 0; i < 18; ++i) {
        const std::size_t y = i / 6, x = i / 2 % 3, c = i % 2;
        const double mean = c == 0 ? 0.5 : 0.25, std = c == 0 ? 0.5 : 2.0;
        const auto number = static_cast<double>(batch.samples[n]);
        const double plain = (number / 255 - mean) / std;
        const double placed =
            ((number + static_cast<double>(60 * y + 30 * x + 10 * c)) / 255 - mean) / std;
        REQUIRE(std::abs(double{batch.views[0].data[18 * n + i]} - plain) < 1e-6);
        REQUIRE(std::abs(double{batch.views[1].data[18 * n + i]} - placed) < 1e-6);
      }
    }
    CHECK(reinterpret_cast<std::uintptr_t>(batch.views[1].data) % 64 == 0);
  }
}

TEST_CASE("an operation's stream is named by seed, epoch, picture, view and its place") {
  const auto source = std::make_shared<Numbered>(16, 2, 1);
  const auto draw = std::make_shared<loading::Op>([](Image& image, Random& random) {
    Image floats(1, image.type() == PixelType::f32 ? image.width() + 1 : 1, 1, PixelType::f32);
    if (image.type() == PixelType::f32) std::copy_n(image.f32(), image.values(), floats.f32());
    floats.f32()[floats.values() - 1] = static_cast<float>(random.uniform());
    image = floats;
  });
  const data::ViewSpec two{{draw, draw}};
  data::LoaderOptions options{.batch_size = 4, .workers = 2, .seed = 77};
  data::BatchLoader loader(source, {two, two, two}, {}, options);
  loader.start(3, 1);
  const data::Batch& batch = loader.next();
  for (std::size_t view = 0; view < 3; ++view) {
    for (std::size_t n = 0; n < 4; ++n) {
      for (std::size_t op = 0; op < 2; ++op) {
        Random expected({.seed = 77,
                         .epoch = 3,
                         .sample = static_cast<std::uint32_t>(batch.samples[n]),
                         .view = static_cast<std::uint16_t>(view),
                         .op = static_cast<std::uint16_t>(op)});
        REQUIRE(batch.views[view].data[2 * n + op] == static_cast<float>(expected.uniform()));
      }
    }
  }
}

TEST_CASE("0, 1 and 4 workers show the same pixels") {
  const auto source = std::make_shared<Numbered>(50, 8, 3);
  const auto reference = loading::take(*loading::loader(source, 0), 20);
  for (int workers : {1, 4}) {
    for (int ahead : {1, 2, 5}) {
      const auto loader =
          loading::loader(source, workers, {loading::random_view(), loading::random_view()},
                          {.slots_ahead = ahead});
      CHECK(loading::take(*loader, 20) == reference);
    }
  }
}

TEST_CASE("any batch can be gone to, forwards and back, and is the same") {
  const auto source = std::make_shared<Numbered>(50);
  const auto reference = loading::take(*loading::loader(source, 0), 24);
  for (int workers : {0, 3}) {
    const auto loader = loading::loader(source, workers);
    for (auto [epoch, first] : {std::pair{2, 3}, {0, 0}, {0, 1}, {3, 5}, {1, 6}, {1, 2}}) {
      loader->start(epoch, first);
      for (int i = 0; i < 3; ++i) {
        const auto number = static_cast<std::size_t>(6 * epoch + first + i);
        if (number < reference.size()) REQUIRE(loading::copy(loader->next()) == reference[number]);
      }
    }
    CHECK_THROWS_AS(loader->start(0, 7), Error);
    CHECK_THROWS_AS(loader->start(-1), Error);
  }
}

TEST_CASE("starting where the loader is anyway throws nothing away") {
  const auto source = std::make_shared<Numbered>(16);
  const auto loader = loading::loader(source, 0);
  for (int epoch = 0; epoch < 4; ++epoch) {
    loader->start(epoch);
    loader->next(), loader->next();
  }
  int reads = 0;
  for (std::int64_t i = 0; i < 16; ++i) reads += source->reads(i);
  CHECK(reads == 1 + 4 * 16);  // one to learn the sizes, then each once an epoch, for two views
}

TEST_CASE("another seed gives another order and other pixels") {
  const auto source = std::make_shared<Numbered>(50);
  const auto with = [&](std::uint64_t seed) {
    return loading::take(*loading::loader(source, 0, {loading::random_view()}, {.seed = seed}), 6);
  };
  CHECK(with(1) == with(1));
  CHECK(with(1)[0].samples != with(2)[0].samples);
}

TEST_CASE("a lent batch stays as it is while others are made") {
  const auto source = std::make_shared<Numbered>(400, 8, 3);
  const auto loader = loading::loader(source, 3);
  const data::Batch* lent = &loader->next();
  const auto before = loading::copy(*lent);
  // All batches that may be made in advance are: 1 + 2 batches of 8, and the one picture for the
  // sizes.
  const auto made = [&] {
    int reads = 0;
    for (std::int64_t i = 0; i < source->size(); ++i) reads += source->reads(i);
    return reads;
  };
  while (made() < 1 + 3 * 8) std::this_thread::yield();
  CHECK(loading::copy(*lent) == before);
  CHECK(made() == 1 + 3 * 8);
}

TEST_CASE("the batch that fits exactly, and the one that does not") {
  const auto source = std::make_shared<Numbered>(8);
  CHECK(loading::loader(source, 1)->batches_per_epoch() == 1);
  const std::string said = files::message(
      [&] { loading::loader(source, 1, {loading::random_view()}, {.batch_size = 9}); });
  CHECK(files::has(said, "train.batch_size is 9"));
  CHECK(files::has(said, "only 8 pictures"));
}

TEST_CASE("options that make no sense are refused") {
  const auto source = std::make_shared<Numbered>(8);
  const auto said = [&](data::LoaderOptions options, std::vector<data::ViewSpec> views = {{}}) {
    return files::message([&] { data::BatchLoader(source, views, {}, options); },
                          ErrorKind::config);
  };
  CHECK(files::has(said({.batch_size = 0}), "batch_size"));
  CHECK(files::has(said({.batch_size = 1, .workers = -1}), "0 or more workers"));
  CHECK(files::has(said({.batch_size = 1, .slots_ahead = 0}), "1 or more slots"));
  CHECK(files::has(said({.batch_size = 1, .patience = 0}), "patience"));
  CHECK(files::has(said({.batch_size = 1}, {}), "at least one view"));
  CHECK(files::has(files::message(
                       [&] {
                         data::BatchLoader(source, {{}}, {{0.1f, 0.2f}, {}}, {.batch_size = 1});
                       },
                       ErrorKind::config),
                   "data.mean"));
}

TEST_CASE("waiting is counted") {
  const auto source = std::make_shared<Numbered>(16);
  const auto slow = loading::view([](Image&, Random&) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(2);
    while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
  });
  const auto loader = loading::loader(source, 0, {slow});
  CHECK(loader->seconds_waited() == 0);
  loader->next();
  CHECK(loader->seconds_waited() >= 8 * 0.002);
}

TEST_CASE("a loader can be destroyed at any moment") {
  const auto source = std::make_shared<Numbered>(64, 8, 3);
  for (int round = 0; round < 200; ++round) {
    const auto loader = loading::loader(source, 1 + round % 4);
    if (round % 3 != 0) loader->start(round % 5, round % 8);
    for (int i = 0; i < round % 4; ++i) loader->next();
    if (round % 7 == 0) loader->start(0, 0);
  }
  SUCCEED();
}
