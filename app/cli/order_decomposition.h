// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "app/cli/input.h"
#include "app/cli/target.h"
#include "core/analysis/order_decomposition.h"

namespace orderscope::cli {

/// `orders --decompose`: takes the gnConvs that match apart; writes BLOCK.by_degree.npy (or by_gates) and the rest.
Result<void> run_order_decomposition(const SubjectOptions& subject, const TargetOptions& region,
                                     const std::string& blocks, DecompositionSettings settings,
                                     std::optional<int> class_index, const CommonOptions& common,
                                     const JobContext& job);

}  // namespace orderscope::cli
