// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/analysis/method.h"

namespace orderscope {

/// As run_methods, an outcome a class: one forward pass for all, and a backward pass each.
Result<std::vector<MethodsOutcome>> run_methods_for_classes(const Subject& subject,
                                                            std::span<const MethodRequest> requests,
                                                            const std::vector<std::optional<int>>& classes,
                                                            const JobContext& job = {});

}  // namespace orderscope
