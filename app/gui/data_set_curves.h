// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <vector>

#include "app/gui/data_set_settings.h"
#include "app/gui/data_set_work.h"
#include "widgets/curve_plot.h"

namespace orderscope {

inline constexpr int kDepthQuantities = 5;
QString depth_title(DepthQuantity quantity);
QString depth_label(DepthQuantity quantity);  ///< of the axis, with its unit

/// A line an order over the blocks that have it, from the first to the last; mean over images. Empty where a model has
/// no orders, or the figure is not kept.
std::vector<PlottedCurve> depth_curves(const std::vector<BatchFigure>& figures, const std::vector<double>& means,
                                       DepthQuantity quantity);
/// Top-1 accuracy without an order: a line a scope of the ablation, starting at what it is with all of them.
std::vector<PlottedCurve> ablation_curves(const DataSetCharts& charts);

/// Share of right predictions among those with a class; NaN without any.
double accuracy(const BatchQuery::Tally& tally);

/// See model_color.
QColor okabe_ito(std::size_t index);

}  // namespace orderscope
