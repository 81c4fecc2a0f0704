// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "core/analysis/area_measure.h"
#include "core/analysis/erf_protocol.h"
#include "core/analysis/map.h"
#include "core/base/job.h"

namespace orderscope {

enum class ErfPrecision { Float64, Float32 };

/// The map that areas are measured on, [H, W], float64. Float32 is the arithmetic of the published scripts, in which
/// log10(x + 1) loses values below 6e-8. All zeros stay zeros.
at::Tensor erf_scaled(const at::Tensor& mean, ErfScale scale, ErfPrecision precision = ErfPrecision::Float64);

/// r(t): squares of side 2 i + 1, i = 1, 2, ..., around pixel (H / 2, W / 2), of which the first whose share of the sum
/// is > t is taken. As in the original, i ends at H / 2 - 1, so the whole map is never tried; a share not reached by
/// then has no ratio. Where the map is not square, i ends at max(H, W) / 2 - 1 and the square is cut off at the map's
/// rim; the ratio counts what is left of it. Reference: RepLKNet-pytorch, erf/analyze_erf.py.
std::vector<std::optional<AreaRatio>> area_ratios(const at::Tensor& scaled);

/// 95 % intervals of the ratios: images are drawn with replacement `samples` times and the ratios of each draw's mean
/// taken (percentile bootstrap). `maps`: one [H, W] float32 map an image, at least two. Errors: Cancelled, OutOfMemory.
Result<void> bootstrap_ratios(const std::vector<at::Tensor>& maps, ErfScale scale, int samples, std::uint64_t seed,
                              std::vector<AreaMeasure>& measures, const JobContext& job = {});

}  // namespace orderscope
