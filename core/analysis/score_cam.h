// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/method.h"

namespace orderscope {

/// Score-CAM (Wang et al., CVPR Workshops 2020) as pytorch-grad-cam computes it: each channel of the layer is enlarged
/// to the image (bilinear, corners aligned), scaled to 0..1 by its own range and multiplied with the normalised image;
/// w = softmax over channels of the class logits of these images; map = sum_c w_c A_c. The logit of a baseline image,
/// which the paper subtracts, is the same for all channels and falls out in the softmax. A forward pass a channel.
const Method& score_cam_method();

}  // namespace orderscope
