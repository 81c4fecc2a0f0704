// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/conv_backbone.h"

namespace orderscope {

/// ConvNeXt v1 (Liu et al., CVPR 2022; reference: facebookresearch/ConvNeXt, models/convnext.py):
///   x = x + gamma * pwconv2(gelu(pwconv1(norm(dwconv(x)))))
/// Tap of a block: dwconv.
class ConvNeXt : public ConvBackbone {
 public:
  explicit ConvNeXt(const Architecture& architecture);
};

}  // namespace orderscope
