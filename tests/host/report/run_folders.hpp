#pragma once

#include "temporary_folder.hpp"

#include <string>

/// A finished run's folder, made by hand: 4 epochs of 10 steps, a line a step, kNN at the end.
struct MadeRun {
  std::string objective = "byol";
  int seed = 0;
  double accuracy = 80;
  std::string fingerprint = "0123456789abcdef";
  int batch_size = 32;
  std::string end = "finished";
  std::string settings = "[optimizer]\nlr = 0.1\n";
  int threads = 2;
};

inline std::string metrics_of(const MadeRun& run) {
  std::string text = R"({"event":"start","objective":")" + run.objective +
                     R"(","backbone":"resnet18","device":"cpu","samples":320,"batch_size":)" +
                     std::to_string(run.batch_size) +
                     R"(,"steps_per_epoch":10,"epochs":4,"total_steps":40,"first_step":0,)"
                     R"("parameters":1000})"
                     "\n";
  for (int step = 1; step <= 40; ++step) {
    const std::string s = std::to_string(step);
    text += R"({"event":"step","step":)" + s + R"(,"epoch":1,"loss":)" +
            std::to_string(100.0 / step) + R"(,"lr":0.05,"metrics":{"on_diagonal":)" + s +
            R"(},"images":32,"timing":{"images_per_s":64.0,"data":0.1,"forward":0.2,)"
            R"("backward":0.1,"optimizer":0.05,"total":0.5}})"
            "\n";
  }
  text += R"({"event":"eval","name":"knn","step":40,"epoch":4,"protocol":"kNN k 20, resnet18 ()" +
          run.objective + R"(), seed )" + std::to_string(run.seed) +
          R"(, after 40 steps, epoch 4","values":{"knn_top1":)" + std::to_string(run.accuracy) +
          "}}\n";
  if (!run.end.empty())
    text += R"({"event":"end","reason":")" + run.end +
            R"(","step":40,"epoch":4,"timing":{"total":25.0}})"
            "\n";
  return text;
}

inline void make_run(const std::filesystem::path& folder, const MadeRun& run) {
  std::filesystem::create_directories(folder);
  const std::string seed = std::to_string(run.seed);
  write_file(folder / "config.toml", "[run]\nseed = " + seed + "\nout = \"" + folder.string() +
                                         "\"\nthreads = 0\n[objective]\nuse = \"" + run.objective +
                                         "\"\n" + run.settings);
  write_file(folder / "manifest.json", R"({"tandem":"0.1","seed":)" + seed +
                                           R"(,"peak_memory_bytes":250000000,"machine":)"
                                           R"({"processor":"Abacus","threads":)" +
                                           std::to_string(run.threads) +
                                           R"(},"data":{"fingerprint":")" + run.fingerprint +
                                           "\"}}");
  write_file(folder / "metrics.jsonl", metrics_of(run));
}
