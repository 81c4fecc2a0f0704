// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/plate.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <functional>

#include "widgets/figure/custom_plot.h"
#include "widgets/figure/plate_parts.h"

namespace orderscope {
namespace {

constexpr double kMargin = 4 * kPoint;
constexpr double kGap = 12 * kPoint;     // between panels of a line
constexpr double kLineGap = 9 * kPoint;  // between lines of panels

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

/// Panels above each other.
struct Column {
  double share = 1, width = 0, height = 0;
  std::vector<const PlatePanel*> panels;
};

/// Columns beside each other; the last may have several panels, the others one.
struct Line {
  std::vector<Column> columns;
  double height = 0;
};

/// Where everything goes, in plate units from the upper left corner of the contents.
class Layout {
 public:
  Layout(const Plate& plate, const PlatePainter& parts) : plate_(plate), parts_(parts), panels_(panels_of(plate)) {
    width_ = plate.width_mm * kPointsPerMm * kPoint - 2 * kMargin;
    double used = 2;
    for (const PlatePanel& panel : panels_) {
      constexpr double kRounding = 1e-3;  // three thirds must fit
      const double share = share_of(panel);
      if (used + share > 1 + kRounding) {
        if (!lines_.empty() && put_under(lines_.back(), panel, share - kRounding)) {
          used = 2;
          continue;
        }
        lines_.emplace_back();
        used = 0;
      }
      used += share;
      lines_.back().columns.push_back({.share = share, .panels = {&panel}});
      measure(lines_.back());
    }
  }

  /// Of the plate's width: in one column half of it would be too little for a plot with its letters.
  double share_of(const PlatePanel& panel) const {
    constexpr double kMaps = 40 * kPointsPerMm * kPoint, kPlot = 55 * kPointsPerMm * kPoint;
    const auto* table = std::get_if<TablePanel>(&panel.content);
    const double least = table                                              ? table_width(parts_, *table)
                         : std::holds_alternative<PanelGrid>(panel.content) ? kMaps
                                                                            : kPlot;
    return std::clamp(std::max(panel.width, least / width_), 0.05, 1.0);
  }

  double width() const { return width_; }
  const std::vector<Line>& lines() const { return lines_; }

  double head_height() const {
    double height = 0;
    if (!plate_.title.isEmpty()) height += PlateFonts::height(parts_.fonts.title);
    if (!plate_.subtitle.isEmpty()) height += PlateFonts::height(parts_.fonts.text);
    return height > 0 ? height + 5 * kPoint : 0;
  }

  double note_height(const QString& text) const {
    return QFontMetricsF(parts_.fonts.caption)
               .boundingRect(QRectF(0, 0, width_, 1e6), Qt::TextWordWrap, text)
               .height() +
           1 * kPoint;
  }

  double height() const {
    double height = head_height();
    for (const Line& line : lines_) height += line.height;
    height += kLineGap * std::max<double>(static_cast<double>(lines_.size()) - 1, 0);
    if (!plate_.footnotes.isEmpty()) height += kLineGap;
    for (const QString& note : plate_.footnotes) height += note_height(note);
    return height;
  }

 private:
  void measure(Line& line) const {
    line.height = 0;
    for (Column& column : line.columns) {
      column.width = (width_ - kGap * static_cast<double>(line.columns.size() - 1)) * column.share;
      column.height = part_height(parts_, *column.panels.front(), column.width);
      line.height = std::max(line.height, column.height);
    }
  }

  /// Under the last panel of the line, if there is room beside the others; hardly more than they take, at the most.
  bool put_under(Line& line, const PlatePanel& panel, double share) const {
    Column& last = line.columns.back();
    if (line.columns.size() < 2 || share > last.share) return false;
    double beside = 0;
    for (std::size_t i = 0; i + 1 < line.columns.size(); ++i) beside = std::max(beside, line.columns[i].height);
    const double height = last.height + kLineGap + part_height(parts_, panel, last.width);
    constexpr double kMore = 1.1;
    if (height > beside * kMore) return false;
    last.panels.push_back(&panel);
    last.height = height;
    line.height = std::max(line.height, height);
    return true;
  }

