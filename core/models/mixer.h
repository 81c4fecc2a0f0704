// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <optional>
#include <string>

#include "core/models/model.h"

namespace orderscope {

/// The token mixer of one block by itself: what lets places talk to each other, without the norm before it, the
/// residual and the MLP. A copy with parameters of its own type, so that a float32 network's mixers can be run in
/// float64. One of HorFPN's gnConvs is taken behind its proj_in, which is linear in whatever the levels bring.
struct Mixer {
  std::string module;         ///< "stages.2.1.gnconv", "stages.0.0.dwconv", "layers.0.blocks.1.attn"
  std::string kind;           ///< as in Model::mixers
  std::optional<int> degree;  ///< of the polynomial that it is in its input; none where it is a series
  std::string input_tap;      ///< where to find what the block hands to it
  at::Tensor norm_bias;       ///< [C], of the norm right before it; undefined where there is none (ConvNeXt, HorFPN)
  at::Tensor zero;            ///< [C], its input where nothing comes in; undefined: zeros

  /// The mixer's input [N, H, W, C] from an activation at input_tap, [N, C, H, W] (of a classifying Swin tokens too):
  /// the norm before it, in the mixer's type.
  std::function<at::Tensor(const at::Tensor& activation)> prepare;
  std::function<at::Tensor(const at::Tensor& x)> run;  ///< [N, H, W, C] to [N, H, W, out]
};

/// Errors: OutOfMemory; Unsupported for a plugin's network without gnConv.
Result<Mixer> make_mixer(const Model& model, const BlockInfo& block, at::ScalarType type = at::kDouble);

}  // namespace orderscope
