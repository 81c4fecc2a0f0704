// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/method.h"

namespace orderscope {

// Class activation maps made from one layer's activation A and gradient G = d logit / d A alone, [C, h, w] each; raw
// and signed, before ReLU and scaling. Reference for all: pytorch-grad-cam, whose constants against division by zero
// are kept.

/// Grad-CAM++ (Chattopadhay et al., WACV 2018, eq. 10, 19): a = G^2 / (2 G^2 + G^3 sum_p A + 1e-6), 0 where G = 0;
/// w_c = sum_p a max(G, 0); map = sum_c w_c A_c.
const Method& grad_cam_plus_plus_method();

/// XGrad-CAM (Fu et al., BMVC 2020, eq. 8): w_c = sum_p G A / (sum_p A + 1e-7); map = sum_c w_c A_c.
const Method& x_grad_cam_method();

/// HiResCAM (Draelos and Carin, 2020): map = sum_c G_c A_c. Zero by construction at some layers, see cancellation.h.
const Method& hi_res_cam_method();

/// LayerCAM (Jiang et al., IEEE TIP 2021, eq. 5-6): map = sum_c max(G_c, 0) A_c.
const Method& layer_cam_method();

/// pytorch-grad-cam's element-wise Grad-CAM: map = sum_c max(G_c A_c, 0), never negative.
const Method& grad_cam_elementwise_method();

}  // namespace orderscope