  const Plate& plate_;
  const PlatePainter& parts_;
  std::vector<PlatePanel> panels_;
  double width_ = 0;
  std::vector<Line> lines_;
};

/// The largest value that fits, to a thousandth of the range; `low` where none does.
double largest_fitting(double low, double high, const std::function<bool(double)>& fits) {
  if (fits(high)) return high;
  constexpr int kHalvings = 10;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (fits(middle) ? low : high) = middle;
  }
  return low;
}

/// Maps as large as a page allows, all to the same limit; where that is not enough, plots lower.
PlatePainter page_fitting(const Plate& plate) {
  PlatePainter parts(plate);
  constexpr double kSmallestTile = 13 * kPointsPerMm * kPoint, kLowestPlots = 0.6;
  constexpr double kPage = kPageHeightMm * kPointsPerMm * kPoint - 2 * kMargin - kPoint;  // whole points
  const auto fits = [&](double& size) {
    return [&](double value) {
      size = value;
      return Layout(plate, parts).height() <= kPage;
    };
  };
  parts.largest_tile = largest_fitting(kSmallestTile, parts.largest_tile, fits(parts.largest_tile));
  parts.plots = largest_fitting(kLowestPlots, 1, fits(parts.plots));
  return parts;
}

void paint_contents(QCPPainter& painter, PlatePainter& parts) {
  const Plate& plate = parts.plate;
  const Layout layout(plate, parts);
  double y = 0;
  if (!plate.title.isEmpty()) {
    painter.setFont(parts.fonts.title);
    painter.setPen(QPen(kInk));
    const double height = PlateFonts::height(parts.fonts.title);
    painter.drawText(QRectF(0, y, layout.width(), height), Qt::AlignLeft | Qt::AlignTop | Qt::TextSingleLine,
                     QFontMetricsF(parts.fonts.title).elidedText(plate.title, Qt::ElideRight, layout.width()));
    y += height;
  }
  if (!plate.subtitle.isEmpty()) {
    painter.setFont(parts.fonts.text);
    painter.setPen(QPen(kSecondary));
    painter.drawText(QRectF(0, y, layout.width(), PlateFonts::height(parts.fonts.text)),
                     Qt::AlignLeft | Qt::AlignTop | Qt::TextSingleLine,
                     QFontMetricsF(parts.fonts.text).elidedText(plate.subtitle, Qt::ElideRight, layout.width()));
  }
  y = layout.head_height();
  for (const Line& line : layout.lines()) {
    double x = 0;
    for (const Column& column : line.columns) {
      double top = y;
      for (const PlatePanel* panel : column.panels) {
        const double height = part_height(parts, *panel, column.width);
        paint_part(painter, parts, *panel, QRectF(x, top, column.width, height));
        top += height + kLineGap;
      }
      x += column.width + kGap;
    }
    y += line.height + kLineGap;
  }
  painter.setFont(parts.fonts.caption);
  painter.setPen(QPen(kSecondary));
  if (layout.lines().empty()) y += kLineGap;
  for (const QString& note : plate.footnotes) {
    const double height = layout.note_height(note);
    painter.drawText(QRectF(0, y, layout.width(), height), Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, note);
    y += height;
  }
}

}  // namespace

double PlatePainter::heading_height(const QString& title) const {
  return title.isEmpty() && !plate.letters ? 0 : PlateFonts::height(fonts.letter) + 1 * kPoint;
}

double PlatePainter::paint_heading(QCPPainter& painter, QPointF at, double width, const QString& title,
                                   const QString& subtitle) {
  const double height = heading_height(title);
  if (height == 0) return 0;
  const double baseline = at.y() + QFontMetricsF(fonts.letter).ascent();
  double x = at.x();
  const double right = at.x() + width;
  const auto write = [&](const QFont& font, const QColor& color, const QString& text, double gap) {
    if (text.isEmpty() || x >= right) return;
    painter.setFont(font);
    painter.setPen(QPen(color));
    painter.drawText(QPointF(x, baseline), QFontMetricsF(font).elidedText(text, Qt::ElideRight, right - x));
    x += PlateFonts::width(font, text) + gap;
  };
  if (plate.letters) write(fonts.letter, kInk, panel_letter(letter++), 0.6 * plate.font_pt * kPoint);
  write(fonts.heading, kInk, title, 0.7 * plate.font_pt * kPoint);
  write(fonts.caption, kSecondary, subtitle, 0);
  return height;
}

