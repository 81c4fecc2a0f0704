// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "core/analysis/map.h"
#include "core/analysis/method.h"
#include "core/analysis/window_layout.h"

namespace orderscope {

/// Window attention of a Swin (Liu et al., ICCV 2021) from one pixel, and how far it reaches.
const Method& attention_method();

/// The attention probabilities of all blocks that match; what the functions below read.
Probe attention_probe(const std::string& blocks = "*");

/// The blocks of a Swin that match a pattern, in the order of the network. Errors: InvalidInput if the model is no
/// Swin or none matches.
Result<std::vector<BlockInfo>> attention_blocks(const Model& model, const std::string& pattern = "*");

/// One block's attention in a trace.
struct BlockAttention {
  BlockInfo block;
  WindowLayout layout;
  at::Tensor probs;  ///< [windows, heads, n, n], of one image

  std::int64_t heads() const { return probs.size(1); }
  /// What the token under a pixel of the input attends to, over the whole token grid, unsigned. `head` -1: the mean
  /// over heads. Errors: InvalidInput for a pixel outside the map or a head that there is not.
  Result<Map> from_pixel(std::int64_t x, std::int64_t y, std::int64_t head = -1) const;
  /// Mean distance in pixels of the input between the centres of query and key tokens, weighted by attention and
  /// averaged over queries, per head (as Dosovitskiy et al., ViT, ICLR 2021, appendix D.7 measures it).
  std::vector<double> distances() const;
  /// [tokens, tokens], the mean over heads, row = query.
  at::Tensor full() const;
};

/// Reads `probe` of the trace for image n. Errors: InvalidInput if the probe did not see the block or probabilities are
/// not finite, OutOfMemory if the trace had no room for them.
Result<BlockAttention> block_attention(const Trace& trace, std::size_t probe, const Model& model,
                                       const BlockInfo& block, int n = 0);

/// Attention rollout of one stage (Abnar and Zuidema, ACL 2020): A = mean over heads, R = A'_L ... A'_1 with
/// A' = (A + I) / 2. Rows are queries; they sum to 1.
struct StageRollout {
  int stage = 0;                       ///< from 0
  std::int64_t height = 0, width = 0;  ///< tokens of this stage
  at::Tensor within;                   ///< [tokens, tokens], of this stage's blocks alone
  at::Tensor from_first;               ///< [tokens, tokens of stage 0]: R_s M R_(s-1) M ... R_0
};

/// All stages of a Swin, each patch merging M being the mean over its 2 x 2 tokens. Needs attention_probe("*").
/// Errors: as block_attention, Cancelled.
Result<std::vector<StageRollout>> attention_rollout(const Trace& trace, std::size_t probe, const Model& model,
                                                    int n = 0, const JobContext& job = {});

/// How much each token of stage 0 is attended to from a later stage: the mean over queries, [height, width].
at::Tensor received(const StageRollout& rollout, std::int64_t first_height, std::int64_t first_width);

}  // namespace orderscope
