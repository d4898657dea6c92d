#include "catch.hpp"
#include "loading.hpp"

using namespace tandem;
using loading::Copy;
using loading::Numbered;

namespace {

std::vector<Copy> slices(const std::shared_ptr<Numbered>& source, int rank, int ranks,
                         int workers) {
  data::LoaderOptions options{
      .batch_size = 12, .rank = rank, .ranks = ranks, .seed = 7, .max_bad = 0.1};
  const auto loader =
      loading::loader(source, workers, {loading::random_view(), loading::random_view()}, options);
  CHECK(loader->batch_size() == 12 / ranks);
  CHECK(loader->batches_per_epoch() == 4);
  loader->start(1, 2);
  return loading::take(*loader, 7);  // into the epoch after the next
}

/// What all ranks' slices of a batch hold, one after the other.
Copy joined(const std::vector<Copy>& parts) {
  Copy whole = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    CHECK((parts[i].epoch == whole.epoch && parts[i].index == whole.index));
    whole.samples.insert(whole.samples.end(), parts[i].samples.begin(), parts[i].samples.end());
    for (std::size_t v = 0; v < whole.views.size(); ++v)
      whole.views[v].insert(whole.views[v].end(), parts[i].views[v].begin(),
                            parts[i].views[v].end());
  }
  return whole;
}

}  // namespace

TEST_CASE("the slices of all ranks are the batches of one, to the byte") {
  const auto source = std::make_shared<Numbered>(51);
  source->broken = {17};
  for (const int ranks : {2, 3, 4}) {
    const auto whole = slices(source, 0, 1, 0);
    std::vector<std::vector<Copy>> of_ranks;
    for (int rank = 0; rank < ranks; ++rank) of_ranks.push_back(slices(source, rank, ranks, rank));
    for (std::size_t b = 0; b < whole.size(); ++b) {
      std::vector<Copy> parts;
      for (const auto& batches : of_ranks) parts.push_back(batches[b]);
      CHECK(joined(parts) == whole[b]);
    }
  }
}

TEST_CASE("a batch that the ranks cannot share is refused") {
  const auto source = std::make_shared<Numbered>(50);
  data::LoaderOptions options{.batch_size = 10, .rank = 0, .ranks = 4};
  try {
    loading::loader(source, 0, {loading::random_view()}, options);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::config);
    CHECK(std::string(error.what()).find("no multiple of the 4 ranks") != std::string::npos);
  }
}
