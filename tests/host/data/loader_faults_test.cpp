#include "catch.hpp"
#include "files.hpp"
#include "loading.hpp"

#include <stdexcept>
#include <thread>

using namespace tandem;
using files::has;
using files::message;
using loading::Numbered;

TEST_CASE("a broken picture is replaced by the next readable one, named once and counted") {
  const auto source = std::make_shared<Numbered>(200);
  source->broken = {3, 4, 199};
  std::vector<loading::Copy> reference;
  for (int workers : {0, 1, 4}) {
    loading::Kept log;
    const auto loader = loading::loader(source, workers, {{}, {}}, {.max_bad = 0.02, .log = &log});
    const auto batches = loading::take(*loader, 3 * 25);
    if (reference.empty()) reference = batches;
    CHECK(batches == reference);
    CHECK(loader->bad_files() == 3);
    CHECK(log.messages.size() == 3);
    for (const char* name : {"#3: broken", "#4: broken", "#199: broken"}) {
      int named = 0;
      for (const auto& message : log.messages) named += has(message, name);
      CHECK(named == 1);
    }
    std::vector<int> shown(200);
    for (int b = 0; b < 25; ++b) {
      const auto& batch = batches[static_cast<std::size_t>(b)];
      for (std::size_t n = 0; n < 8; ++n) {
        const auto sample = batch.samples[n];
        ++shown[static_cast<std::size_t>(sample)];
        REQUIRE(std::abs(batch.views[0][16 * n] - Numbered::value(sample) / 255.0f) < 1e-6f);
      }
    }
    CHECK((shown[3] == 0 && shown[4] == 0 && shown[199] == 0));
    CHECK((shown[5] == 3 && shown[0] == 2 && shown[6] == 1));
  }
}

TEST_CASE("a broken picture is read once, not once an epoch") {
  const auto source = std::make_shared<Numbered>(100);
  source->broken = {50};
  const auto loader = loading::loader(source, 0);
  loading::take(*loader, 5 * 12);
  CHECK(source->reads(50) == 1);
  CHECK(loader->bad_files() == 1);
}

TEST_CASE("more broken pictures than allowed end the run") {
  const auto source = std::make_shared<Numbered>(100);
  source->broken = {10, 20, 30};
  for (int workers : {0, 3}) {
    const auto few = loading::loader(source, workers, {{}}, {.max_bad = 0.03});
    loading::take(*few, 24);
    const auto many = loading::loader(source, workers, {{}}, {.max_bad = 0.02});
    const std::string said = message([&] { loading::take(*many, 24); });
    CHECK(has(said, "3 of 100 pictures"));
    CHECK(has(said, "data.max_bad = 0.02"));
    CHECK(has(said, "broken"));
    CHECK(message([&] { many->next(); }) == said);
  }
}

TEST_CASE("a data set without one readable picture ends, whatever is allowed") {
  const auto source = std::make_shared<Numbered>(10);
  for (std::int64_t i = 0; i < 10; ++i) source->broken.insert(i);
  const std::string said = message([&] { loading::loader(source, 1, {{}}, {.max_bad = 1}); });
  CHECK(has(said, "10 of 10 pictures"));
}

TEST_CASE("a data set that breaks entirely after the start ends the run, again and again") {
  for (int workers : {0, 1, 4}) {
    CAPTURE(workers);
    const auto source = std::make_shared<Numbered>(20);
    const auto loader = loading::loader(source, workers, {{}}, {.max_bad = 1});
    for (std::int64_t i = 0; i < 20; ++i) source->broken.insert(i);
    const std::string said = message([&] { loader->next(); });
    CHECK(has(said, "20 of 20 pictures"));
    CHECK(has(said, ": broken"));
    CHECK(message([&] { loader->next(); }) == said);
    for (int epoch : {0, 3}) {
      loader->start(epoch, 1);
      CHECK(has(message([&] { loader->next(); }), "20 of 20 pictures"));
    }
    CHECK(loader->bad_files() == 20);
    loader->start(5, 0);  // and what is being made when it is destroyed does not keep it
  }
}

