#include "bench/waiting.hpp"

#include "run/train_run.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <cstdlib>
#include <filesystem>
#include <numeric>

namespace tandem::bench {
namespace {

constexpr int warm_up = 5;

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / "tandem-bench-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) {
      throw Error(ErrorKind::resource, "no temporary folder " + path_ + " can be made");
    }
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class Watch final : public report::TrainObserver {
 public:
  explicit Watch(Waiting& to) : to_(to) {}
  void on_step(const report::StepEvent& event) override {
    if (event.step <= warm_up) return;
    to_.step.push_back(event.seconds.total);
    to_.data.push_back(event.seconds.data);
  }

 private:
  Waiting& to_;
};

double total(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

double Waiting::share() const {
  return total(data) / total(step);
}

Waiting waiting(run::Prepared prepared, plugin::Catalog& catalog, int steps) {
  const Folder folder;
  auto& config = prepared.config;
  config.run.out = folder.path() + "/run";
  config.train.epochs = warm_up + steps;
  config.train.max_steps = warm_up + steps;
  config.train.log_every = 1;
  config.eval.knn_every = -1;
  Waiting result;
  result.batch = config.train.batch_size;
  Watch watch(result);
  report::TrainObserver* const observer = &watch;
  run::TrainOptions options;
  options.observers = {&observer, 1};
  run::train(prepared, catalog, options, null_log());
  return result;
}

}  // namespace tandem::bench
