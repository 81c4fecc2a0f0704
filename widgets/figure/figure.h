// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/run/panel_run.h"
#include "widgets/figure/plate.h"

namespace orderscope {

/// The figure of a session, every panel that is shown computed or, if it is stored, read. Where the plan has no title,
/// the plate has the one that all its panels have. `session` names the sources. Errors: InvalidInput for a figure
/// without panels; those of PanelRunner::run and plate_panel_from_json.
Result<Plate> draw_figure(const SessionFile& session, PanelRunner& runner, const JobContext& job = {});

/// A panel with the words that belong around it.
struct DrawnPanel {
  PlatePanel panel;
  QString title, subtitle;
  QStringList notes;
  Provenance provenance;
};

/// What run_panel computed, or what a stored panel holds, as it is printed. Errors: Broken (names the field).
Result<DrawnPanel> draw_panel(const FigurePanelPlan& plan, const PanelResult& result);
Result<DrawnPanel> draw_stored_panel(const FigurePanelPlan& plan);

/// The figure of panels that were drawn already, those that the plan shows, in its order.
Plate compose_figure(const SessionFile& session, std::vector<DrawnPanel> panels);

/// Panels that are kept as numbers, for a page that cannot say how they are computed again.
std::vector<FigurePanelPlan> stored_panels(const Plate& plate);

}  // namespace orderscope
