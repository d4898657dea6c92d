// The features of a trained backbone, without the trainer: use_backbone RUN
#include <tandem/base/error.hpp>
#include <tandem/host/backbone.hpp>

#include <torch/types.h>

#include <iostream>

int main(int argc, char** argv) try {
  const auto backbone = tandem::host::load_backbone(argc > 1 ? argv[1] : "runs/first");
  torch::manual_seed(0);  // your pictures: (N, channels, H, W), values 0 to 1
  const auto pictures = torch::rand({8, backbone.channels, backbone.height, backbone.width});
  const auto features = backbone.features(pictures);
  std::cout << backbone.id << ": " << features.sizes() << '\n';
} catch (const tandem::Error& error) {
  std::cerr << error.what() << '\n';
  return static_cast<int>(error.kind());
}
