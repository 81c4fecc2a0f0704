// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/models/backbone.h"
#include "core/trace/trace.h"

namespace orderscope::bench {

/// "hornet_t_7x7", "hornet_t_gf", "swin_t" or "convnext_t", at 224 x 224.
Architecture family_architecture(const std::string& name);

/// A Grad-CAM at every block, and for gnConv all order maps and contributions.
std::vector<Probe> everything_probes(const Backbone& backbone);

}  // namespace orderscope::bench
