// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "core/analysis/descriptor.h"
#include "core/base/job.h"
#include "core/models/model.h"

namespace orderscope {

/// The learned spatial weights behind one gate of a gnConv, or of ConvNeXt's depthwise convolution. Raw: the scale s
/// and, in the global-local form, the norms around the filter are not in them.
struct OrderKernels {
  int order = 0;              ///< of the gate, from 1; 0 for ConvNeXt
  std::vector<int> channels;  ///< of the gate, those that `kernels` belongs to
  at::Tensor kernels;         ///< [K, k, k]: depthwise; in the global-local form the 3x3 ones of the local half

  // Global-local form only; else undefined.
  std::vector<int> global_channels;  ///< of the gate, those that the filters belong to
  at::Tensor
      impulse;  ///< [G, h, w]: answer to an impulse at (h / 2, w / 2); convolving with it circularly is the filter
  at::Tensor magnitude;  ///< [G, h, w]: of the frequency response, zero frequency at (h / 2, w / 2). As the filter
                         ///< acts: of its columns 0 and w / 2 only the part that is symmetric reaches a real output
};

struct MixerKernels {
  std::string block, kind;
  int height = 0, width = 0;  ///< of the map that filters were made for
  std::vector<OrderKernels> orders;
};

const MethodDescriptor& mixer_kernels_descriptor();

/// For inputs of height x width pixels. Errors: InvalidInput for a block that mixes by attention, and for a size that
/// leaves no map.
Result<MixerKernels> mixer_kernels(const Model& model, const BlockInfo& block, std::int64_t height, std::int64_t width);

}  // namespace orderscope
