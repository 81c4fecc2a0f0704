// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/segmenter.h"

#include <ATen/ATen.h>

#include <cmath>

#include "core/models/dense/resize.h"

namespace orderscope {

namespace {

/// What mmsegmentation's decode heads take where they give one logit and their config no threshold.
constexpr double kThreshold = 0.3;

/// One logit z as two, so that the second is the larger where sigmoid(z) is above the threshold. The first is z
/// mirrored at it: what speaks against the class.
at::Tensor with_rest(const at::Tensor& logit) {
  const double level = std::log(kThreshold / (1 - kThreshold));
  return at::cat({2 * level - logit, logit}, 3);
}

}  // namespace

Segmenter::Segmenter(std::shared_ptr<Backbone> pyramid, const UperHeadShape& head) : DenseNetwork(std::move(pyramid)) {
  decode_head_ = register_module("decode_head", std::make_shared<UperHead>(head));
  for (Step& step : decode_head_->steps("decode_head", level_names())) steps_.push_back(std::move(step));
  steps_.push_back({"logits",
                    [align = head.align_corners](const Activations& in, Taps* taps) {
                      const at::Tensor all = in.x.size(3) == 1 ? with_rest(in.x) : in.x;
                      const at::Tensor full = resize_bilinear(all, in.height, in.width, align);
                      return Activations(TapScope(taps, "").as_is("logits", full.permute({0, 3, 1, 2})));
                    },
                    {"logits"}});
}

int64_t Segmenter::macs(int64_t height, int64_t width) const {
  return pyramid().macs(height, width) + decode_head_->macs(level_pixels(height, width));
}

}  // namespace orderscope
