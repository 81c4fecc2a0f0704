// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/image/ticks.h"
#include "widgets/figure/custom_plot.h"
#include "widgets/figure/plate_parts.h"

namespace orderscope {
namespace {

constexpr double kLineWidth = 0.9 * kPoint;
constexpr int kTicks = 5;

QColor color_of(const QColor& given, std::size_t index) {
  return given.isValid() ? given : QColor::fromRgb(to_qrgb(model_color(index)));
}

/// Grows to hold the finite ones of these values.
void include(std::optional<PlotRange>& range, const std::vector<double>& values) {
  constexpr double kLargest = 1e300;  // so that high - low is a number too
  for (const double value : values) {
    if (!(std::abs(value) < kLargest)) continue;
    if (!range) range = PlotRange{value, value};
    range->low = std::min(range->low, value);
    range->high = std::max(range->high, value);
  }
}

PlotRange with_extent(std::optional<PlotRange> range) {
  PlotRange result = range.value_or(PlotRange{0, 1});
  if (result.low < result.high) return result;
  const double half = result.low == 0 ? 1 : std::abs(result.low) * 0.5;
  return {result.low - half, result.high + half};
}

PlotRange x_range_of(const PlotPanel& plot) {
  if (plot.x_range) return with_extent(plot.x_range);
  if (!plot.bars.empty()) {
    std::size_t count = static_cast<std::size_t>(plot.categories.size());
    for (const PlotBars& bars : plot.bars) count = std::max(count, bars.values.size());
    return {-0.6, static_cast<double>(count) - 0.4};
  }
  std::optional<PlotRange> range;
  for (const PlotLine& line : plot.lines) include(range, line.x);
  return with_extent(range);
}

PlotRange y_range_of(const PlotPanel& plot) {
  if (plot.y_range) return with_extent(plot.y_range);
  std::optional<PlotRange> range;
  for (const PlotLine& line : plot.lines)
    for (const auto* values : {&line.y, &line.low, &line.high}) include(range, *values);
  std::vector<double> above, below;  // bars stand on each other, apart by sign
  for (const PlotBars& bars : plot.bars)
    for (std::size_t i = 0; i < bars.values.size(); ++i) {
      above.resize(std::max(above.size(), i + 1));
      below.resize(above.size());
      if (std::isfinite(bars.values[i])) (bars.values[i] >= 0 ? above : below)[i] += bars.values[i];
    }
  include(range, above);
  include(range, below);
  if (!plot.bars.empty()) include(range, {0});
  PlotRange result = with_extent(range);
  const double rim = 0.04 * (result.high - result.low);
  const bool on_zero = !plot.bars.empty();
  if (!(on_zero && result.low == 0)) result.low -= rim;
  if (!(on_zero && result.high == 0)) result.high += rim;
  return result;
}

/// The same ticks and signs as in the other figures.
QSharedPointer<QCPAxisTickerText> ticker(const PlotRange& range, QString& label) {
  auto result = QSharedPointer<QCPAxisTickerText>::create();
  const Ticks ticks = ticks_between(range.low, range.high, kTicks);
  for (std::size_t i = 0; i < ticks.values.size(); ++i)
    if (ticks.values[i] >= range.low && ticks.values[i] <= range.high)
      result->addTick(ticks.values[i], QString::fromStdString(ticks.labels[i]));
  if (ticks.exponent != 0) label += QStringLiteral(" (%1)").arg(QString::fromStdString(power_of_ten(ticks.exponent)));
  return result;
}

struct EndLabel {
  QString text;
  QColor color;
  double y = 0;
};

/// Labels at the right ends, moved apart where they would cover each other.
void spread(std::vector<EndLabel>& labels, double step, double top, double bottom) {
  std::stable_sort(labels.begin(), labels.end(), [](const EndLabel& a, const EndLabel& b) { return a.y < b.y; });
  for (std::size_t i = 0; i < labels.size(); ++i)
    labels[i].y = std::max(labels[i].y, i == 0 ? top : labels[i - 1].y + step);
  for (std::size_t i = labels.size(); i-- > 0;)
    labels[i].y = std::min(labels[i].y, i + 1 == labels.size() ? bottom : labels[i + 1].y - step);
}

class PlotDrawing {
 public:
  PlotDrawing(const PlatePainter& parts, const PlotPanel& panel, QSizeF size)
      : parts_(parts), panel_(panel), width_(static_cast<int>(size.width())), height_(static_cast<int>(size.height())) {
    plot_.setViewport(QRect(0, 0, width_, height_));
    plot_.setBackground(Qt::NoBrush);
    plot_.setAntialiasedElements(QCP::aeAll);
    plot_.plotLayout()->setMargins({});
    const PlotRange x = x_range_of(panel), y = y_range_of(panel);
    plot_.xAxis->setRange(x.low, x.high);
    plot_.yAxis->setRange(y.low, y.high);
    QString x_label = panel.x_label, y_label = panel.y_label;
    plot_.yAxis->setTicker(ticker(y, y_label));
    if (panel.categories.isEmpty())
      plot_.xAxis->setTicker(ticker(x, x_label));
    else
      plot_.xAxis->setTicker(category_ticker());
    style(*plot_.xAxis, x_label);
    style(*plot_.yAxis, y_label);
    plot_.axisRect()->setMinimumMargins({0, static_cast<int>(4 * kPoint), static_cast<int>(label_width()), 0});
    add_lines();
    add_bars();
  }

