// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>

#include "core/analysis/method.h"

namespace orderscope {

/// How much of the network is randomised at a time.
enum class RandomisationStep { Stages, Blocks };

/// Cascading weight randomisation (Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018, section 3): from the
/// head down to the stem, ever more of the network gets random weights, and the map is made again each time. A map
/// that stays the same does not depend on what was learned. Random means shuffled: every tensor keeps its values but
/// not their places, so that scales stay those of a trained network (the initial layer scale of 1e-6 would cut the
/// blocks out altogether).
/// Curves "randomisation.rank" and "randomisation.rank_abs": Spearman's correlation of the new map with the original,
/// signed and of magnitudes, over the number of randomised parts (0: none, 1). The last points are the numbers of the
/// same names. A method that makes several maps is judged by its first. Errors: as run_methods and the method.
Result<MethodResult> randomisation_check(const Subject& subject, const MethodRequest& request, int class_index,
                                         RandomisationStep step, std::uint64_t seed, const JobContext& job = {});

/// Spearman's rank correlation, ties with their mean rank; NaN where either has no variation.
double rank_correlation(std::span<const float> a, std::span<const float> b);

}  // namespace orderscope
