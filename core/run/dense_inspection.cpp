// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/dense_inspection.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "core/analysis/detect.h"
#include "core/analysis/grad_cam.h"
#include "core/analysis/order_contribution.h"
#include "core/analysis/region_target.h"
#include "core/analysis/segment.h"
#include "core/base/guard.h"
#include "core/models/backbone.h"
#include "core/run/dense_input.h"
#include "core/trace/trace.h"

namespace orderscope {

namespace {
constexpr std::size_t kOrders = 0, kContribution = 1, kCam = 2;  // probes of an inspection
constexpr const char* kLevels =
    "norm0,norm1,norm2,norm3,decode_head.lateral_sums.*,decode_head.fpn_convs.*,decode_head.bottleneck,"
    "decode_head.fpn_bottleneck,neck.lateral_sums.*,neck.fpn_convs.*";
}  // namespace

struct DenseInspection::State {
  std::shared_ptr<const Model> model;
  DenseInput dense;
  InputImage input;
  Provenance provenance;
  std::unique_ptr<Trace> trace;
  std::vector<ClassScore> scores;
  std::vector<BlockOrderMaps> order_maps;
  std::shared_ptr<DensePrediction> prediction = std::make_shared<DensePrediction>();
  at::Tensor labels;  ///< [H, W] of a segmenter
  std::string explained;

