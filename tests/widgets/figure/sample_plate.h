// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>

#include "core/image/overlay.h"
#include "widgets/figure/plate.h"

namespace orderscope::test {

/// side x side values around 0 with a phase.
inline std::shared_ptr<Map> wave(int side, double phase, bool is_signed) {
  auto map = std::make_shared<Map>();
  map->height = map->width = side;
  map->is_signed = is_signed;
  map->unit = "a.u.";
  map->provenance.method = "wave";
  map->provenance.layer = "stages.2.3";
  map->provenance.parameters["phase"] = std::to_string(phase);
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      const double value = std::sin(phase + 6.0 * x / side) * std::cos(4.0 * y / side);
      map->values.push_back(static_cast<float>(is_signed ? value : value * value));
    }
  return map;
}

inline PanelGroup wave_group(const QString& title, int count, bool is_signed) {
  PanelGroup group;
  group.title = title;
  group.subtitle = QStringLiteral("depthwise 7 × 7");
  group.relative = !is_signed;
  std::vector<const Map*> maps;
  for (int k = 1; k <= count; ++k) {
    MapPanel panel;
    panel.map = wave(14, k, is_signed);
    panel.scale = scale_for(*panel.map);
    panel.name = QStringLiteral("%1 %2").arg(title).arg(k);
    panel.label = QStringLiteral("order %1").arg(k);
    maps.push_back(panel.map.get());
    group.panels.push_back(std::move(panel));
  }
  group.bar = scale_for(maps);
  return group;
}

inline QImage photo(int side) {
  QImage image(side, side, QImage::Format_RGB32);
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) image.setPixel(x, y, qRgb(x * 255 / side, y * 255 / side, (x * y) % 256));
  return image;
}

inline PanelGrid wave_grid() {
  PanelGrid grid;
  grid.photo = photo(112);
  grid.rows = {{wave_group(QStringLiteral("gate"), 3, false)}, {wave_group(QStringLiteral("contribution"), 3, true)}};
  return grid;
}

inline PlotPanel wave_plot() {
  PlotPanel plot;
  plot.x_label = QStringLiteral("pixels removed (%)");
  plot.y_label = QStringLiteral("probability");
  const QStringList names{QStringLiteral("HorNet"), QStringLiteral("Swin"), QStringLiteral("ConvNeXt")};
  for (int i = 0; i < 3; ++i) {
    PlotLine line;
    line.name = names[i];
    line.dashed = i == 2;
    for (int x = 0; x <= 100; x += 5) {
      line.x.push_back(x);
      line.y.push_back(std::exp(-x / (20.0 + 8 * i)));
      if (i == 0) {
        line.low.push_back(line.y.back() * 0.85);
        line.high.push_back(line.y.back() * 1.1);
      }
    }
    plot.lines.push_back(std::move(line));
  }
  return plot;
}

inline PlotPanel wave_bars() {
  PlotPanel plot;
  plot.y_label = QStringLiteral("share of energy");
  for (int block = 0; block < 8; ++block) plot.categories << QStringLiteral("%1.%2").arg(block / 3).arg(block % 3);
  for (int order = 1; order <= 3; ++order) {
    PlotBars bars{QStringLiteral("order %1").arg(order), {}, {}};
    for (int block = 0; block < 8; ++block) bars.values.push_back(order / 6.0);
    plot.bars.push_back(std::move(bars));
  }
  return plot;
}

inline MatrixPanel wave_matrix() {
  MatrixPanel panel;
  panel.matrix.name = "CKA";
  for (int r = 0; r < 6; ++r) panel.matrix.rows.push_back("stages." + std::to_string(r));
  for (int c = 0; c < 8; ++c) panel.matrix.columns.push_back("layers." + std::to_string(c));
  for (int r = 0; r < 6; ++r)
    for (int c = 0; c < 8; ++c) panel.matrix.values.push_back(std::exp(-std::abs(r - c * 0.75)));
  panel.scale = {Colormap::Viridis, 0, 1};
  panel.row_title = QStringLiteral("HorNet");
  panel.column_title = QStringLiteral("Swin");
  return panel;
}

inline TablePanel wave_table() {
  TablePanel panel;
  panel.table.columns = {"class", "probability"};
  panel.table.rows = {{{"tabby, \"tiger\" <cat>", {}}, {"0.912", 0.9123456789}}, {{"lynx", {}}, {"0.034", 0.034}}};
  return panel;
}

/// Every kind of panel.
inline Plate sample_plate() {
  Plate plate;
  plate.title = QStringLiteral("Orders & shares of a gnConv");
  plate.subtitle = QStringLiteral("hornet-7x7 · stages.2.3");
  plate.footnotes = {QStringLiteral("What was computed, on which files.")};
  plate.grid = wave_grid();
  plate.panels = {{QStringLiteral("Deletion"), 0.5, wave_plot(), {}},
                  {QStringLiteral("Energy by order"), 0.5, wave_bars(), {}},
                  {QStringLiteral("Similarity"), 0.6, wave_matrix(), {}},
                  {QStringLiteral("Scores"), 0.4, wave_table(), {}}};
  plate.sources = {{"models", {{{"file", "hornet.pth"}, {"sha256", "00ff"}}}}};
  return plate;
}

}  // namespace orderscope::test
