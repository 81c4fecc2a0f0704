// SPDX-License-Identifier: GPL-3.0-or-later
// The Compare page as a figure for print: its maps, and what stands beside them.
#include <algorithm>
#include <cmath>

#include "app/gui/compare_disagreement.h"
#include "app/gui/compare_grid.h"
#include "app/gui/compare_page.h"
#include "app/gui/compare_similarity.h"
#include "app/gui/compare_spectrum.h"
#include "app/gui/compare_work.h"
#include "app/gui/session.h"
#include "core/run/map_agreement.h"
#include "widgets/figure/format.h"
#include "widgets/map_grid.h"
#include "widgets/matrix_view.h"
#include "widgets/result_area.h"

namespace orderscope {
namespace {

constexpr double kHalf = 0.5, kThird = 0.333;

bool shows(const ResultArea& area) { return area.message().isEmpty(); }

Table::Cell number(double value, int digits) {
  if (!std::isfinite(value)) return {"–", std::nullopt};
  return {QString::number(value, 'f', digits).toStdString(), value};
}

/// Decades on a linear axis: what is left unexplained ranges over six of them.
PlotPanel spectrum_plot(const CurvePlot& plot, bool by_depth, int degree) {
  const auto decades = [](std::vector<double> values) {
    constexpr double kFloor = 1e-6;
    for (double& value : values) value = std::log10(std::max(value, kFloor));
    return values;
  };
  PlotPanel panel;
  panel.x_label = by_depth ? ComparePage::tr("depth, first to last block") : ComparePage::tr("degree");
  panel.y_label =
      by_depth ? ComparePage::tr("log10 unexplained at degree %1").arg(degree) : ComparePage::tr("log10 unexplained");
  for (const PlottedCurve& curve : plot.curves())
    panel.lines.push_back(
        {curve.name, curve.x, decades(curve.y), decades(curve.low), decades(curve.high), curve.color, curve.dashed});
  return panel;
}

Table predictions(const std::vector<CompareColumn>& columns) {
  Table table;
  table.columns = {ComparePage::tr("model").toStdString(), ComparePage::tr("class").toStdString(),
                   ComparePage::tr("probability").toStdString()};
  for (const CompareColumn& column : columns) {
    if (!column.compared || column.compared->scores().empty()) continue;
    const ClassScore& best = column.compared->scores().front();
    table.rows.push_back(
        {{column.name.toStdString(), std::nullopt}, {best.name, std::nullopt}, number(best.probability, 3)});
  }
  return table;
}

Table correlations(const QStringList& models, const std::vector<double>& values) {
  Table table;
  table.columns = {ComparePage::tr("maps of").toStdString(), ComparePage::tr("correlation").toStdString()};
  std::size_t pair = 0;
  for (qsizetype i = 0; i < models.size(); ++i)
    for (qsizetype j = i + 1; j < models.size() && pair < values.size(); ++j, ++pair)
      table.rows.push_back(
          {{(models[i] + QStringLiteral(" · ") + models[j]).toStdString(), std::nullopt}, number(values[pair], 2)});
  return table;
}

}  // namespace

/// The similarity matrix, the order spectra and where the models disagree, as far as they are there.
std::vector<PlatePanel> ComparePage::section_panels() const {
  std::vector<PlatePanel> panels;
  const auto add = [&](const QString& title, auto content, double width) {
    PlatePanel panel;
    panel.title = title;
    panel.width = width;
    panel.content = std::move(content);
    panels.push_back(std::move(panel));
  };
  if (const auto& similarity = work_->similarity(); similarity.found && shows(*similarity_->area())) {
    const auto& columns = work_->columns();
    const auto name = [&](int index) { return columns[static_cast<std::size_t>(index)].name; };
    add(tr("CKA, %1").arg(QString::fromStdString(similarity.found->estimator)),
        MatrixPanel{similarity_->matrix()->matrix(), similarity_->matrix()->scale(), name(similarity.a),
                    name(similarity.b)},
        kHalf);
  }
  if (shows(*spectrum_->area()) && !spectrum_->plot()->curves().empty())
    add(tr("Order spectrum"), spectrum_plot(*spectrum_->plot(), settings_.by_depth, settings_.degree), kHalf);
  if (!disagreement_->correlations().empty() && shows(*disagreement_->area())) {
    add({}, disagreement_->grid()->grid(), kThird);
    add(tr("Correlation of the maps"), TablePanel{correlations(disagreement_->models(), disagreement_->correlations())},
        kThird);
    add(tr("Most likely class"), TablePanel{predictions(work_->columns())}, kThird);
  }
  return panels;
}

Plate ComparePage::figure() const {
  Plate plate;
  plate.grid = grid_->grid();
  if (plate.grid.empty()) return plate;
  QStringList names;
  for (const CompareColumn& column : work_->columns()) names << column.name;
  plate.panels = section_panels();
  plate.title = names.join(QStringLiteral(" · "));
  plate.subtitle =
      settings_.rows == CompareRows::Stages ? quantity_title(settings_.quantity) : tr("several quantities");
  plate.subtitle += QStringLiteral("  ·  ") + file_name(session().image_path());
  const QString scale = settings_.scale == CompareScale::Shared   ? tr("one colour scale")
                        : settings_.scale == CompareScale::PerRow ? tr("one colour scale a row")
                                                                  : tr("one colour scale a map");
  plate.footnotes
      << tr("Maps of the last block of each stage; %1; the range under a map is that of its raw values.").arg(scale);
  QStringList weights;
  for (const CompareColumn& column : work_->columns())
    if (column.model)
      weights << QStringLiteral("%1 %2").arg(column.name, QString::fromStdString(column.model->sha256.substr(0, 16)));
  if (!weights.isEmpty()) plate.footnotes << tr("Weights, SHA-256: %1.").arg(weights.join(QStringLiteral("; ")));
  return plate;
}

}  // namespace orderscope
