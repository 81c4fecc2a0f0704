// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QString>
#include <vector>

#include "app/gui/receptive_field_work.h"
#include "core/run/panel_result.h"
#include "widgets/curve_plot.h"
#include "widgets/figure/panel_grid.h"

namespace orderscope {

/// One measured field with the words that tell it from the others.
struct NamedField {
  QString name;        ///< "hornet-7x7, random weights": alone in a list
  QString short_name;  ///< "random weights", "order 2"; empty for the ordinary field
  QColor color;        ///< of its model
  bool control = false;
  const MeasuredField* field = nullptr;
  std::shared_ptr<const FieldSnapshot> seen;  ///< holds it
};

/// All fields that are there: a model's own, by order, with random weights, then those of the next model.
std::vector<NamedField> named_fields(const std::vector<ReceptiveFieldColumn>& columns);

/// "RepLKNet".
QString protocol_title(const FieldPlan& plan);
/// "own size", "1024 px, as published", "256 px".
QString size_text(const FieldPlan& plan);
/// "last block", "stage 2", "layers.2.blocks.1.norm1".
QString layer_text(const std::string& layer);
/// "log10(mean + 1), largest = 1": what the areas are measured on.
QString scale_text(const FieldPlan& plan);
QString quantity_title(FieldQuantity quantity, const FieldPlan& plan);

/// The squares of the areas that were reached, around the middle of the map.
std::vector<MapLine> square_lines(const MeasuredField& field);
/// Level lines around the least area that holds each share of the scaled map's sum; taken on means over blocks of
/// pixels, kLevelCells a side at most, as single pixels are noise.
std::vector<MapLine> level_lines(const MeasuredField& field);
inline constexpr int kLevelCells = 96;

enum class FieldLayout {
  Wide,  ///< a column a model, for print
  Tall,  ///< a row a model where that makes more rows than columns, for a page that is higher than wide
};

/// Models by the trained weights, each order, and random weights. (0, 0) of the common frame is the centre of the unit,
/// so that models of other sizes and strides meet at the same distance from it. A panel's context is its model's index.
PanelGrid receptive_field_grid(const ReceptiveFieldWork& work, const ReceptiveFieldSettings& settings,
                               FieldLayout layout = FieldLayout::Wide);

/// Over the distance in pixels: the mean over circles by its largest value, or the share within the radius. A curve
/// ends where nothing is left that the axis could show. `short_names`: "random weights" without its model, which the
/// colour tells.
std::vector<PlottedCurve> field_curves(const std::vector<NamedField>& fields, const ReceptiveFieldSettings& settings,
                                       bool short_names = false);
/// Of the axis of field_curves; low = high: as the curves want.
std::pair<double, double> curve_range(const std::vector<PlottedCurve>& curves, const ReceptiveFieldSettings& settings);
QString curve_label(const ReceptiveFieldSettings& settings);

/// A row a field: area ratios in percent, each with its interval, and the half-mass radius in pixels.
Table area_table(const std::vector<NamedField>& fields);

}  // namespace orderscope
