// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/gui/compare_settings.h"
#include "app/gui/compare_work.h"
#include "widgets/figure/panel_grid.h"

namespace orderscope {

/// "activation energy", "Grad-CAM", or a method's title.
QString quantity_title(const std::string& quantity);
/// What there is to choose from, in the order of the menu.
std::vector<std::string> compare_quantities();

/// The quantities that these settings show.
std::set<std::string> wanted_quantities(const CompareSettings& settings, const std::vector<CompareColumn>& columns);

/// A column a model; a row a stage, or a quantity at one stage, or the two layers that were opened.
PanelGrid compare_grid(const CompareWork& work, const CompareSettings& settings);

/// Whether both layers are there to be shown: a session may name models that are not open any more.
bool can_open(const CompareWork& work, const CompareLayers& layers);

/// The columns whose maps the divider shows, left and right of it.
std::pair<int, int> divided_columns(const CompareWork& work, const CompareSettings& settings);

/// The map of a column's block that the settings' quantity gives, at a stage or of one block; null where there is none.
SharedMap compare_map(const CompareColumn& column, const std::string& quantity, int stage);

/// The stages that the deepest model has.
int stage_count(const std::vector<CompareColumn>& columns);

}  // namespace orderscope
