// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "core/analysis/map.h"
#include "core/analysis/method.h"
#include "core/base/result.h"

namespace orderscope {

/// Grad-CAM (Selvaraju et al., ICCV 2017, eq. 1-2, before the ReLU): w_c = mean over space of d logit / d A_c, map =
/// sum_c w_c A_c. Raw and signed. Any tap with channels and a spatial layout will do, tokens included. Reference:
/// pytorch-grad-cam.
const Method& grad_cam_method();

/// Grad-CAM at every tap that matches `layers`.
Probe grad_cam_probe(const std::string& layers);

/// The map at one layer after Trace::backward, for image `n`. Errors: InvalidInput if the probe saw no such layer.
Result<Map> grad_cam(const Trace& trace, std::size_t probe, const std::string& layer, int n = 0);

}  // namespace orderscope
