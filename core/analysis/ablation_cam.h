// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/method.h"

namespace orderscope {

/// Ablation-CAM (Desai and Ramaswamy, WACV 2020, eq. 3-4): w_c = (y - y_c) / y with y the logit of the class and y_c
/// the same with channel c of the layer set to zero; map = sum_c w_c A_c. Where y is negative all weights change sign,
/// which a warning says. The network is run again from the layer on only, many channels at once.
/// Parameter "variant": "library" sets the channel to min A - 1e7 instead unless min A is 0, as pytorch-grad-cam does
/// in batches of one.
const Method& ablation_cam_method();

}  // namespace orderscope
