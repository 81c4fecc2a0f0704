// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/roi_head.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/container/modulelist.h>

#include "core/base/guard.h"
#include "core/models/dense/box_head.h"
#include "core/models/dense/boxes.h"
#include "core/models/dense/mask_head.h"
#include "core/models/dense/roi_align.h"

namespace orderscope {

namespace {

// Of the official configurations, by stage; they are not stored in checkpoints.
constexpr std::array<std::array<float, 4>, 3> kStds{
    {{0.1F, 0.1F, 0.2F, 0.2F}, {0.05F, 0.05F, 0.1F, 0.1F}, {0.033F, 0.033F, 0.067F, 0.067F}}};

// RoIs that pass a head at a time: bounds the memory of its activations, and how long a wish to stop waits.
constexpr int64_t kBoxesAtATime = 128, kMasksAtATime = 32;

at::Tensor with_image(const at::Tensor& boxes) {
  return at::cat({at::zeros({boxes.size(0), 1}, boxes.options()), boxes}, 1);
}

template <typename Head>
std::vector<std::shared_ptr<Head>> register_heads(torch::nn::Module& owner, const std::string& name,
                                                  std::vector<std::shared_ptr<Head>> heads) {
  if (heads.size() == 1) owner.register_module(name, heads.front());
  if (heads.size() > 1) {
    auto list = owner.register_module(name, torch::nn::ModuleList());
    for (const auto& head : heads) list->push_back(head);
  }
  return heads;
}

}  // namespace

RoiHead::RoiHead(const DenseArchitecture& dense, std::vector<int64_t> strides) : strides_(std::move(strides)) {
  const int channels =
      dense.neck->gn_outputs.empty() ? dense.neck->outputs.front().out : dense.neck->gn_outputs.front().out;
  std::vector<std::shared_ptr<BoxHead>> boxes;
  for (const BoxHeadShape& shape : dense.box_heads) boxes.push_back(std::make_shared<BoxHead>(shape, channels));
  box_heads_ = register_heads(*this, "bbox_head", std::move(boxes));
  std::vector<std::shared_ptr<MaskHead>> masks;
  for (const MaskHeadShape& shape : dense.mask_heads) masks.push_back(std::make_shared<MaskHead>(shape, channels));
  mask_heads_ = register_heads(*this, "mask_head", std::move(masks));
}

std::string RoiHead::box_head_name(std::size_t stage) const {
  return box_heads_.size() == 1 ? "bbox_head" : "bbox_head." + std::to_string(stage);
}

std::string RoiHead::mask_head_name(std::size_t stage) const {
  return mask_heads_.size() == 1 ? "mask_head" : "mask_head." + std::to_string(stage);
}

at::Tensor RoiHead::features(const std::vector<at::Tensor>& pyramid, const at::Tensor& boxes, int64_t size,
                             double finest_scale) const {
  const at::Tensor rois = with_image(boxes);
  const at::Tensor levels = box_levels(boxes, finest_scale, static_cast<int64_t>(strides_.size()));
  std::vector<at::Tensor> parts, places;
  for (std::size_t level = 0; level < strides_.size(); ++level) {
    const at::Tensor members = (levels == static_cast<int64_t>(level)).nonzero().squeeze(1);
    if (members.numel() == 0) continue;
    const RoiAlignOptions options{size, 1.0 / static_cast<double>(strides_[level])};
    parts.push_back(roi_align(pyramid[level], rois.index_select(0, members), options));
    places.push_back(members);
  }
  if (parts.empty()) return at::zeros({0, size, size, pyramid.front().size(3)}, pyramid.front().options());
  return at::cat(parts).index_select(0, at::cat(places).argsort());
}

RoiHead::Refined RoiHead::refine(const std::vector<at::Tensor>& pyramid, const at::Tensor& proposals,
                                 const PixelSize& image, double finest_scale, const TapScope& taps,
                                 const JobContext& job) const {
  Refined result;
  at::Tensor boxes = proposals, sum;
  for (std::size_t stage = 0; stage < box_heads_.size(); ++stage) {
    const BoxHead& head = *box_heads_[stage];
    const TapScope scope = taps.child(box_head_name(stage));
    const int64_t size = head.shape().roi_size;
    boxes = scope.as_is("rois", with_image(boxes)).slice(1, 1);
    result.rois.push_back(boxes);
    if (scope.wants("levels"))
      scope.as_is("levels", box_levels(boxes, finest_scale, static_cast<int64_t>(strides_.size())));
    const at::Tensor read = scope.as_nchw("roi_feats", features(pyramid, boxes, size, finest_scale));

    std::vector<at::Tensor> logits, deltas;
    for (const at::Tensor& chunk : read.split(kBoxesAtATime)) {
      throw_if_cancelled(job);
      job.progress(static_cast<int64_t>(logits.size() + stage * read.size(0) / kBoxesAtATime),
                   static_cast<int64_t>(box_heads_.size()) * read.size(0) / kBoxesAtATime, "classifying boxes");
      const BoxHead::Output output = head.forward(chunk);
      logits.push_back(output.logits);
      deltas.push_back(output.deltas);
    }
    const at::Tensor scores = scope.as_is("fc_cls", at::cat(logits));
    const at::Tensor moves = scope.as_is("fc_reg", at::cat(deltas));
    sum = sum.defined() ? sum + scores : scores;
    const bool last = stage + 1 == box_heads_.size();
    if (last || head.shape().class_agnostic) {
      boxes = decode_deltas(boxes, moves, kStds[stage], image);
    } else {
      // The best class, for which the background does not count.
      const at::Tensor label = scores.slice(1, 0, scores.size(1) - 1).argmax(1);
      const at::Tensor own = moves.view({moves.size(0), moves.size(1) / 4, 4})
                                 .gather(1, label.view({-1, 1, 1}).expand({-1, 1, 4}))
                                 .squeeze(1);
      boxes = decode_deltas(boxes, own, kStds[stage], image);
    }
  }
  result.logits = taps.as_is("cls_score", sum / static_cast<double>(box_heads_.size()));
  result.boxes = boxes;
  return result;
}

at::Tensor RoiHead::logits(const std::vector<at::Tensor>& pyramid, const std::vector<at::Tensor>& rois,
                           double finest_scale) const {
  at::Tensor sum;
  for (std::size_t stage = 0; stage < box_heads_.size(); ++stage) {
    const BoxHead& head = *box_heads_[stage];
    const at::Tensor read = features(pyramid, rois.at(stage), head.shape().roi_size, finest_scale);
    const at::Tensor scores = head.forward(read).logits;
    sum = sum.defined() ? sum + scores : scores;
  }
  return sum / static_cast<double>(box_heads_.size());
}

at::Tensor RoiHead::masks(const std::vector<at::Tensor>& pyramid, const at::Tensor& boxes, const at::Tensor& labels,
                          double finest_scale, const TapScope& taps, const JobContext& job) const {
  const at::Tensor own = taps.as_is("mask_rois", with_image(boxes)).slice(1, 1);
  const at::Tensor read = taps.as_nchw("mask_roi_feats", features(pyramid, own, MaskHead::kRoiSize, finest_scale));
  at::Tensor sum;
  for (std::size_t stage = 0; stage < mask_heads_.size(); ++stage) {
    std::vector<at::Tensor> parts;
    for (int64_t begin = 0; begin == 0 || begin < read.size(0); begin += kMasksAtATime) {
      throw_if_cancelled(job);
      job.progress(begin, read.size(0), "drawing masks");
      const int64_t end = std::min(begin + kMasksAtATime, read.size(0));
      parts.push_back(mask_heads_[stage]->forward(read.slice(0, begin, end), labels.slice(0, begin, end)));
    }
    const at::Tensor logits = taps.child(mask_head_name(stage)).as_is("logits", at::cat(parts));
    const at::Tensor probability = at::sigmoid(logits);
    sum = sum.defined() ? sum + probability : probability;
  }
  return taps.as_is("mask_prob", sum / static_cast<double>(mask_heads_.size()));
}

int64_t RoiHead::macs(int64_t proposals, int64_t detections) const {
  int64_t total = 0;
  for (const auto& head : box_heads_) total += head->macs(proposals);
  for (const auto& head : mask_heads_) total += head->macs(detections);
  return total;
}

std::vector<std::string> RoiHead::tap_names(const std::string& module) const {
  std::vector<std::string> names;
  for (std::size_t stage = 0; stage < box_heads_.size(); ++stage)
    for (const char* tap : {".rois", ".levels", ".roi_feats", ".fc_cls", ".fc_reg"})
      names.push_back(module + "." + box_head_name(stage) + tap);
  names.push_back(module + ".cls_score");
  if (mask_heads_.empty()) return names;
  names.push_back(module + ".mask_rois");
  names.push_back(module + ".mask_roi_feats");
  for (std::size_t stage = 0; stage < mask_heads_.size(); ++stage)
    names.push_back(module + "." + mask_head_name(stage) + ".logits");
  names.push_back(module + ".mask_prob");
  return names;
}

}  // namespace orderscope
