// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/analysis/method.h"

namespace orderscope {

/// Parameter "layer" of methods that look at one or several layers: tap names, with commas and *; "last" by default.
MethodParameter cam_layer_parameter();

/// Parameter "class": the most likely one unless given.
MethodParameter class_parameter();

/// Its value as a pattern of taps: "last" is where class activation maps are usually taken, the output of the last
/// block of HorNet and ConvNeXt and the final norm of Swin.
std::string cam_layer_pattern(const Model& model, const MethodValues& values);

/// The taps that match the parameter and have channels and places, which attention probabilities, pooled features and
/// logits have not: a map of those would be laid out wrongly. Errors: as find_taps; InvalidInput if none has places.
Result<std::vector<std::string>> cam_layers(const Model& model, const MethodValues& values);

/// The same as the pattern of a probe; matches nothing where cam_layers fails.
std::string cam_probe_pattern(const Model& model, const MethodValues& values);

}  // namespace orderscope
