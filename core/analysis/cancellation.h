// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace orderscope {

class Backbone;

/// Where sums over channels of activation x gradient vanish by construction. A LayerNorm over the channels of a pixel
/// does not change when that pixel's vector is scaled, so at a layer that nothing but such a norm reads, the derivative
/// along the vector, sum_c A_c d logit / d A_c, is zero at every pixel (but for the norm's eps).
enum class Cancellation {
  None,
  Pixel,   ///< the norm is over each pixel: the sum is zero everywhere
  Patch,   ///< over each merged 2 x 2 patch (Swin): the sums of a patch's four pixels add up to zero
  Pooled,  ///< over the mean of all pixels: the map adds up to zero
};

/// Read off the network's steps: the last block before a downsampling of HorNet and ConvNeXt, or before a pyramid's
/// norm, a ConvNeXt's depthwise convolution, a Swin's last block before its final norm (Pixel); a Swin's last block
/// before a merging (Patch); the last block of HorNet and ConvNeXt (Pooled).
Cancellation cancellation_at(const Backbone& backbone, const std::string& tap);

/// What a reader of such a map at such a layer must be told; empty for None and Pooled, whose maps mean something.
std::string cancellation_warning(Cancellation cancellation, const std::string& layer);

}  // namespace orderscope
