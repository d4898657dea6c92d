#include "roles/backbone.hpp"

#include "plugin/guard.hpp"
#include "tandem/sdk/exportable.hpp"

namespace tandem::roles {
namespace {

using plugin::guarded;

class GuardedBackbone : public Backbone {
 public:
  GuardedBackbone(std::unique_ptr<Backbone> inner, plugin::Origin origin)
      : inner_(std::move(inner)), origin_(std::move(origin)) {}

  at::Tensor forward(const at::Tensor& view) override {
    return guarded(origin_, "forward", [&] { return inner_->forward(view); });
  }
  std::vector<std::string> layers() const override {
    return guarded(origin_, "list of layers", [&] { return inner_->layers(); });
  }
  void visit(StateVisitor& visitor) override {
    guarded(origin_, "visit", [&] { inner_->visit(visitor); });
  }
  void train(bool on) override {
    guarded(origin_, "train", [&] { inner_->train(on); });
  }
  void to(at::Device device, at::ScalarType type) override {
    guarded(origin_, "to", [&] { inner_->to(device, type); });
  }

 protected:
  std::unique_ptr<Backbone> inner_;
  plugin::Origin origin_;
};

/// Of one that can say what it computes.
class GuardedExportable final : public GuardedBackbone, public Exportable {
 public:
  GuardedExportable(std::unique_ptr<Backbone> inner, Exportable& same, plugin::Origin origin)
      : GuardedBackbone(std::move(inner), std::move(origin)), same_(same) {}

  GraphValue describe(GraphBuilder& graph, GraphValue picture) override {
    return guarded(origin_, "description", [&] { return same_.describe(graph, picture); });
  }

 private:
  Exportable& same_;
};

}  // namespace

std::unique_ptr<Backbone> make_backbone(const plugin::Found<BackboneFactory>& found,
                                        const ParamValues& values, const BackboneContext& context) {
  auto made = plugin::guarded_construction(found.origin,
                                           [&] { return found.factory->create(values, context); });
  if (auto* exportable = dynamic_cast<Exportable*>(made.get()))
    return std::make_unique<GuardedExportable>(std::move(made), *exportable, found.origin);
  return std::make_unique<GuardedBackbone>(std::move(made), found.origin);
}

}  // namespace tandem::roles
