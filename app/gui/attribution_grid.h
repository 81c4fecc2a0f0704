// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QString>
#include <string>
#include <vector>

#include "app/gui/attribution_settings.h"
#include "app/gui/attribution_work.h"
#include "widgets/figure/panel_grid.h"

namespace orderscope {

/// A layer of the grid in a model.
struct AttributionRow {
  std::string name;  ///< as the settings have it: "stage.2", "last", or a tap
  std::string tap;
  QString title, detail;
};

/// What a model's rows are: names that it lacks as stages are left out, and those of a tap that is there already.
std::vector<AttributionRow> attribution_rows(const Model& model, const AttributionSettings& settings);
/// The tap that a name of the settings means, other than "levels".
std::string tap_named(const Model& model, const std::string& layer);
/// Whether a model can be explained by a method: a segmenter or detector is by those that share passes.
bool explains(const MethodDescriptor& method, const Model& model);
/// "stage 2", "usual layer", "P3", or a tap.
QString layer_title(const std::string& layer);

/// The chosen methods that exist, in the order of menus; with a layer or without.
std::vector<const MethodDescriptor*> chosen_methods(const AttributionSettings& settings);
/// What belongs to a method wherever it is drawn.
QColor method_color(const AttributionSettings& settings, const std::string& method);

/// Every map of the grid, row by row, then those without a layer.
std::vector<AttributionRequest> attribution_requests(const Model& model, const AttributionSettings& settings);
/// The map that is looked at: of the first method and layer that there are if the chosen ones are not.
AttributionKey chosen_key(const Model& model, const AttributionSettings& settings);

/// The map of a cell that the grid shows, of a method with several the last, which is their sum; null while there is
/// none.
std::shared_ptr<const Map> shown_map(const AttributionCell* cell);

/// A column a method, a row a layer; and the methods that have none. Panels' contexts are texts of their keys.
PanelGrid attribution_grid(const AttributionWork& work, const Model& model, const AttributionSettings& settings,
                           const QImage& photo);
PanelGrid whole_network_grid(const AttributionWork& work, const AttributionSettings& settings, const QImage& photo);
/// All maps of one cell, in rows of at most four.
PanelGrid cell_grid(const AttributionWork& work, const AttributionKey& key, const AttributionSettings& settings,
                    const QImage& photo);

QString context_of(const AttributionKey& key);
AttributionKey key_of_context(const QString& context);

}  // namespace orderscope
