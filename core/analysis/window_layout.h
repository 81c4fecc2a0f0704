// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/models/model.h"

namespace orderscope {

/// Where the windows of a shifted-window attention lie on its token grid. Maps that are no multiple of the window are
/// padded at the right and at the bottom, as the official dense backbone does, before they are shifted.
struct WindowLayout {
  std::int64_t height = 0, width = 0;  ///< tokens
  std::int64_t window = 0, shift = 0;  ///< tokens

  std::int64_t tokens() const { return height * width; }
  std::int64_t windows() const { return (padded(height) / window) * (padded(width) / window); }
  std::int64_t padded(std::int64_t side) const { return (side + window - 1) / window * window; }

  /// Which token each cell of each window holds, [windows, window^2], int64: y * width + x with the shift undone;
  /// tokens() for padding. Windows are in row-major order of the shifted map, as in the official code.
  at::Tensor token_of_cell() const;
};

/// The layout of a block's attention for an input of this size. Errors: InvalidInput if it is no block of a Swin.
Result<WindowLayout> window_layout(const Model& model, const BlockInfo& block, std::int64_t input_height,
                                   std::int64_t input_width);

/// What a token attends to: probabilities [windows, heads, n, n] of one image to [heads, height, width], 0 outside the
/// token's window.
at::Tensor attention_from(const WindowLayout& layout, const at::Tensor& probs, std::int64_t token);

/// A x for the attention matrix A [tokens, tokens] whose windows are `attention` [windows, n, n] and x [tokens, m],
/// without making A. Attention to padding is lost.
at::Tensor attend(const WindowLayout& layout, const at::Tensor& attention, const at::Tensor& x);

/// Mean over queries of the distance from query to key weighted by the probability: [windows, heads, n, n] to [heads],
/// float64, in tokens.
at::Tensor mean_attention_distance(const WindowLayout& layout, const at::Tensor& probs);

}  // namespace orderscope
