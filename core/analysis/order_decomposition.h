// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "core/analysis/method.h"
#include "core/analysis/order_origin.h"

namespace orderscope {

/// Into what a gnConv's output is taken apart: homogeneous parts by degree in its input (depthwise form only), or terms
/// by the gates that they pass (both forms). See gnconv_terms.h.
enum class OrderTerms { Degree, Gates };

std::string to_string(OrderTerms by);  ///< "degree", "gates"
Result<OrderTerms> order_terms_from_string(const std::string& name);

struct DecompositionSettings {
  OrderTerms by = OrderTerms::Degree;
  OrderOrigin origin = OrderOrigin::NormBias;  ///< by degree only
};

/// The output of one gnConv on one image as a sum of terms.
struct BlockDecomposition {
  std::string block;
  int order = 0;
  DecompositionSettings settings;
  std::vector<std::string> names;  ///< of the terms: "degree.3"; "bias", "gates.4"
  std::vector<int> powers;         ///< degree in the input (an interaction of order degree - 1), or gates passed
  at::Tensor terms;                ///< [terms, C, h, w]; adds up to the gnConv's output

  std::vector<double> energies;  ///< mean square over channels and pixels
  std::vector<double> shares;    ///< of the sum of energies. Terms are not orthogonal: see output_energy
  double output_energy = 0;      ///< mean square of what the terms add up to
  double mean_power = 0;         ///< sum of power * energy / sum of energies
  double largest_defect = 0;     ///< max |sum of terms - output| / max |output|: rounding

  std::vector<Map> energy;  ///< mean square over channels, one map a term
  Map mean_order;           ///< at each pixel sum of power * energy / sum of energies

  // After a backward pass only; else empty.
  std::vector<double> contributions;  ///< <d logit / d output, term>, signed
  std::vector<Map> contribution;      ///< sum over channels of (d logit / d output) * term; adds up to the above
  double sum_contribution = 0;        ///< <d logit / d output, output>: what the contributions add up to

  std::vector<std::string> warnings;
};

/// The probes to run: what was recorded, and with `gradient`, for contributions, a second one.
std::vector<Probe> decomposition_probes(const Model& model, const std::vector<BlockInfo>& blocks, bool gradient);

/// The blocks that match a pattern and can be taken apart so. Blocks that match but cannot are named in `warnings`.
/// Errors: InvalidInput if none is left: no such block, a model without gnConv, or the global-local form by degree.
Result<std::vector<BlockInfo>> decomposable_blocks(const Model& model, const std::string& pattern, OrderTerms by,
                                                   std::vector<std::string>& warnings);

/// Takes the blocks apart, image `n` of the trace, one after the other: what `use` does not keep is freed before the
/// next. `with_gradient`: the second probe ran. Maps have layer, method and their parameters in their provenance.
/// Errors: Cancelled, OutOfMemory, InvalidInput where the probes did not run, and whatever `use` returns.
Result<void> decompose_orders(const Trace& trace, std::size_t first_probe, const Model& model,
                              const std::vector<BlockInfo>& blocks, DecompositionSettings settings,
                              const std::function<Result<void>(BlockDecomposition&)>& use, bool with_gradient,
                              const JobContext& job = {}, std::int64_t n = 0);

/// Block x term, NaN where a block has no such term.
Matrix share_matrix(const std::vector<BlockDecomposition>& blocks);
Matrix energy_matrix(const std::vector<BlockDecomposition>& blocks);
Matrix contribution_matrix(const std::vector<BlockDecomposition>& blocks);

/// Maps of contribution a term and of the mean order; shares, contributions and mean orders as numbers.
const Method& order_decomposition_method();

}  // namespace orderscope
