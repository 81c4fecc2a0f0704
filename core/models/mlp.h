// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

namespace orderscope {

class LayerNorm;
class Linear;

/// The second half of a block of any family: x + gamma * second(GELU(first(norm(z)))) over the last dimension of x and
/// z [N, H, W, C]; an undefined gamma counts as 1. z may be x. `drop_path` and `training` as in add_branch. Equal to
/// the single layers up to rounding.
///
/// With frozen weights on the CPU it is one pass over tiles of rows that stay in a core's cache: the hidden
/// activations, as wide as everything else of a block together, never lie in memory as a whole. For the way back their
/// input to GELU is kept where it is small, and made again from z where it is large.
at::Tensor add_mlp(const at::Tensor& x, const at::Tensor& z, const LayerNorm& norm, const Linear& first,
                   const Linear& second, const at::Tensor& gamma, double drop_path, bool training);

}  // namespace orderscope
