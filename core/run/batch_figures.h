// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/analysis/values.h"
#include "core/models/model.h"
#include "core/run/batch_store.h"
#include "core/trace/trace.h"

namespace orderscope {

/// One gate or state in figures that cost little more than the pass itself, since they are made of its order maps
/// (channel reductions, see reduce_channels) and not of all its channels.
struct OrderFigures {
  double energy = 0;   ///< mean square over channels and pixels
  double entropy = 0;  ///< as spatial_entropy
  /// Pixels of the image: one over the mean spatial frequency of the map of mean magnitudes, its mean taken out; NaN
  /// where nothing varies. order-flow has the same of all channels, for more time.
  double scale = 0;
  double contribution = std::numeric_limits<double>::quiet_NaN();  ///< see order_contribution.h, summed over pixels
};

/// Measures all gates and states; with `maps` keeps the map of mean magnitudes too.
Probe order_figures_probe(bool maps);
/// The gates' contributions; with `maps` by pixel too.
Probe order_contribution_figures_probe(bool maps);

/// Which of a pass' probes is which.
inline constexpr std::size_t kOrdersProbe = 0, kContributionProbe = 1, kCamProbe = 2;

/// Of image n; NaN where the tap did not pass.
OrderFigures read_order_figures(const Trace& trace, std::size_t probe, const std::string& tap, std::int64_t n,
                                const BlockInfo& block);
double read_order_contribution(const Trace& trace, std::size_t probe, const std::string& tap, std::int64_t n);
std::optional<Map> read_order_map(const Trace& trace, std::size_t probe, const std::string& tap, std::int64_t n);
std::optional<Map> read_contribution_map(const Trace& trace, std::size_t probe, const std::string& tap, std::int64_t n);

/// Prediction, confidence, entropy, and with a label its rank, probability and loss, from logits [classes]. Logits that
/// are not finite: no prediction but a note.
void add_scores(const at::Tensor& logits, StoredResult& result);

/// "low", "high", "mean"; of the positive part: "positive" (share of pixels), "area" (share of pixels above half the
/// largest value), "entropy" (as spatial_entropy, of the values), "x" and "y" (centre of mass, 0 to 1 from the left and
/// the top); NaN where nothing is positive.
std::vector<Number> map_figures(const Map& map);

}  // namespace orderscope
