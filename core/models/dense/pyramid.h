// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/models/backbone.h"
#include "core/models/layers.h"

namespace orderscope {

/// "norm2": what stage 2 hands out is called, as tap, as parameter prefix and among what is set aside.
std::string level_name(int stage);

/// The step after the last block of a stage whose output leaves: sets norm(x) aside under `name` and passes it by the
/// tap of that name as [N, C, H, W]. The next stage goes on with x as it was.
Step pyramid_step(const std::string& name, std::shared_ptr<LayerNorm> norm);

/// The levels [N, H, W, C] that a backbone has set aside, finest first.
std::vector<at::Tensor> levels_of(const Activations& at_hand, const Architecture& architecture);

}  // namespace orderscope
