// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "core/models/backbone.h"
#include "core/models/layers.h"

namespace orderscope {

/// Swin Transformer v1 (Liu et al., ICCV 2021; reference: microsoft/Swin-Transformer, models/swin_transformer.py).
/// Every LayerNorm has eps 1e-5; the final norm comes before the pooling. As the official classifier it takes its
/// native image size only: relative positions and shift masks are tied to it. With levels it is the backbone of dense
/// prediction (SwinTransformer/Swin-Transformer-Semantic-Segmentation, mmseg/models/backbones/swin_transformer.py): any
/// size, images padded to multiples of the patch, maps to multiples of the window, windows and shifts never shrunk.
/// Taps: patch_embed, per block norm1, attn.probs [windows * N, heads, n, n] and the block's output, per stage
/// layers.i.downsample, then norm and logits. Activations are tokens [N, L, C].
class Swin : public Backbone {
 public:
  explicit Swin(const Architecture& architecture);

  Result<void> check_input(int64_t height, int64_t width) const override;
  int64_t macs(int64_t height, int64_t width) const override;
  void set_drop_path(double rate) override;

 private:
  struct PatchEmbed;
  struct Block;
  struct PatchMerging;
  struct Layer;

  std::shared_ptr<PatchEmbed> patch_embed_;
  at::Tensor absolute_pos_embed_;
  std::vector<std::shared_ptr<Layer>> layers_;
  std::shared_ptr<LayerNorm> norm_;
  std::shared_ptr<Linear> head_;
};

}  // namespace orderscope
