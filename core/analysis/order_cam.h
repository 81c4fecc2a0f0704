// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/method.h"

namespace orderscope {

/// A class activation map of a gnConv's output, split by interaction order: OrderScope's. The output is a sum of terms
/// (see order_decomposition.h), and both rules are linear in it, so the maps of the terms add up to the rule's map at
/// BLOCK.gnconv.proj_out, which comes last under the name BLOCK.sum. Parameter "rule": "gradcam", sum_c mean(G_c) T_c,
/// or "hirescam", sum_c G_c T_c, with T a term and G = d logit / d proj_out. Parameter "decompose": by polynomial
/// "degree" in the input (degree d is an interaction of order d - 1; depthwise gates only), by "gates" passed, or
/// "auto": the first where it is possible.
const Method& order_cam_method();

}  // namespace orderscope
