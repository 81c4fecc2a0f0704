// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "core/models/model.h"

namespace orderscope::test {

/// A .npy file of tests/golden; throws if it cannot be read.
at::Tensor golden_array(const std::string& relative);

/// tests/golden/small/NAME/official.pth; throws if it cannot be read.
std::shared_ptr<const Model> small_model(const std::string& name);

/// Our name for a tap of the reference data: "s3b2.dw_1" is "stages.2.1.gnconv.gate.2", "s2.down" is
/// "downsample_layers.1", or in a Swin, whose stages end with it, "layers.1.downsample".
std::string tap_name(const std::string& golden_name, Family family);

/// max |a - b|; infinity if the shapes differ.
double max_abs_difference(const at::Tensor& a, const at::Tensor& b);

}  // namespace orderscope::test
