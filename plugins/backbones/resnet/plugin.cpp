#include "resnet.hpp"

namespace resnet {
namespace {

template <int depth>
class Of final : public ResNet {
 public:
  Of(const Params& params, const tandem::BackboneContext& context)
      : ResNet(depth, params, context) {}
};

}  // namespace
}  // namespace resnet

TANDEM_PLUGIN("resnet", "1.0",
              "residual networks with torchvision's names, tappable at every layer",
              tandem::backbone<resnet::Of<10>>("resnet10"),
              tandem::backbone<resnet::Of<18>>("resnet18"),
              tandem::backbone<resnet::Of<34>>("resnet34"),
              tandem::backbone<resnet::Of<50>>("resnet50"), tandem::license("MIT"));
