// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/curve_plot.h"

#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "widgets/figure/custom_plot.h"
#include "widgets/figure/format.h"
#include "widgets/plot_style.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr double kLogFloor = 1e-12;  // under it a share is float64 rounding

/// Ends with the curves: what lies beyond is room for their names.
class CurveTicker : public QCPAxisTicker {
 public:
  explicit CurveTicker(double last) : last_(last) {}

 protected:
  QVector<double> createTickVector(double step, const QCPRange& range) override {
    constexpr double kRounding = 1e-6;
    QVector<double> ticks = QCPAxisTicker::createTickVector(step, range);
    ticks.removeIf([&](double tick) { return tick > last_ + kRounding * step; });
    return ticks;
  }

 private:
  double last_;
};

QVector<double> vector_of(const std::vector<double>& values, bool log_y) {
  QVector<double> result;
  for (const double value : values) result << (log_y ? std::max(value, kLogFloor) : value);
  return result;
}

}  // namespace

CurvePlot::CurvePlot(QWidget* parent) : QWidget(parent), plot_(new QCustomPlot(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(plot_);
  plot_->setMouseTracking(true);
  plot_->installEventFilter(this);
  plot_->setFocusPolicy(Qt::NoFocus);
  plot_->setNoAntialiasingOnDrag(false);
  setMinimumHeight(120);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
}

QSize CurvePlot::sizeHint() const { return {260, 210}; }

void CurvePlot::set_curves(const std::vector<PlottedCurve>& curves, const QString& x_label, const QString& y_label,
                           bool log_y, double low, double high) {
  curves_ = curves;
  x_label_ = x_label;
  y_label_ = y_label;
  log_y_ = log_y;
  low_ = low;
  high_ = high;
  QStringList names;
  for (const PlottedCurve& curve : curves) names << curve.name;
  setAccessibleName(tr("%1 over %2").arg(y_label, x_label));
  setAccessibleDescription(names.join(QStringLiteral(", ")));
  rebuild();
}

void CurvePlot::style_axes() {
  plot_->setBackground(palette().brush(QPalette::Base));
  for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) style_axis(*axis, *this);
  plot_->xAxis->grid()->setVisible(false);
  plot_->xAxis->setLabel(x_label_);
  plot_->yAxis->setLabel(y_label_);
  if (log_y_) {
    plot_->yAxis->setScaleType(QCPAxis::stLogarithmic);
    plot_->yAxis->setTicker(QSharedPointer<QCPAxisTickerLog>::create());
    plot_->yAxis->setNumberFormat(QStringLiteral("ebc"));
    plot_->yAxis->setNumberPrecision(0);
  } else {
    plot_->yAxis->setScaleType(QCPAxis::stLinear);
    plot_->yAxis->setTicker(QSharedPointer<QCPAxisTicker>::create());
    plot_->yAxis->setNumberFormat(QStringLiteral("gbc"));
    plot_->yAxis->setNumberPrecision(3);
  }
}

void CurvePlot::add_curve(const PlottedCurve& curve) {
  const QVector<double> x(curve.x.begin(), curve.x.end());
  if (curve.low.size() == curve.x.size() && !curve.x.empty()) {
    QCPGraph* lower = plot_->addGraph();
    lower->setData(x, vector_of(curve.low, log_y_));
    lower->setPen(Qt::NoPen);
    QCPGraph* upper = plot_->addGraph();
    upper->setData(x, vector_of(curve.high, log_y_));
    upper->setPen(Qt::NoPen);
    QColor band = curve.color;
    band.setAlphaF(0.16F);
    upper->setBrush(band);
    upper->setChannelFillGraph(lower);
  }
  QCPGraph* graph = plot_->addGraph();
  graph->setName(curve.name);
  graph->setData(x, vector_of(curve.y, log_y_));
  graph->setPen(QPen(curve.color, 1.8, curve.dashed ? Qt::DashLine : Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  if (curve.x.size() <= 40) graph->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, curve.color, 4));
}

