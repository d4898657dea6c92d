#include "checkpoint/torchvision.hpp"

#include "catch.hpp"

using tandem::checkpoint::torchvision_entries;

// The counts are those of torchvision 0.28's own state_dict(), the shapes of its documentation and
// He et al. 2016, table 1.
TEST_CASE("the entries of torchvision's networks") {
  CHECK(torchvision_entries("resnet18").size() == 122);
  CHECK(torchvision_entries("resnet34").size() == 218);
  CHECK(torchvision_entries("resnet50").size() == 320);
  CHECK(torchvision_entries("resnet10").empty());
  CHECK(torchvision_entries("resnet101").empty());

  using Shape = std::vector<std::int64_t>;
  const auto eighteen = torchvision_entries("resnet18"), fifty = torchvision_entries("resnet50");
  CHECK(eighteen.at("conv1.weight") == Shape{64, 3, 7, 7});
  CHECK(eighteen.at("layer2.0.downsample.0.weight") == Shape{128, 64, 1, 1});
  CHECK(eighteen.at("layer4.1.bn2.running_var") == Shape{512});
  CHECK(eighteen.at("layer4.1.bn2.num_batches_tracked").empty());
  CHECK(eighteen.at("fc.weight") == Shape{1000, 512});
  CHECK_FALSE(eighteen.contains("layer1.0.downsample.0.weight"));
  CHECK(fifty.at("layer1.0.downsample.0.weight") == Shape{256, 64, 1, 1});
  CHECK(fifty.at("layer3.5.conv3.weight") == Shape{1024, 256, 1, 1});
  CHECK(fifty.at("fc.weight") == Shape{1000, 2048});
}
