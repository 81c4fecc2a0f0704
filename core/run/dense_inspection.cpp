// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/dense_inspection.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/analysis/grad_cam.h"
#include "core/analysis/order_contribution.h"
#include "core/models/backbone.h"
#include "core/run/dense_subject.h"
#include "core/trace/glob.h"
#include "core/trace/trace.h"

namespace orderscope {

namespace {
constexpr std::size_t kOrders = 0, kContribution = 1, kCam = 2;  // probes of an inspection
constexpr const char* kLevels =
    "norm0,norm1,norm2,norm3,decode_head.lateral_sums.*,decode_head.fpn_convs.*,decode_head.bottleneck,"
    "decode_head.fpn_bottleneck,neck.lateral_sums.*,neck.fpn_convs.*";
}  // namespace

std::vector<std::string> level_taps(const Model& model) {
  std::vector<std::string> levels;
  if (model.is_classifier() || !model.backbone) return levels;
  for (std::string& tap : model.backbone->tap_names())
    // The gnConvs of HorFPN have taps of their own below those of their levels.
    if (tap.find(".gnconv") == std::string::npos && glob_match(kLevels, tap)) levels.push_back(std::move(tap));
  return levels;
}

struct DenseInspection::State {
  std::shared_ptr<DenseSubject> subject;
  std::unique_ptr<Trace> trace;
  std::vector<BlockOrderMaps> order_maps;
};

DenseInspection::DenseInspection() : state_(std::make_unique<State>()) {}
DenseInspection::~DenseInspection() = default;

Result<std::shared_ptr<DenseInspection>> DenseInspection::run(std::shared_ptr<const Model> model,
                                                              const DecodedImage& photo, const JobContext& job) {
  std::shared_ptr<DenseInspection> inspection(new DenseInspection());
  State& state = *inspection->state_;
  TRY(state.subject, dense_subject(model, photo));
  std::string cams;
  for (const BlockInfo& block : model->blocks) cams += (cams.empty() ? "" : ",") + block.name;
  std::vector<Probe> probes{order_maps_probe(), order_contribution_probe(), grad_cam_probe(cams)};
  TRY(Trace trace, Trace::forward(model->backbone, state.subject->images(), std::move(probes), {}, job));
  state.trace = std::make_unique<Trace>(std::move(trace));
  TRY_VOID(predict(*state.subject, *state.trace, job));

  state.order_maps = orderscope::order_maps(*state.trace, kOrders, *model);
  for (BlockOrderMaps& block : state.order_maps) {
    for (Map& map : block.value) complete_provenance(map, state.subject->provenance);
    for (auto* quantity : {&block.gate, &block.state})
      for (auto& reductions : *quantity)
        for (Map& map : reductions) complete_provenance(map, state.subject->provenance);
  }
  return inspection;
}

const std::vector<ClassScore>& DenseInspection::scores() const { return state_->subject->scores; }
const std::vector<BlockOrderMaps>& DenseInspection::order_maps() const { return state_->order_maps; }
const InputImage& DenseInspection::input() const { return state_->subject->input; }
std::shared_ptr<const DensePrediction> DenseInspection::prediction() const { return state_->subject->prediction; }
std::shared_ptr<const DenseSubject> DenseInspection::subject() const { return state_->subject; }

Result<ClassView> DenseInspection::explain(const DenseQuestion& question, const JobContext& job) {
  State& state = *state_;
  const Model& model = *state.subject->model;
  TRY(const Target target, state.subject->target(question, *state.trace));
  TRY_VOID(state.trace->backward(target, job));
  ClassView view;
  view.class_index = target.class_index;
  view.target = target.description;
  const auto complete = [&](Map& map) {
    map.provenance.parameters["target"] = target.description;
    if (model.is_detector()) map.unit = "probability";
    complete_provenance(map, state.subject->provenance);
  };
  view.contributions = order_contributions(*state.trace, kContribution, model);
  for (auto& block : view.contributions)
    for (Map& map : block) complete(map);
  for (const BlockInfo& block : model.blocks) {
    TRY(Map map, grad_cam(*state.trace, kCam, block.name));
    complete(map);
    view.cams.push_back(std::move(map));
  }
  return view;
}

}  // namespace orderscope
