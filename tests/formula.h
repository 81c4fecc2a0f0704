// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "core/models/backbone.h"
#include "core/models/model.h"

namespace orderscope::test {

/// `count` numbers in [-1, 1) that depend on the key alone: splitmix64 of the key's FNV-1a hash plus the flat index
/// (see tests/golden/README.md). Full-size models can be checked with them without a weights file.
at::Tensor formula_values(const std::string& key, at::IntArrayRef shape, double scale, double offset);

/// Fills every parameter by the formula, with the scale and offset that its key stands for, and freezes it.
void fill_by_formula(Backbone& backbone);

/// The input that goes with it: [1, 3, height, width].
at::Tensor formula_input(std::int64_t height, std::int64_t width);

Architecture hornet_architecture(int base_dim, bool global_filter, std::vector<int> depths = {2, 3, 18, 2},
                                 int classes = 1000);
Architecture convnext_architecture(int base_dim, std::vector<int> depths, int classes = 1000);
Architecture swin_architecture(int embed, std::vector<int> depths, std::vector<int> heads, int window, int image_size,
                               int classes = 1000);

/// A frozen backbone in evaluation mode with the formula's weights.
std::shared_ptr<Backbone> formula_backbone(const Architecture& architecture);

}  // namespace orderscope::test