  void describe_input(const DecodedImage& photo);
  Result<void> predict(const at::Tensor& images, const JobContext& job);
  Result<void> segment_picture(const at::Tensor& images, const JobContext& job);
  Result<void> detect_objects(const at::Tensor& images, const JobContext& job);
  Result<Target> target(int number) const;
};

DenseInspection::DenseInspection() : state_(std::make_unique<State>()) {}
DenseInspection::~DenseInspection() = default;

void DenseInspection::State::describe_input(const DecodedImage& photo) {
  input.pixels = dense.input.picture;
  const auto side = [&](std::size_t i) {
    return static_cast<double>(dense.padded[i]) * static_cast<double>(dense.original[i]) /
           static_cast<double>(dense.resized[i]);
  };
  input.crop = {0, 0, side(1), side(0)};
  input.source_sha256 = photo.sha256;
  input.exif = "apply";
  prediction->picture = dense.input.picture;
  prediction->photo = dense.photo;
}

Result<void> DenseInspection::State::segment_picture(const at::Tensor& images, const JobContext& job) {
  at::Tensor logits = trace->logits();
  if (windows_of(images.size(2), images.size(3), model->segmentation_test).size() > 1) {
    job.progress(0, 0, "segmenting");
    TRY(logits, segment(*model, images, {model->segmentation_test, {}, {}}, job));
  }
  TRY(labels, labels_at(logits.cpu(), images.size(2), images.size(3), job));
  return guarded([&] {
    const at::NoGradGuard no_grad;
    labels = labels.to(at::kInt).contiguous();
    const auto* values = labels.const_data_ptr<std::int32_t>();
    prediction->labels.assign(values, values + labels.numel());
    std::vector<std::int64_t> counts(static_cast<std::size_t>(model->architecture.classes));
    for (const std::int32_t label : prediction->labels) ++counts[static_cast<std::size_t>(label)];
    for (int c = 0; c < model->architecture.classes; ++c) {
      const std::int64_t pixels = counts[static_cast<std::size_t>(c)];
      if (pixels == 0) continue;
      const at::Tensor of_class = logits[0][c].cpu().masked_select(labels.eq(c));
      scores.push_back({c, model->class_name(c), of_class.mean().item<float>(),
                        static_cast<float>(static_cast<double>(pixels) / static_cast<double>(labels.numel()))});
    }
    std::ranges::stable_sort(scores, std::ranges::greater(), &ClassScore::probability);
  });
}

Result<void> DenseInspection::State::detect_objects(const at::Tensor& images, const JobContext& job) {
  const DetectionFrame frame{{dense.resized[0], dense.resized[1]}, {dense.original[0], dense.original[1]}};
  TRY(prediction->detections, detect(*model, images, frame, {}, job));
  int number = 0;
  for (const Detection& one : prediction->detections.found)
    scores.push_back({number++, model->class_name(one.label), one.score, one.score});
  return {};
}

Result<void> DenseInspection::State::predict(const at::Tensor& images, const JobContext& job) {
  if (model->is_segmenter()) return segment_picture(images, job);
  if (model->is_detector()) return detect_objects(images, job);
  return {};
}

Result<Target> DenseInspection::State::target(int number) const {
  if (model->is_segmenter()) {
    RegionRequest region;
    region.photo = dense.original;
    region.mask = labels.eq(number);
    return region_target(std::move(region))(*trace, number);
  }
  const auto& found = prediction->detections.found;
  if (number < 0 || static_cast<std::size_t>(number) >= found.size())
    return fail(Error::Kind::InvalidInput, "there is no such box", "box " + std::to_string(number));
  return box_target(model, found[static_cast<std::size_t>(number)], {});
}

Result<std::shared_ptr<DenseInspection>> DenseInspection::run(std::shared_ptr<const Model> model,
                                                              const DecodedImage& photo, const JobContext& job) {
  if (model->is_classifier()) return fail(Error::Kind::InvalidInput, "is a classifier", model->name);
  std::shared_ptr<DenseInspection> inspection(new DenseInspection());
  State& state = *inspection->state_;
  state.model = model;
  TRY(state.dense, prepare_dense(photo, model->dense_preprocessing, ExifOrientation::Apply));
  state.describe_input(photo);
  state.provenance = provenance_of(*model, state.dense.input);

  std::string cams = kLevels;
  for (const BlockInfo& block : model->blocks) cams += "," + block.name;
  std::vector<Probe> probes{order_maps_probe(), order_contribution_probe(), grad_cam_probe(cams)};
  const at::Tensor images = state.dense.input.images.to(at::Device(model->device));
  TRY(Trace trace, Trace::forward(model->backbone, images, std::move(probes), {}, job));
  state.trace = std::make_unique<Trace>(std::move(trace));
  TRY_VOID(state.predict(images, job));

  state.order_maps = orderscope::order_maps(*state.trace, kOrders, *model);
  for (BlockOrderMaps& block : state.order_maps) {
    for (Map& map : block.value) complete_provenance(map, state.provenance);
    for (auto* quantity : {&block.gate, &block.state})
      for (auto& reductions : *quantity)
        for (Map& map : reductions) complete_provenance(map, state.provenance);
  }
  return inspection;
}

const std::vector<ClassScore>& DenseInspection::scores() const { return state_->scores; }
const std::vector<BlockOrderMaps>& DenseInspection::order_maps() const { return state_->order_maps; }
const InputImage& DenseInspection::input() const { return state_->input; }
std::shared_ptr<const DensePrediction> DenseInspection::prediction() const { return state_->prediction; }

Result<ClassView> DenseInspection::explain(int number, const JobContext& job) {
  State& state = *state_;
  if (!state.model->is_segmenter() && !state.model->is_detector())
    return fail(Error::Kind::InvalidInput, "has no head, so there is no score to explain", state.model->name);
  TRY(const Target target, state.target(number));
  TRY_VOID(state.trace->backward(target, job));
  state.explained = target.description;
  ClassView view;
  view.class_index = target.class_index;
  const auto complete = [&](Map& map) {
    map.provenance.parameters["target"] = state.explained;
    complete_provenance(map, state.provenance);
  };
  view.contributions = order_contributions(*state.trace, kContribution, *state.model);
  for (auto& block : view.contributions)
    for (Map& map : block) complete(map);
  for (const BlockInfo& block : state.model->blocks) {
    TRY(Map map, grad_cam(*state.trace, kCam, block.name));
    complete(map);
    view.cams.push_back(std::move(map));
  }
  return view;
}

Result<std::vector<Map>> DenseInspection::level_cams() const {
  if (state_->explained.empty()) return fail(Error::Kind::InvalidInput, "nothing was explained yet");
  std::vector<Map> maps;
  for (const std::string& tap : state_->trace->taps_of(kCam)) {
    const auto& blocks = state_->model->blocks;
    const bool is_block = std::ranges::find(blocks, tap, &BlockInfo::name) != blocks.end();
    if (is_block || !state_->trace->gradient_result(kCam, tap).defined()) continue;
    TRY(Map map, grad_cam(*state_->trace, kCam, tap));
    map.provenance.parameters["target"] = state_->explained;
    complete_provenance(map, state_->provenance);
    maps.push_back(std::move(map));
  }
  return maps;
}

}  // namespace orderscope
