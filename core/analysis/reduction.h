// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "core/base/result.h"

namespace orderscope {

/// How a tensor [C, h, w] becomes a map [h, w]. L2 is the root of the sum of squares.
enum class ChannelReduction { Mean, MeanAbs, L2 };
inline constexpr int kReductions = 3;

std::string to_string(ChannelReduction reduction);  ///< "mean", "mean_abs", "l2"
Result<ChannelReduction> channel_reduction_from_string(const std::string& name);

}  // namespace orderscope