  void paint(QCPPainter& painter) {
    plot_.toPainter(&painter, width_, height_);
    // The plot leaves its last clip and pen behind.
    painter.setClipping(false);
    paint_labels(painter);
  }

 private:
  QSharedPointer<QCPAxisTickerText> category_ticker() const {
    auto result = QSharedPointer<QCPAxisTickerText>::create();
    double widest = 0;
    for (const QString& text : panel_.categories)
      widest = std::max(widest, PlateFonts::width(parts_.fonts.caption, text) + 3 * kPoint);
    const double room = width_ * 0.8 / std::max<double>(1, static_cast<double>(panel_.categories.size()));
    const int step = std::max(1, static_cast<int>(std::ceil(widest / room)));
    for (qsizetype i = 0; i < panel_.categories.size(); i += step)
      result->addTick(static_cast<double>(i), panel_.categories[i]);
    return result;
  }

  void style(QCPAxis& axis, const QString& label) {
    axis.setLabel(label);
    axis.setLabelFont(parts_.fonts.caption);
    axis.setTickLabelFont(parts_.fonts.caption);
    axis.setLabelColor(kInk);
    axis.setTickLabelColor(kSecondary);
    axis.setBasePen(QPen(kSecondary, kHairline));
    axis.setTickPen(QPen(kSecondary, kHairline));
    axis.setSubTicks(false);
    axis.setTickLength(0, static_cast<int>(2 * kPoint));
    axis.setTickLabelPadding(static_cast<int>(1.5 * kPoint));
    axis.setLabelPadding(static_cast<int>(1.5 * kPoint));
    axis.setPadding(0);
    axis.grid()->setPen(QPen(kRule, kHairline * 0.7));
    axis.grid()->setZeroLinePen(QPen(kSecondary, kHairline));
  }

  void add_lines() {
    for (std::size_t i = 0; i < panel_.lines.size(); ++i) {
      const PlotLine& line = panel_.lines[i];
      const QColor color = color_of(line.color, i);
      const auto graph = [&](const std::vector<double>& values) {
        QCPGraph* made = plot_.addGraph();
        const std::size_t count = std::min(line.x.size(), values.size());
        made->setData(QVector<double>(line.x.begin(), line.x.begin() + static_cast<std::ptrdiff_t>(count)),
                      QVector<double>(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count)), true);
        made->setAdaptiveSampling(false);  // all points, whatever the size
        return made;
      };
      if (!line.low.empty() && !line.high.empty()) {
        QCPGraph *low = graph(line.low), *high = graph(line.high);
        QColor fill = color;
        fill.setAlphaF(0.18F);
        for (QCPGraph* rim : {low, high}) rim->setPen(Qt::NoPen);
        high->setBrush(fill);
        high->setChannelFillGraph(low);
      }
      graph(line.y)->setPen(
          QPen(color, kLineWidth, line.dashed ? Qt::DashLine : Qt::SolidLine, Qt::FlatCap, Qt::RoundJoin));
    }
  }

  void add_bars() {
    QCPBars* below = nullptr;
    for (std::size_t i = 0; i < panel_.bars.size(); ++i) {
      const std::vector<double>& values = panel_.bars[i].values;
      // Bars without names over an axis of numbers divide it, as those of a histogram.
      const bool divide = panel_.x_range && panel_.categories.isEmpty() && !values.empty();
      const double first = divide ? panel_.x_range->low : -0.5;
      const double step = divide ? (panel_.x_range->high - first) / static_cast<double>(values.size()) : 1;
      auto* bars = new QCPBars(plot_.xAxis, plot_.yAxis);
      for (std::size_t k = 0; k < values.size(); ++k)
        if (std::isfinite(values[k])) bars->addData(first + (static_cast<double>(k) + 0.5) * step, values[k]);
      bars->setWidth(0.8 * step);
      bars->setPen(Qt::NoPen);
      bars->setBrush(color_of(panel_.bars[i].color, i));
      if (below != nullptr) bars->moveAbove(below);
      below = bars;
    }
  }

  double label_width() const {
    double width = 0;
    for (const PlotLine& line : panel_.lines)
      width = std::max(width, PlateFonts::width(parts_.fonts.caption, line.name));
    for (const PlotBars& bars : panel_.bars)
      width = std::max(width, PlateFonts::width(parts_.fonts.caption, bars.name));
    return width > 0 ? std::min(width, width_ * 0.4) + 4 * kPoint : 4 * kPoint;
  }

