// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/method.h"

namespace orderscope {

/// Occlusion (Zeiler and Fergus, ECCV 2014): a square window of the image is replaced by a baseline; a pixel's value is
/// the mean, over the windows that cover it, of the fall of the class logit. A forward pass a window.
/// Parameters "window" and "stride" in pixels; 0: an eighth of the short side, and half a window.
const Method& occlusion_method();

}  // namespace orderscope
