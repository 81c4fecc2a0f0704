// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "core/models/dense/dense_network.h"
#include "core/models/dense/uper_head.h"

namespace orderscope {

/// mmsegmentation's EncoderDecoder with a UPerHead, on one image or one window: logits [N, classes, H, W] at the size
/// of the image. Taps beside those of backbone and head (decode_head.*): logits.
class Segmenter : public DenseNetwork {
 public:
  Segmenter(std::shared_ptr<Backbone> pyramid, const UperHeadShape& head);

  int64_t macs(int64_t height, int64_t width) const override;

 private:
  std::shared_ptr<UperHead> decode_head_;
};

}  // namespace orderscope
