// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/detector.h"

#include <ATen/ATen.h>

#include "core/checkpoint/mm_meta.h"
#include "core/models/dense/boxes.h"
#include "core/models/dense/detection_settings.h"

namespace orderscope {

Detector::Detector(std::shared_ptr<Backbone> pyramid, const DenseArchitecture& dense)
    : DenseNetwork(std::move(pyramid)) {
  for (const int level : architecture_.levels) strides_.push_back(int64_t{4} << level);
  neck_ = register_module("neck", std::make_shared<Fpn>(*dense.neck));
  rpn_head_ = register_module("rpn_head", std::make_shared<RpnHead>(*dense.rpn));
  roi_head_ = register_module("roi_head", std::make_shared<RoiHead>(dense, strides_));
  strides_.push_back(2 * strides_.back());
  for (Step& step : neck_->steps("neck", level_names())) steps_.push_back(std::move(step));
  steps_.push_back(rpn_head_->step("rpn_head", neck_->outputs("neck")));
}

int64_t Detector::macs(int64_t height, int64_t width) const {
  std::vector<int64_t> pixels = level_pixels(height, width);
  int64_t total = pyramid().macs(height, width) + neck_->macs(pixels) + roi_head_->macs(1000, 100);
  for (const int64_t level : pixels) total += rpn_head_->macs(level);
  return total + rpn_head_->macs(pixels.back() / 4);
}

std::vector<at::Tensor> Detector::roi_levels(const Activations& output) const {
  std::vector<at::Tensor> levels;
  for (const std::string& name : neck_->outputs("neck"))
    if (levels.size() < roi_head_->levels()) levels.push_back(output.aside.at(name));
  return levels;
}

Proposals Detector::proposals(const Activations& output, const PixelSize& image, const RpnSettings& settings) const {
  return RpnHead::proposals(output, "rpn_head", strides_, image, settings);
}

std::vector<std::string> Detector::roi_tap_names() const {
  std::vector<std::string> names{"rpn_head.proposals"};
  for (std::string& name : roi_head_->tap_names("roi_head")) names.push_back(std::move(name));
  return names;
}

Result<void> check_detector(const Architecture& backbone, const DenseArchitecture& dense, const std::string& config) {
  const auto refuse = [&](const std::string& what) {
    return fail(Error::Kind::Unsupported, what, dense.name(), "only the official configurations' layouts are known");
  };
  if (dense.rpn->anchors != kAnchorsPerCell)
    return refuse("it has " + std::to_string(dense.rpn->anchors) + " anchors a cell, and nothing tells their shapes");
  if (dense.box_heads.empty() || dense.box_heads.size() > 3)
    return refuse("a cascade of " + std::to_string(dense.box_heads.size()) + " stages has no known scaling of deltas");
  if (!dense.mask_heads.empty() && dense.mask_heads.size() != dense.box_heads.size())
    return refuse("it has not as many mask heads as box heads");
  if (backbone.levels.empty() || dense.neck->laterals.size() != backbone.levels.size())
    return refuse("its neck does not take the backbone's levels");
  const std::string anchors = config_section(config, "anchor_generator", "scales");
  const auto differs = [&](const char* name, const std::vector<double>& official) {
    const auto told = config_reals(anchors, name);
    return told && *told != official;
  };
  if (differs("scales", {8}) || differs("ratios", {0.5, 1, 2}) || differs("strides", {4, 8, 16, 32, 64}))
    return refuse("its config has other anchors than of scale 8, ratios 0.5, 1, 2 and strides 4 to 64");
  if (const auto usual = check_detection_config(config, dense.box_heads.size()); !usual)
    return refuse(usual.error().what);
  return {};
}

}  // namespace orderscope
