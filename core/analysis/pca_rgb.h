// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <string>
#include <vector>

#include "core/analysis/descriptor.h"
#include "core/base/result.h"

namespace orderscope {

/// Three principal components of one layer, one a colour.
struct PcaRgb {
  at::Tensor rgb;                    ///< [3, h, w], float32: scores in units of their root mean square; signed
  std::array<double, 3> variance{};  ///< share of the layer's variance along each component, before the alignment
  /// Share of the reference's scores that the aligned ones explain at the best scale, 0 to 1; 1 for the first.
  double alignment = 1;
};

const MethodDescriptor& pca_descriptor();

/// Principal components of activations [C, h, w], places being the samples, of several models or layers of one picture,
/// aligned so that the same colour means the same. The first is the reference; the sign of each of its components is
/// the one that makes the largest score positive. Every other one's scores are turned by the orthogonal matrix that
/// brings them nearest to the reference's (orthogonal Procrustes, Schoenemann 1966), found on the reference's grid
/// (bilinear). A layer of fewer than three channels has zeros for the rest.
/// Errors: InvalidInput (nothing given, another shape, a single place, NaN or Inf, no variance), OutOfMemory.
Result<std::vector<PcaRgb>> pca_rgb(const std::vector<at::Tensor>& activations);

}  // namespace orderscope
