// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/method.h"

namespace orderscope {

/// FullGrad (Srinivas and Fleuret, NeurIPS 2019, eq. 2 and 6), with the network's steps as its layers: stem, blocks,
/// downsamplings, head. A step f is, near its input u, the affine map f(u + d) = J u + J d + b with b = f(u) - J u.
/// That b holds every explicit bias of the step and the implicit ones (the paper's section 3.2) of all that is not
/// linear in it: LayerNorm, GELU, gates, softmax. Hence, exactly,
///   logit = <d logit / d x, x> + sum over steps <d logit / d f, b>,
/// whose terms are the numbers "fullgrad.input", "fullgrad.steps" and, for the head behind the pooling, which has no
/// places, "fullgrad.head"; "fullgrad.gap" is what rounding leaves. Restriction: biases inside one block are taken
/// together where they leave the block, not each at its own layer.
/// Parameter "aggregation": "signed" adds the terms of all steps, enlarged to the image (bilinear; the sum of a term is
/// kept); "paper" adds their magnitudes a channel, each step scaled to 0..1 first (the paper's psi).
const Method& full_grad_method();

}  // namespace orderscope