void CurvePlot::rebuild() {
  plot_->clearGraphs();
  plot_->clearItems();
  style_axes();
  for (const PlottedCurve& curve : curves_) add_curve(curve);
  plot_->rescaleAxes();
  if (low_ < high_)
    plot_->yAxis->setRange(low_, high_);
  else if (log_y_)
    plot_->yAxis->setRangeUpper(plot_->yAxis->range().upper * 2);
  else
    plot_->yAxis->scaleRange(1.08);
  place_labels();
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

// A line's name stands at its end, moved up or down where two would meet.
void CurvePlot::place_labels() {
  const QFontMetricsF metrics(small_font(font()));
  double widest = 0;
  for (const PlottedCurve& curve : curves_) widest = std::max(widest, metrics.horizontalAdvance(curve.name));
  const double plot_width = std::max(width() - 60.0, 80.0);
  const double share = std::min((widest + 10) / plot_width, 0.45);
  const QCPRange x = plot_->xAxis->range();
  plot_->xAxis->setRange(x.lower - x.size() * 0.02, x.lower + x.size() / (1 - share));
  plot_->xAxis->setTicker(QSharedPointer<CurveTicker>::create(x.upper));

  std::vector<std::size_t> order(curves_.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto end_of = [&](std::size_t i) {
    const double y = curves_[i].y.empty() ? 0 : curves_[i].y.back();
    return log_y_ ? std::log10(std::max(y, kLogFloor)) : y;
  };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return end_of(a) < end_of(b); });
  const QCPRange y = plot_->yAxis->range();
  const double low = log_y_ ? std::log10(y.lower) : y.lower, high = log_y_ ? std::log10(y.upper) : y.upper;
  const double line = metrics.height() / std::max(height() - 50.0, 60.0) * (high - low);
  std::erase_if(order, [&](std::size_t i) { return curves_[i].x.empty() || curves_[i].name.isEmpty(); });
  std::vector<double> places;
  for (const std::size_t i : order)
    places.push_back(std::max(end_of(i), places.empty() ? low + line / 2 : places.back() + line));
  double highest = high - line / 2;
  for (auto place = places.rbegin(); place != places.rend() && *place > highest; ++place, highest -= line)
    *place = highest;
  QColor behind = palette().color(QPalette::Base);
  behind.setAlphaF(0.75F);
  for (std::size_t n = 0; n < order.size(); ++n) {
    const PlottedCurve& curve = curves_[order[n]];
    auto* label = new QCPItemText(plot_);
    label->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    label->position->setCoords(curve.x.back() + x.size() * 0.02, log_y_ ? std::pow(10, places[n]) : places[n]);
    label->setText(curve.name);
    label->setFont(small_font(font()));
    label->setColor(curve.color);
    label->setBrush(behind);  // a line that ends early has its name among the others
    label->setClipToAxisRect(false);
  }
}

void CurvePlot::read_out(double x) {
  QStringList lines;
  for (const PlottedCurve& curve : curves_) {
    if (curve.x.empty()) continue;
    const auto nearest = std::min_element(curve.x.begin(), curve.x.end(),
                                          [x](double a, double b) { return std::abs(a - x) < std::abs(b - x); });
    const auto i = static_cast<std::size_t>(nearest - curve.x.begin());
    lines << QStringLiteral("%1: %2 at %3").arg(curve.name, column_text(curve.y[i]), value_text(curve.x[i]));
  }
  plot_->setToolTip(lines.join('\n'));
}

bool CurvePlot::eventFilter(QObject* object, QEvent* event) {
  if (object == plot_ && event->type() == QEvent::MouseMove)
    read_out(plot_->xAxis->pixelToCoord(static_cast<QMouseEvent*>(event)->position().x()));
  if (object == plot_ && event->type() == QEvent::Resize && !curves_.empty()) rebuild();
  return QWidget::eventFilter(object, event);
}

void CurvePlot::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) rebuild();
  QWidget::changeEvent(event);
}

}  // namespace orderscope
