// SPDX-License-Identifier: GPL-3.0-or-later
// What the receptive field page draws besides the maps: lines over them, curves and the table.
#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "app/gui/receptive_field_grid.h"
#include "widgets/figure/contours.h"
#include "widgets/figure/format.h"

namespace orderscope {
namespace {

constexpr double kLeastShown = 1e-6;  // of the largest value: where the axis of the profile ends at the latest

QString tr(const char* text) { return QCoreApplication::translate("ReceptiveFieldPage", text); }

QString percent(double threshold) { return tr("%1\u2009%").arg(std::lround(100 * threshold)); }

/// Means over blocks of pixels.
Map coarser(const Map& map, int cells) {
  const int step = std::max(1, (std::max(map.width, map.height) + cells - 1) / cells);
  if (step == 1) return map;
  Map result;
  result.width = (map.width + step - 1) / step;
  result.height = (map.height + step - 1) / step;
  result.values.resize(static_cast<std::size_t>(result.width) * result.height);
  for (int y = 0; y < result.height; ++y)
    for (int x = 0; x < result.width; ++x) {
      const int bottom = std::min((y + 1) * step, map.height), right = std::min((x + 1) * step, map.width);
      double sum = 0;
      for (int v = y * step; v < bottom; ++v)
        for (int u = x * step; u < right; ++u) sum += map.at(v, u);
      result.values[static_cast<std::size_t>(y) * result.width + x] =
          static_cast<float>(sum / ((bottom - y * step) * (right - x * step)));
    }
  return result;
}

/// The least value of those that together hold the share, the largest first; nothing if they have no sum.
std::optional<float> level_of(std::vector<float> values, double share) {
  std::sort(values.begin(), values.end(), std::greater<>());
  const double all = std::accumulate(values.begin(), values.end(), 0.0);
  double sum = 0;
  for (const float value : values)
    if ((sum += value) > share * all) return value;
  return std::nullopt;
}

QString interval_text(const AreaMeasure& measure) {
  if (!measure.has_interval) return QStringLiteral("–");
  if (!measure.low) return QStringLiteral("–");
  const QString low = column_text(100 * *measure.low);
  // In some of the resamplings the map does not hold the share.
  return measure.high ? QStringLiteral("%1–%2").arg(low, column_text(100 * *measure.high))
                      : QStringLiteral("≥\u2009%1").arg(low);
}

}  // namespace

std::vector<MapLine> square_lines(const MeasuredField& field) {
  std::vector<MapLine> lines;
  const Map& map = field.mean;
  for (const AreaMeasure& measure : field.ratios) {
    if (!measure.value) continue;
    const auto reach = static_cast<int>(measure.value->side / 2);
    const double left = std::max(map.width / 2 - reach, 0), right = std::min(map.width / 2 + reach + 1, map.width);
    const double top = std::max(map.height / 2 - reach, 0), bottom = std::min(map.height / 2 + reach + 1, map.height);
    QPolygonF square;
    for (const auto& [x, y] : {std::pair(left, top), {right, top}, {right, bottom}, {left, bottom}, {left, top}})
      square << QPointF(x / map.width, y / map.height);
    lines.push_back({square, percent(measure.threshold)});
  }
  return lines;
}

std::vector<MapLine> level_lines(const MeasuredField& field) {
  std::vector<MapLine> lines;
  const Map map = coarser(field.scaled, kLevelCells);
  for (const double threshold : kErfThresholds) {
    const auto level = level_of(map.values, threshold);
    if (!level) continue;
    // Just below the value, so that its own cell lies inside.
    auto found = contour_lines(map, std::nextafter(*level, -std::numeric_limits<float>::infinity()));
    const auto longest =
        std::max_element(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
    for (auto line = found.begin(); line != found.end(); ++line)
      lines.push_back({*line, line == longest ? percent(threshold) : QString()});
  }
  return lines;
}

std::vector<PlottedCurve> field_curves(const std::vector<NamedField>& fields, const ReceptiveFieldSettings& settings,
                                       bool short_names) {
  std::vector<PlottedCurve> curves;
  for (const NamedField& named : fields) {
    const RadialProfile& profile = named.field->profile;
    const Curve& source = settings.by_mass ? profile.mass : profile.mean;
    const double largest =
        settings.by_mass || source.y.empty() ? 1 : *std::max_element(source.y.begin(), source.y.end());
    if (!(largest > 0)) continue;
    PlottedCurve curve{short_names && !named.short_name.isEmpty() ? named.short_name : named.name, named.color, {}, {}};
    curve.dashed = named.control || named.field->order == 0;
    if (named.field->order) curve.color.setAlphaF(0.35F + 0.1F * static_cast<float>(std::min(*named.field->order, 6)));
    for (std::size_t i = 0; i < source.x.size(); ++i) {
      const double y = source.y[i] / largest;
      if (settings.log_profile && !settings.by_mass && !(y >= kLeastShown)) break;
      curve.x.push_back(source.x[i]);
      curve.y.push_back(y);
    }
    curves.push_back(std::move(curve));
  }
  return curves;
}

std::pair<double, double> curve_range(const std::vector<PlottedCurve>& curves, const ReceptiveFieldSettings& settings) {
  if (settings.by_mass || !settings.log_profile) return {0, 1.04};
  double least = 0.1;
  for (const PlottedCurve& curve : curves)
    for (const double y : curve.y) least = std::min(least, y);
  return {std::pow(10, std::floor(std::log10(least))), 1.6};
}

QString curve_label(const ReceptiveFieldSettings& settings) {
  return settings.by_mass ? tr("share of the gradient within") : tr("gradient by its largest value");
}

Table area_table(const std::vector<NamedField>& fields) {
  Table table;
  table.columns = {tr("model").toStdString()};
  for (const double threshold : kErfThresholds) {
    table.columns.push_back(percent(threshold).toStdString());
    table.columns.push_back(tr("95\u2009% interval").toStdString());
  }
  table.columns.push_back(tr("r½, px").toStdString());
  for (const NamedField& named : fields) {
    auto& row = table.rows.emplace_back();
    row.push_back({named.name.toStdString(), std::nullopt});
    for (const AreaMeasure& measure : named.field->ratios) {
      if (measure.value)
        row.push_back({column_text(100 * measure.value->ratio).toStdString(), 100 * measure.value->ratio});
      else
        row.push_back({tr("not reached").toStdString(), std::nullopt});
      row.push_back({interval_text(measure).toStdString(), std::nullopt});
    }
    const double radius = named.field->profile.half_mass_radius;
    row.push_back({column_text(radius).toStdString(), std::isfinite(radius) ? std::optional(radius) : std::nullopt});
  }
  return table;
}

}  // namespace orderscope