TEST_CASE("pictures of two sizes in one batch are refused with the remedy") {
  const auto source = std::make_shared<Numbered>(40);
  source->odd = {17};
  for (int workers : {0, 2}) {
    const auto loader = loading::loader(source, workers, {{}});
    const std::string said = message([&] { loading::take(*loader, 5); });
    CHECK(has(said, "#17"));
    CHECK(has(said, "4x5"));
    CHECK(has(said, "4x4"));
    CHECK(has(said, "random_resized_crop"));
    CHECK(has(said, "resize"));
  }
}

TEST_CASE(
    "what an operation throws arrives at the batch it belongs to, for any number of workers") {
  const auto source = std::make_shared<Numbered>(80);
  // One batch has several such pictures: the first of them is the one that is reported.
  const auto picky = loading::view([](Image& image, Random&) {
    if (image.u8()[0] % 10 == 7) throw std::runtime_error("no " + std::to_string(image.u8()[0]));
  });
  std::string reference;
  int good = -1;
  for (int workers : {0, 1, 4}) {
    const auto loader = loading::loader(source, workers, {picky});
    int batches = 0;
    std::string said;
    try {
      for (; batches < 10; ++batches) loader->next();
    } catch (const std::runtime_error& error) {
      said = error.what();
    }
    if (good < 0) good = batches, reference = said;
    CHECK(batches == good);
    CHECK(said == reference);
    CHECK(!said.empty());
    CHECK_THROWS_AS(loader->next(), std::runtime_error);
  }
  const auto loader = loading::loader(source, 2, {picky});
  CHECK_THROWS_AS(loading::take(*loader, 10), std::runtime_error);
  loader->start(0, 0);  // and the loader is still of use
  CHECK(static_cast<int>(loading::take(*loader, good).size()) == good);
}

TEST_CASE("an error of a source that is not about data is passed on") {
  class Failing final : public data::Source {
   public:
    std::int64_t size() const override { return 10; }
    std::int64_t label(std::int64_t) const override { return -1; }
    std::string name(std::int64_t) const override { return "x"; }
    void read(std::int64_t, Image&) const override {
      throw Error(ErrorKind::resource, "no memory");
    }
  };
  const std::string said =
      message([] { loading::loader(std::make_shared<Failing>(), 1, {{}}); }, ErrorKind::resource);
  CHECK(said == "no memory");
}

TEST_CASE("real files: truncated JPEGs are replaced, the run goes on") {
  TemporaryFolder folder;
  for (int i = 0; i < 40; ++i) {
    std::string bytes =
        files::jpeg(16, 16, files::plain(16, 16, static_cast<std::uint8_t>(5 * i), 0, 0));
    if (i == 7) bytes.resize(bytes.size() / 2);
    files::put(folder / ("p" + std::to_string(100 + i) + ".jpg"), bytes);
  }
  const std::shared_ptr<const data::Source> source = files::open(folder.path());
  loading::Kept log;
  const auto loader = loading::loader(source, 2, {{}}, {.max_bad = 0.05, .log = &log});
  loading::take(*loader, 5);
  REQUIRE(log.messages.size() == 1);
  CHECK(has(log.messages[0], "p107.jpg"));
}

TEST_CASE("a picture that keeps the batch waiting is named while it does") {
  const auto source = std::make_shared<Numbered>(40);
  loading::Kept log;
  // Picture 17's view is ready as soon as it has been complained of, and not before.
  const auto slow = loading::view([&](Image& image, Random&) {
    while (image.u8()[0] == 17 && !log.has("#17")) std::this_thread::yield();
  });
  const auto loader = loading::loader(source, 2, {slow}, {.log = &log, .patience = 0.001});
  loading::take(*loader, 5);
  CHECK(has(log.messages.at(0), "training waits for data; being read or augmented: "));
}
