// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/inspection.h"

#include <ATen/ATen.h>

#include <optional>

#include "core/analysis/grad_cam.h"
#include "core/analysis/order_contribution.h"
#include "core/analysis/order_mixer.h"
#include "core/analysis/tensor_map.h"
#include "core/models/backbone.h"
#include "core/run/class_scores.h"
#include "core/run/model_input.h"
#include "core/trace/trace.h"

namespace orderscope {

namespace {
constexpr std::size_t kOrders = 0, kContribution = 1, kCam = 2;  // probes of an inspection
}

struct Inspection::State {
  std::shared_ptr<const Model> model;
  Provenance provenance;
  std::vector<ClassScore> scores;
  std::vector<BlockOrderMaps> order_maps;
  std::unique_ptr<Trace> trace;
  std::optional<OrderMixer> mixer;
};

Inspection::Inspection() : state_(std::make_unique<State>()) {}
Inspection::~Inspection() = default;

Result<std::shared_ptr<Inspection>> Inspection::run(std::shared_ptr<const Model> model, const InputImage& image,
                                                    const JobContext& job) {
  return run(std::move(model), model_input(image), job);
}

Result<std::shared_ptr<Inspection>> Inspection::run(std::shared_ptr<const Model> model, const ModelInput& input,
                                                    const JobContext& job) {
  if (!model->is_classifier())
    return fail(Error::Kind::InvalidInput, "gives no class for a whole picture", model->name,
                "`orderscope-cli segment`, `orders` and `cam` look into it");
  std::shared_ptr<Inspection> inspection(new Inspection());
  State& state = *inspection->state_;
  state.model = model;
  state.provenance = provenance_of(*model, input);

  std::string blocks;
  for (const BlockInfo& block : model->blocks) blocks += (blocks.empty() ? "" : ",") + block.name;
  std::vector<Probe> probes{order_maps_probe(), order_contribution_probe(), grad_cam_probe(blocks)};

  const at::Tensor images = input.images.to(at::Device(model->device));
  TRY(Trace trace, Trace::forward(model->backbone, images, std::move(probes), {}, job));
  TRY_VOID(trace.move_results_to_cpu());
  state.trace = std::make_unique<Trace>(std::move(trace));
  state.scores = class_scores(*model, state.trace->logits());

  state.order_maps = orderscope::order_maps(*state.trace, kOrders, *model);
  for (BlockOrderMaps& block : state.order_maps) {
    for (Map& map : block.value) complete_provenance(map, state.provenance);
    for (auto* quantity : {&block.gate, &block.state})
      for (auto& reductions : *quantity)
        for (Map& map : reductions) complete_provenance(map, state.provenance);
  }
  return inspection;
}

const std::vector<ClassScore>& Inspection::scores() const { return state_->scores; }
const std::vector<BlockOrderMaps>& Inspection::order_maps() const { return state_->order_maps; }

Result<ClassView> Inspection::explain(int class_index, const JobContext& job) {
  TRY_VOID(state_->trace->backward({class_index}, job));
  TRY_VOID(state_->trace->move_results_to_cpu());
  ClassView view;
  view.class_index = class_index;
  const std::string class_text = std::to_string(class_index);
  view.contributions = order_contributions(*state_->trace, kContribution, *state_->model);
  for (auto& block : view.contributions) {
    for (Map& map : block) {
      map.provenance.parameters["class"] = class_text;
      complete_provenance(map, state_->provenance);
    }
  }
  for (std::size_t b = 0; b < state_->model->blocks.size(); ++b) {
    TRY(Map map, grad_cam(*state_->trace, kCam, state_->model->blocks[b].name));
    map.provenance.parameters["class"] = class_text;
    complete_provenance(map, state_->provenance);
    view.cams.push_back(std::move(map));
  }
  return view;
}

Result<std::vector<ClassScore>> Inspection::mix(std::span<const OrderFactor> factors, const JobContext& job) {
  if (!state_->mixer) state_->mixer.emplace(state_->model, *state_->trace);
  TRY(const at::Tensor logits, state_->mixer->mix(factors, job));
  return class_scores(*state_->model, logits);
}

Result<Map> Inspection::channel(const std::string& tap, int channel, const JobContext& job) {
  TRY(const at::Tensor activation, state_->trace->activation(tap, job));
  const bool tokens = activation.dim() == 3;
  if (activation.dim() != 4 && !tokens)
    return fail(Error::Kind::InvalidInput, "this tap has no channels over space", tap);
  const std::int64_t channels = tokens ? activation.size(2) : activation.size(1);
  if (channel < 0 || channel >= channels) {
    return fail(Error::Kind::InvalidInput, "there is no channel " + std::to_string(channel), tap,
                "channels are 0 to " + std::to_string(channels - 1));
  }
  const at::Tensor& images = state_->trace->images();
  Map map = to_map(spatial(activation.select(tokens ? 2 : 1, channel), 0, images.size(2), images.size(3)));
  map.is_signed = true;
  map.unit = "activation";
  map.provenance.layer = tap;
  map.provenance.method = "channel";
  map.provenance.parameters["channel"] = std::to_string(channel);
  complete_provenance(map, state_->provenance);
  return map;
}

}  // namespace orderscope
