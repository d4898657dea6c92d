// What crosses between host and plugin on LibTorch: sizes, offsets, order of virtuals.
#include "../layout.hpp"

#include "catch.hpp"
#include "tandem/sdk/exportable.hpp"
#include "tandem/sdk/module.hpp"
#include "tandem/sdk/tap.hpp"

using namespace tandem;
using test::slot;

SIZE(ObjectiveContext, 104);
AT(ObjectiveContext, encoder, 0);
AT(ObjectiveContext, new_encoder, 16);
AT(ObjectiveContext, collective, 48);
AT(ObjectiveContext, log, 56);
AT(ObjectiveContext, views, 64);
AT(ObjectiveContext, global_batch, 72);
AT(ObjectiveContext, steps_per_epoch, 80);
AT(ObjectiveContext, total_steps, 88);
AT(ObjectiveContext, device, 96);

SIZE(ViewContext, 48);
AT(ViewContext, index, 0);
AT(ViewContext, count, 4);
AT(ViewContext, role, 8);
AT(ViewContext, needs_target, 40);

SIZE(StepContext, 24);
AT(StepContext, step, 0);
AT(StepContext, total_steps, 8);
AT(StepContext, steps_per_epoch, 16);

SIZE(Latents, 16);
AT(Latents, online, 0);
AT(Latents, target, 8);

SIZE(Embedding, 40);
AT(Embedding, online, 0);
AT(Embedding, target, 8);
AT(Embedding, extra, 16);

SIZE(Metric, 40);
AT(Metric, name, 0);
AT(Metric, value, 32);

SIZE(Loss, 32);
AT(Loss, total, 0);
AT(Loss, metrics, 8);

SIZE(ParameterHint, 40);
AT(ParameterHint, prefix, 0);
AT(ParameterHint, constant_lr, 32);

SIZE(BackboneContext, 56);
AT(BackboneContext, tap, 0);
AT(BackboneContext, channels, 32);
AT(BackboneContext, trust, 40);
AT(BackboneContext, log, 48);

SIZE(NamedTensor, 40);
AT(NamedTensor, name, 0);
AT(NamedTensor, tensor, 32);
SIZE(State, 48);
AT(State, parameters, 0);
AT(State, buffers, 24);

SIZE(TapPoint, 56);
AT(TapPoint, name, 0);
AT(TapPoint, shape, 32);

SIZE(GraphValue, 8);
SIZE(Extent, 16);
SIZE(GraphConvolution, 72);
AT(GraphConvolution, weight, 0);
AT(GraphConvolution, bias, 8);
AT(GraphConvolution, stride, 16);
AT(GraphConvolution, padding, 32);
AT(GraphConvolution, dilation, 48);
AT(GraphConvolution, groups, 64);
SIZE(GraphBatchNorm, 40);
AT(GraphBatchNorm, weight, 0);
AT(GraphBatchNorm, bias, 8);
AT(GraphBatchNorm, mean, 16);
AT(GraphBatchNorm, variance, 24);
AT(GraphBatchNorm, eps, 32);
SIZE(GraphPool, 48);
AT(GraphPool, kernel, 0);
AT(GraphPool, stride, 16);
AT(GraphPool, padding, 32);

SIZE(MlpOptions, 40);
AT(MlpOptions, input, 0);
AT(MlpOptions, widths, 8);
AT(MlpOptions, hidden_bias, 32);
AT(MlpOptions, last_bias, 33);
AT(MlpOptions, norm, 34);
AT(MlpOptions, last_norm, 35);
AT(MlpOptions, last_affine, 36);

// Bases of a plugin's classes: what they hold lies before the plugin's own members.
SIZE(Stateful, 8);
SIZE(Encoder, 8);
SIZE(Backbone, 8);
SIZE(Exportable, 8);
SIZE(Objective, 8 + sizeof(ObjectiveContext));
SIZE(ModuleState, 48);
SIZE(ModuleBackbone, sizeof(Backbone) + sizeof(ModuleState));
SIZE(ModuleObjective, sizeof(Objective) + sizeof(ModuleState));
HOLDS(static_cast<int>(Init::copy) == 0 && static_cast<int>(Init::fresh) == 1);

TEST_CASE("virtuals of tandem::sdk keep their order") {
  CHECK(slot(&StateVisitor::parameter) == 2);
  CHECK(slot(&StateVisitor::buffer) == 3);
  CHECK(slot(&Stateful::visit) == 2);
  CHECK(slot(&Stateful::train) == 3);
  CHECK(slot(&Stateful::to) == 4);
  CHECK(slot(&Collective::rank) == 2);
  CHECK(slot(&Collective::size) == 3);
  CHECK(slot(&Collective::all_reduce_sum) == 4);
  CHECK(slot(&Collective::all_gather) == 5);
  CHECK(slot(&Encoder::operator()) == 5);
  CHECK(slot(&Encoder::width) == 6);
  CHECK(slot(&Backbone::forward) == 5);
  CHECK(slot(&Backbone::layers) == 6);
  CHECK(slot(&BackboneFactory::create) == 3);
  CHECK(slot(&Exportable::describe) == 2);
  CHECK(slot(&GraphBuilder::convolution) == 2);
  CHECK(slot(&GraphBuilder::batch_norm) == 3);
  CHECK(slot(&GraphBuilder::relu) == 4);
  CHECK(slot(&GraphBuilder::max_pool) == 5);
  CHECK(slot(&GraphBuilder::average_pool) == 6);
  CHECK(slot(&GraphBuilder::adaptive_average_pool) == 7);
  CHECK(slot(&GraphBuilder::add) == 8);
  CHECK(slot(&GraphBuilder::flatten) == 9);
  CHECK(slot(&GraphBuilder::linear) == 10);
  CHECK(slot(&GraphBuilder::sizes) == 11);
  CHECK(slot(&Objective::encode) == 5);
  CHECK(slot(&Objective::embed) == 6);
  CHECK(slot(&Objective::loss) == 7);
  CHECK(slot(&Objective::after_backward) == 8);
  CHECK(slot(&Objective::after_optimizer_step) == 9);
  CHECK(slot(&Objective::parameter_hints) == 10);
  CHECK(slot(&ObjectiveFactory::create) == 3);
}