double part_height(const PlatePainter& parts, const PlatePanel& panel, double width) {
  const double heading = parts.heading_height(panel.title);
  return std::visit(Overloaded{[&](const PanelGrid& grid) {
                                 return (panel.title.isEmpty() ? 0 : PlateFonts::height(parts.fonts.heading)) +
                                        maps_height(parts, grid, width);
                               },
                               [&](const PlotPanel& plot) { return heading + plot_height(parts, plot, width); },
                               [&](const MatrixPanel& matrix) { return heading + matrix_height(parts, matrix, width); },
                               [&](const TablePanel& table) { return heading + table_height(parts, table, width); }},
                    panel.content);
}

void paint_part(QCPPainter& painter, PlatePainter& parts, const PlatePanel& panel, const QRectF& area) {
  painter.save();
  if (const auto* grid = std::get_if<PanelGrid>(&panel.content)) {
    double top = 0;
    if (!panel.title.isEmpty()) {
      painter.setFont(parts.fonts.heading);
      painter.setPen(QPen(kInk));
      top = PlateFonts::height(parts.fonts.heading);
      painter.drawText(QRectF(area.left(), area.top(), area.width(), top), Qt::AlignLeft | Qt::AlignTop,
                       QFontMetricsF(parts.fonts.heading).elidedText(panel.title, Qt::ElideRight, area.width()));
    }
    paint_maps(painter, parts, *grid, area.adjusted(0, top, 0, 0));
  } else {
    const double top = parts.paint_heading(painter, area.topLeft(), area.width(), panel.title, {});
    const QRectF body = area.adjusted(0, top, 0, 0);
    std::visit(
        Overloaded{[](const PanelGrid&) {}, [&](const PlotPanel& plot) { paint_plot(painter, parts, plot, body); },
                   [&](const MatrixPanel& matrix) { paint_matrix(painter, parts, matrix, body); },
                   [&](const TablePanel& table) { paint_table(painter, parts, table, body); }},
        panel.content);
  }
  painter.restore();
}

std::vector<PlatePanel> panels_of(const Plate& plate) {
  std::vector<PlatePanel> panels;
  if (!plate.grid.empty()) panels.push_back({{}, plate.grid_width, plate.grid, {}});
  panels.insert(panels.end(), plate.panels.begin(), plate.panels.end());
  return panels;
}

QSizeF plate_size(const Plate& plate) {
  const PlatePainter parts = page_fitting(plate);
  const double height = Layout(plate, parts).height() + 2 * kMargin;
  return {plate.width_mm * kPointsPerMm, std::ceil(height / kPoint)};
}

double plate_height_mm(const Plate& plate) { return plate_size(plate).height() / kPointsPerMm; }

QString page_warning(const Plate& plate) {
  const double height = plate_height_mm(plate);
  if (height <= kPageHeightMm) return {};
  return QCoreApplication::translate("Plate", "%1 mm tall, more than a page (%2 mm): leave panels out or make it wider")
      .arg(height, 0, 'f', 0)
      .arg(kPageHeightMm, 0, 'f', 0);
}

void paint_plate(QCPPainter& painter, const Plate& plate) {
  painter.save();
  painter.fillRect(QRectF(QPointF(0, 0), plate_size(plate)), Qt::white);
  painter.setRenderHint(QPainter::LosslessImageRendering);
  painter.scale(1 / kPoint, 1 / kPoint);
  painter.translate(kMargin, kMargin);
  PlatePainter parts = page_fitting(plate);
  paint_contents(painter, parts);
  painter.restore();
}

}  // namespace orderscope
