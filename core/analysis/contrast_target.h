// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/method.h"

namespace orderscope {

/// One class against another: the difference of their logits, logit[asked] - logit[against]. What speaks for both
/// cancels, what is left tells them apart (contrastive explanations; Prabhushankar et al., ICIP 2020, take a loss
/// instead). Only methods that need nothing but activations and gradients can explain it
/// (MethodDescriptor::explains_regions). Errors of the chooser: InvalidInput (no such class, a class against itself).
TargetChooser contrast_target(int against);

}  // namespace orderscope
