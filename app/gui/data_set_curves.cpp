// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/data_set_curves.h"

#include <cmath>
#include <map>

#include "app/gui/data_set_charts.h"
#include "core/image/colormap.h"

namespace orderscope {
namespace {

struct DepthText {
  const char *quantity, *kind, *title, *label;
};

// In the order of DepthQuantity.
constexpr DepthText kDepths[] = {
    {"gate", "share", QT_TRANSLATE_NOOP("orderscope::DataSetChartsView", "energy of the gates"),
     QT_TRANSLATE_NOOP("orderscope::DataSetChartsView", "share of energy")},
    {"state", "share", QT_TRANSLATE_NOOP("orderscope::DataSetChartsView", "energy of the states"),
     QT_TRANSLATE_NOOP("orderscope::DataSetChartsView", "share of energy")},
    {"gate", "contribution", QT_TRANSLATE_NOOP("orderscope::DataSetChartsView", "contribution"),
     QT_TRANSLATE_NOOP("orderscope::DataSetChartsView", "contribution (logit)")},
    {"gate", "entropy", QT_TRANSLATE_NOOP("orderscope::DataSetChartsView", "spatial entropy"),
     QT_TRANSLATE_NOOP("orderscope::DataSetChartsView", "entropy (1: even)")},
    {"gate", "scale", QT_TRANSLATE_NOOP("orderscope::DataSetChartsView", "spatial scale"),
     QT_TRANSLATE_NOOP("orderscope::DataSetChartsView", "scale (pixels)")},
};

static_assert(std::size(kDepths) == kDepthQuantities);

}  // namespace

QString depth_title(DepthQuantity quantity) { return DataSetChartsView::tr(kDepths[static_cast<int>(quantity)].title); }

QString depth_label(DepthQuantity quantity) { return DataSetChartsView::tr(kDepths[static_cast<int>(quantity)].label); }

QColor okabe_ito(std::size_t index) {
  const Rgb rgb = model_color(index);
  return {rgb.r, rgb.g, rgb.b};
}

double accuracy(const BatchQuery::Tally& tally) {
  const std::int64_t labelled = tally.right + tally.wrong;
  return labelled > 0 ? static_cast<double>(tally.right) / static_cast<double>(labelled) : std::nan("");
}

std::vector<PlottedCurve> depth_curves(const std::vector<BatchFigure>& figures, const std::vector<double>& means,
                                       DepthQuantity quantity) {
  const DepthText& wanted = kDepths[static_cast<int>(quantity)];
  std::map<int, PlottedCurve> curves;
  std::string block;
  double depth = 0;
  for (std::size_t i = 0; i < figures.size() && i < means.size(); ++i) {
    const BatchFigure& figure = figures[i];
    if (figure.quantity != wanted.quantity || figure.kind != wanted.kind) continue;
    if (figure.block != block) {
      block = figure.block;
      ++depth;
    }
    if (!std::isfinite(means[i])) continue;
    PlottedCurve& curve = curves[figure.order];
    curve.x.push_back(depth);
    curve.y.push_back(means[i]);
  }
  std::vector<PlottedCurve> result;
  for (auto& [order, curve] : curves) {
    curve.name = DataSetChartsView::tr("order %1").arg(order);
    curve.color = okabe_ito(static_cast<std::size_t>(order - 1));
    result.push_back(std::move(curve));
  }
  return result;
}

std::vector<PlottedCurve> ablation_curves(const DataSetCharts& charts) {
  std::vector<PlottedCurve> curves;
  const double untouched = accuracy(charts.tallies.all);
  if (!charts.means || !std::isfinite(untouched)) return curves;
  std::string where;
  for (std::size_t i = 0; i < charts.figures.size() && i < charts.means->figures.size(); ++i) {
    const BatchFigure& figure = charts.figures[i];
    if (figure.quantity != "ablation" || figure.kind != "correct" || !std::isfinite(charts.means->figures[i])) continue;
    if (figure.block != where || curves.empty()) {
      where = figure.block;
      PlottedCurve curve;
      curve.name = QString::fromStdString(where);
      curve.color = okabe_ito(curves.size());
      curve.x = {0};
      curve.y = {untouched};
      curves.push_back(std::move(curve));
    }
    curves.back().x.push_back(figure.order);
    curves.back().y.push_back(charts.means->figures[i]);
  }
  return curves;
}

}  // namespace orderscope
