// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "core/analysis/descriptor.h"
#include "core/base/result.h"

namespace orderscope {

/// Around which input, constant over space, a mixer is expanded: zero; the bias of the norm before it, so that every
/// learned constant falls into degree 0; the image's own mean over space at that layer.
enum class OrderOrigin { Zero, NormBias, SpatialMean };

std::string to_string(OrderOrigin origin);  ///< "zero", "norm-bias", "spatial-mean"
Result<OrderOrigin> order_origin_from_string(const std::string& name);

/// Parameter "origin", "norm-bias" by default.
MethodParameter order_origin_parameter();

}  // namespace orderscope
