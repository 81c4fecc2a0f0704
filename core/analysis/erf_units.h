// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace orderscope {

/// Rows and columns of an activation [N, C, h, w] or of tokens [N, L, C]. Errors: InvalidInput for one without places.
Result<std::array<std::int64_t, 2>> grid_of(const at::Tensor& x, const std::string& layer, const at::Tensor& images);

/// The scalar whose gradient is taken; one term an image. `weights` [cells], of the grid's cells row by row.
at::Tensor unit(const at::Tensor& x, const at::Tensor& weights, std::optional<int> channel, bool relu);

/// 1 for one cell, 0 elsewhere: [cells].
at::Tensor one_cell(const std::array<std::int64_t, 2>& cell, const std::array<std::int64_t, 2>& grid);

/// The mean place, (y, x), of the pixels inside.
std::array<double, 2> centroid(const at::Tensor& mask);

}  // namespace orderscope
