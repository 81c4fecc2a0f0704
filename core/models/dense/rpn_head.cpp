// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/rpn_head.h"

#include <ATen/ATen.h>

#include "core/models/dense/boxes.h"
#include "core/models/dense/conv_module.h"
#include "core/models/dense/nms.h"

namespace orderscope {

namespace {

std::string map_name(const std::string& module, const char* map, std::size_t level) {
  return module + "." + map + ".p" + std::to_string(level + 2);
}

}  // namespace

RpnHead::RpnHead(const RpnShape& shape) {
  const int channels = shape.conv.out;
  rpn_conv_ = register_module("rpn_conv", std::make_shared<Conv>(shape.conv));
  rpn_cls_ = register_module("rpn_cls", std::make_shared<Conv>(ConvShape{channels, shape.anchors, 1, true}));
  rpn_reg_ = register_module("rpn_reg", std::make_shared<Conv>(ConvShape{channels, 4 * shape.anchors, 1, true}));
}

Step RpnHead::step(const std::string& name, const std::vector<std::string>& levels) const {
  Step step{name, {}, {}};
  for (std::size_t level = 0; level < levels.size(); ++level)
    for (const char* map : {"rpn_cls", "rpn_reg"}) step.taps.push_back(map_name(name, map, level));
  step.run = [this, name, levels](const Activations& in, Taps* taps) {
    const TapScope plain(taps, "");
    Activations out = in;
    for (std::size_t level = 0; level < levels.size(); ++level) {
      const at::Tensor shared = at::relu(rpn_conv_->forward(in.aside.at(levels[level])));
      const std::string cls = map_name(name, "rpn_cls", level), reg = map_name(name, "rpn_reg", level);
      out.aside[cls] = plain.as_nchw(cls, rpn_cls_->forward(shared));
      out.aside[reg] = plain.as_nchw(reg, rpn_reg_->forward(shared));
    }
    return out;
  };
  return step;
}

Proposals RpnHead::proposals(const Activations& at_hand, const std::string& name, const std::vector<int64_t>& strides,
                             const PixelSize& image, const RpnSettings& settings) {
  std::vector<at::Tensor> scores, deltas, anchors, levels;
  for (std::size_t level = 0; level < strides.size(); ++level) {
    const at::Tensor& cls = at_hand.aside.at(map_name(name, "rpn_cls", level));
    at::Tensor score = at::sigmoid(cls.reshape({-1}));
    at::Tensor delta = at_hand.aside.at(map_name(name, "rpn_reg", level)).reshape({-1, 4});
    at::Tensor anchor = make_anchors(strides[level], cls.size(1), cls.size(2), cls.options());
    if (settings.nms_pre > 0 && score.numel() > settings.nms_pre) {
      const at::Tensor best =
          std::get<1>(score.sort(/*stable=*/true, /*dim=*/0, /*descending=*/true)).slice(0, 0, settings.nms_pre);
      score = score.index_select(0, best);
      delta = delta.index_select(0, best);
      anchor = anchor.index_select(0, best);
    }
    levels.push_back(at::full({score.numel()}, static_cast<int64_t>(level), score.options().dtype(at::kLong)));
    scores.push_back(score);
    deltas.push_back(delta);
    anchors.push_back(anchor);
  }
  at::Tensor boxes = decode_deltas(at::cat(anchors), at::cat(deltas), {1, 1, 1, 1}, image);
  const at::Tensor sides = boxes.slice(1, 2, 4) - boxes.slice(1, 0, 2);
  const at::Tensor large = settings.min_bbox_size < 0 ? at::ones({sides.size(0)}, sides.options().dtype(at::kBool))
                                                      : (sides > settings.min_bbox_size).all(1);
  const at::Tensor kept = large.nonzero().squeeze(1);
  boxes = boxes.index_select(0, kept);
  const at::Tensor score = at::cat(scores).index_select(0, kept);
  at::Tensor groups = at::cat(levels).index_select(0, kept);
  if (settings.class_agnostic) groups = at::zeros_like(groups);
  const at::Tensor best = grouped_nms(boxes, score, groups, settings.iou_threshold).slice(0, 0, settings.max_per_img);
  return {boxes.index_select(0, best), score.index_select(0, best)};
}

int64_t RpnHead::macs(int64_t pixels) const {
  return rpn_conv_->macs(pixels) + rpn_cls_->macs(pixels) + rpn_reg_->macs(pixels);
}

}  // namespace orderscope
