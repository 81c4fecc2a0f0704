// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <utility>

#include "core/analysis/map.h"

namespace orderscope {

/// A [h, w] tensor as a map; float32 on the CPU afterwards.
Map to_map(const at::Tensor& values);

/// Side lengths of the map behind L tokens of an input of this size: both sides are divided by the same stride,
/// rounded down, or up where nothing else fits.
std::pair<std::int64_t, std::int64_t> token_grid(std::int64_t tokens, std::int64_t height, std::int64_t width);

/// A reduced activation [N, h, w], or [N, L] of tokens, of image n as [h, w].
at::Tensor spatial(const at::Tensor& reduced, std::int64_t n, std::int64_t height, std::int64_t width);

}  // namespace orderscope
