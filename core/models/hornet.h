// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/conv_backbone.h"

namespace orderscope {

/// HorNet (Rao et al., NeurIPS 2022; reference: raoyongming/HorNet, hornet.py):
///   x = x + gamma1 * gnconv(norm1(x));  x = x + gamma2 * pwconv2(gelu(pwconv1(norm2(x))))
class HorNet : public ConvBackbone {
 public:
  explicit HorNet(const Architecture& architecture);
};

}  // namespace orderscope
