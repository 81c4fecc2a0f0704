// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "core/analysis/method.h"

namespace orderscope {

/// Parameter "layer" of methods that look at one or several layers: tap names, with commas and *; "last" by default.
MethodParameter cam_layer_parameter();

/// Its value as a pattern of taps: "last" is where class activation maps are usually taken, the output of the last
/// block of HorNet and ConvNeXt and the final norm of Swin.
std::string cam_layer_pattern(const Model& model, const MethodValues& values);

}  // namespace orderscope
