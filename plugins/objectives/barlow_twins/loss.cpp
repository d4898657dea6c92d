#include "loss.hpp"

#include "columns.hpp"
#include "normalise.hpp"
#include "off_diagonal.hpp"
#include "setting.hpp"

#include <ATen/Functions.h>
#include <torch/csrc/autograd/custom_function.h>

#include <stdexcept>

namespace tandem::barlow_twins {
namespace {

using torch::autograd::AutogradContext;

/// cᵢᵢ, one line a pair.
at::Tensor diagonals(const Tensors& z, const Setting& setting) {
  Tensors sums;
  setting.for_pairs(
      [&](std::size_t, std::size_t a, std::size_t b) { sums.push_back(dots(z[a], z[b])); });
  return global_means(sums, setting.batch, *setting.collective);
}

/// Gradients of what the loss says about cᵢᵢ. The Gram form's energy holds the diagonal: its share
/// goes off.
Tensors diagonal_grads(const Tensors& z, const at::Tensor& diagonal, const Setting& setting) {
  const double surplus = setting.form == Form::gram ? setting.lambda : 0;
  const at::Tensor weight = ((1 - surplus) * diagonal - 1) * (2 / setting.batch / setting.pairs());
  Tensors grads(z.size());
  const auto add = [&](at::Tensor& grad, const at::Tensor& partner, const at::Tensor& weights) {
    if (grad.defined())
      grad.addcmul_(partner, weights);
    else
      grad = partner * weights;
  };
  setting.for_pairs([&](std::size_t pair, std::size_t a, std::size_t b) {
    add(grads[a], z[b], row(weight, pair));
    add(grads[b], z[a], row(weight, pair));
  });
  return grads;
}

struct Saved {
  Normalised z;
  at::Tensor diagonal;
  OffDiagonal off;
};

void save(AutogradContext& context, const Saved& saved) {
  Tensors all = {saved.z.scale, saved.diagonal};
  for (const Tensors* list : {&saved.z.views, &saved.off.matrices, &saved.off.everywhere}) {
    all.insert(all.end(), list->begin(), list->end());
  }
  context.save_for_backward(all);
}

Saved load(const AutogradContext& context, const Setting& setting) {
  const Tensors all = context.get_saved_variables();
  const auto views = static_cast<std::ptrdiff_t>(setting.views);
  const auto pairs = static_cast<std::ptrdiff_t>(setting.pairs());
  const auto matrices = all.begin() + 2 + views;
  const auto everywhere = matrices + (setting.form == Form::gram ? views : pairs);
  return {{Tensors(all.begin() + 2, matrices), all[0]},
          all[1],
          {{}, Tensors(matrices, everywhere), Tensors(everywhere, all.end())}};
}

/// z of each view → loss, on_diag, off_diag, diag_mean. The backward is written out: it needs ẑ and
/// N×N (or D×D) matrices alone, and makes each gradient in place.
struct Redundancy : torch::autograd::Function<Redundancy> {
  static Tensors forward(AutogradContext* context, at::TensorList views,
                         const c10::intrusive_ptr<Setting>& setting) {
    Saved saved;
    saved.z = normalise(views.vec(), setting->batch, *setting->collective);
    saved.diagonal = diagonals(saved.z.views, *setting);
    saved.off = off_diagonal(saved.z.views, saved.diagonal, *setting);
    save(*context, saved);
    context->saved_data["setting"] = c10::IValue::make_capsule(setting);

    const at::Tensor on_diag = (saved.diagonal - 1).square_().sum(1).mean();
    const at::Tensor off_diag = saved.off.energy.mean().to(on_diag.scalar_type());
    const at::Tensor diag_mean = saved.diagonal.mean();
    context->mark_non_differentiable({on_diag, off_diag, diag_mean});
    return {on_diag + setting->lambda * off_diag, on_diag, off_diag, diag_mean};
  }

  static Tensors backward(AutogradContext* context, const Tensors& upstream) {
    if (at::GradMode::is_enabled()) {
      throw std::logic_error("the Barlow Twins loss has no second derivative");
    }
    const auto capsule = context->saved_data["setting"].toCapsule();
    const auto& setting = static_cast<const Setting&>(*capsule);
    Saved saved = load(*context, setting);
    Tensors grads = diagonal_grads(saved.z.views, saved.diagonal, setting);
    add_off_diagonal_grads(grads, saved.z.views, saved.off, setting);
    saved.z.scale = saved.z.scale * setting.collective->all_reduce_sum(upstream[0]);
    normalise_backward(grads, saved.z, setting.batch, *setting.collective);
    grads.emplace_back();  // of the setting
    return grads;
  }
};

}  // namespace

Form cheaper_form(std::int64_t global_batch, std::int64_t width, std::size_t views) {
  return 4 * global_batch < 3 * static_cast<std::int64_t>(views - 1) * width ? Form::gram
                                                                             : Form::correlation;
}

Terms redundancy(const std::vector<at::Tensor>& views, double lambda, Form form,
                 Collective& collective) {
  auto setting = c10::make_intrusive<Setting>();
  setting->lambda = lambda;
  setting->form = form;
  setting->batch = static_cast<double>(views.front().size(0) * collective.size());
  setting->views = views.size();
  setting->collective = &collective;
  const Tensors terms = Redundancy::apply(at::TensorList(views), setting);
  return {terms[0], terms[1], terms[2], terms[3]};
}

}  // namespace tandem::barlow_twins