  void paint_labels(QCPPainter& painter) {
    const QFont& font = parts_.fonts.caption;
    const QFontMetricsF metrics(font);
    const QRect area = plot_.axisRect()->rect();
    std::vector<EndLabel> labels;
    for (std::size_t i = 0; i < panel_.lines.size(); ++i) {
      const PlotLine& line = panel_.lines[i];
      double last = std::nan("");
      for (std::size_t k = std::min(line.x.size(), line.y.size()); k-- > 0 && std::isnan(last);) last = line.y[k];
      if (line.name.isEmpty() || !std::isfinite(last)) continue;
      labels.push_back({line.name, color_of(line.color, i), plot_.yAxis->coordToPixel(last)});
    }
    // Bars: in the order in which they lie on each other, the lowest at the bottom.
    const auto count = static_cast<double>(panel_.bars.size());
    for (std::size_t i = 0; i < panel_.bars.size(); ++i)
      if (!panel_.bars[i].name.isEmpty())
        labels.push_back({panel_.bars[i].name, color_of(panel_.bars[i].color, i),
                          area.top() + (count - static_cast<double>(i)) * metrics.height() * 1.1});
    spread(labels, metrics.height(), area.top() + metrics.height() / 2, area.bottom());
    painter.setFont(font);
    const double left = area.right() + 3 * kPoint;
    for (const EndLabel& label : labels) {
      painter.setPen(QPen(label.color.darker(115)));
      painter.drawText(QPointF(left, label.y + metrics.ascent() / 2 - metrics.descent() / 2),
                       metrics.elidedText(label.text, Qt::ElideRight, width_ - left));
    }
  }

  const PlatePainter& parts_;
  const PlotPanel& panel_;
  int width_, height_;
  QCustomPlot plot_;
};

}  // namespace

double plot_height(const PlatePainter& parts, const PlotPanel& plot, double width) {
  const double least = 8 * PlateFonts::height(parts.fonts.caption);
  return std::clamp(width * plot.aspect * parts.plots, least, 170 * kPoint);
}

void paint_plot(QCPPainter& painter, const PlatePainter& parts, const PlotPanel& plot, const QRectF& area) {
  painter.save();
  painter.translate(area.topLeft());
  painter.setMode(QCPPainter::pmNoCaching);
  PlotDrawing(parts, plot, {area.width(), plot_height(parts, plot, area.width())}).paint(painter);
  painter.restore();
}

PlotPanel plot_of(const std::vector<Curve>& curves) {
  PlotPanel panel;
  for (const Curve& curve : curves) {
    panel.lines.push_back({QString::fromStdString(curve.name), curve.x, curve.y, curve.low, curve.high, {}, false});
    if (panel.x_label.isEmpty()) panel.x_label = QString::fromStdString(curve.x_label);
    if (panel.y_label.isEmpty()) panel.y_label = QString::fromStdString(curve.y_label);
  }
  // One line needs no name: the title says what it is.
  if (panel.lines.size() == 1) panel.lines[0].name.clear();
  return panel;
}

PlotPanel plot_of(QCustomPlot& plot) {
  PlotPanel panel;
  panel.x_label = plot.xAxis->label();
  panel.y_label = plot.yAxis->label();
  panel.x_range = PlotRange{plot.xAxis->range().lower, plot.xAxis->range().upper};
  panel.y_range = PlotRange{plot.yAxis->range().lower, plot.yAxis->range().upper};
  for (int i = 0; i < plot.plottableCount(); ++i) {
    const QCPAbstractPlottable* plottable = plot.plottable(i);
    if (!plottable->realVisibility()) continue;
    if (const auto* graph = qobject_cast<const QCPGraph*>(plottable)) {
      if (graph->pen().style() == Qt::NoPen) continue;  // the rim of a band
      PlotLine line{graph->name(), {}, {}, {}, {}, graph->pen().color(), graph->pen().style() != Qt::SolidLine};
      for (auto point = graph->data()->constBegin(); point != graph->data()->constEnd(); ++point) {
        line.x.push_back(point->key);
        line.y.push_back(point->value);
      }
      panel.lines.push_back(std::move(line));
    } else if (const auto* bars = qobject_cast<const QCPBars*>(plottable)) {
      PlotBars added{bars->name(), {}, bars->brush().color()};
      for (auto bar = bars->data()->constBegin(); bar != bars->data()->constEnd(); ++bar)
        added.values.push_back(bar->value);
      panel.bars.push_back(std::move(added));
    }
  }
  // A widget leaves room for names inside its axes, a plate beside them.
  if (panel.bars.empty()) panel.x_range.reset();
  if (const auto ticker = plot.xAxis->ticker().dynamicCast<QCPAxisTickerText>(); ticker && !panel.bars.empty()) {
    const QMap<double, QString> ticks = ticker->ticks();
    for (const QString& text : ticks) panel.categories << text;
    panel.x_range.reset();
  }
  return panel;
}

}  // namespace orderscope
