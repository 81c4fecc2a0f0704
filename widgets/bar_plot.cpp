// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/bar_plot.h"

#include <QKeyEvent>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "widgets/figure/custom_plot.h"
#include "widgets/figure/format.h"
#include "widgets/plot_style.h"

namespace orderscope {
namespace {

constexpr double kBarWidth = 0.84;  // of the distance between bars
constexpr double kEdge = 0.6;       // room beside the first and the last one, in bars

}  // namespace

BarPlot::BarPlot(QWidget* parent) : QWidget(parent), plot_(new QCustomPlot(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(plot_);
  plot_->setMouseTracking(true);
  plot_->installEventFilter(this);
  plot_->setFocusPolicy(Qt::NoFocus);
  setFocusPolicy(Qt::StrongFocus);
  setMinimumHeight(110);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
}

QSize BarPlot::sizeHint() const { return {260, 150}; }

void BarPlot::set_bars(std::vector<BarSeries> series, QStringList names, const Axes& axes) {
  series_ = std::move(series);
  names_ = std::move(names);
  axes_ = axes;
  current_ = std::min(current_, static_cast<int>(names_.size()) - 1);
  if (marked_ && *marked_ >= names_.size()) marked_.reset();
  setAccessibleName(tr("%1 over %2").arg(axes.y_label, axes.x_label));
  rebuild();
}

void BarPlot::set_marked(std::optional<int> bar) {
  if (bar && (*bar < 0 || *bar >= names_.size())) bar.reset();
  if (bar == marked_) return;
  marked_ = bar;
  rebuild();
}

double BarPlot::spacing() const {
  if (!axes_.numbers || names_.isEmpty()) return 1;
  return (axes_.numbers->second - axes_.numbers->first) / static_cast<double>(names_.size());
}

double BarPlot::place_of(int bar) const { return axes_.numbers ? axes_.numbers->first + (bar + 0.5) * spacing() : bar; }

int BarPlot::bar_at(QPointF point) const {
  const QPointF inside = plot_->mapFrom(this, point.toPoint());
  if (!plot_->axisRect()->rect().contains(inside.toPoint())) return -1;
  const double x = plot_->xAxis->pixelToCoord(inside.x());
  const double place = axes_.numbers ? (x - axes_.numbers->first) / spacing() - 0.5 : x;
  const auto bar = static_cast<int>(std::lround(place));
  return bar >= 0 && bar < names_.size() ? bar : -1;
}

QPointF BarPlot::bar_center(int bar) const {
  const QRect area = plot_->axisRect()->rect();
  return plot_->mapTo(this, QPointF(plot_->xAxis->coordToPixel(place_of(bar)), area.center().y()).toPoint());
}

void BarPlot::rebuild() {
  plot_->clearPlottables();
  plot_->clearItems();
  plot_->setBackground(palette().brush(QPalette::Base));
  for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) style_axis(*axis, *this);
  plot_->xAxis->grid()->setVisible(false);
  plot_->xAxis->setLabel(axes_.x_label);
  plot_->yAxis->setLabel(axes_.y_label);
  plot_->yAxis->ticker()->setTickCount(std::clamp(plot_->height() / 40, 2, 5));
  plot_->yAxis->setNumberFormat(QStringLiteral("gbc"));
  plot_->yAxis->setNumberPrecision(4);
  QCPBars* below = nullptr;
  QVector<double> places;
  for (int i = 0; i < names_.size(); ++i) places << place_of(i);
  std::vector<double> heights(static_cast<std::size_t>(names_.size()), 0.0);
  for (const BarSeries& one : series_) {
    auto* bars = new QCPBars(plot_->xAxis, plot_->yAxis);
    bars->setWidth(kBarWidth * spacing());
    bars->setPen(Qt::NoPen);
    bars->setBrush(one.color);
    bars->setName(one.name);
    QVector<double> values;
    for (std::size_t i = 0; i < heights.size(); ++i) {
      const double value = i < one.values.size() && std::isfinite(one.values[i]) ? one.values[i] : 0;
      values << value;
      heights[i] += value;
    }
    bars->setData(places, values, true);
    if (below) bars->moveAbove(below);
    below = bars;
  }
  const auto count = static_cast<double>(names_.size());
  if (axes_.numbers)
    plot_->xAxis->setRange(axes_.numbers->first, axes_.numbers->second);
  else
    plot_->xAxis->setRange(-kEdge, std::max(count, 1.0) - 1 + kEdge);
  const double highest = heights.empty() ? 0 : *std::ranges::max_element(heights);
  plot_->yAxis->setRange(0, axes_.high > 0 ? axes_.high : std::max(1.05 * highest, 1e-12));

  // As much of each name as its bar has room for; a letter or two would say nothing.
  constexpr double kAxis = 60, kLeastName = 30;
  const QFontMetricsF metrics(plot_->xAxis->tickLabelFont());
  const double room = names_.isEmpty() ? 0 : (plot_->width() - kAxis) / count - 4;
  const bool named = !axes_.numbers && room >= kLeastName;
  plot_->xAxis->setTickLabels(named || axes_.numbers);
  plot_->xAxis->setTicks(named || axes_.numbers);
  if (named) {
    auto ticker = QSharedPointer<QCPAxisTickerText>::create();
    for (int i = 0; i < names_.size(); ++i) ticker->addTick(i, metrics.elidedText(names_[i], Qt::ElideRight, room));
    plot_->xAxis->setTicker(ticker);
  } else {
    plot_->xAxis->setTicker(QSharedPointer<QCPAxisTicker>::create());
  }
  const auto frame = [&](int bar, const QColor& color) {
    add_frame(*plot_, place_of(bar) - spacing() / 2, place_of(bar) + spacing() / 2, color);
  };
  if (marked_) frame(*marked_, palette().color(QPalette::Active, QPalette::Highlight));
  if (hasFocus() && current_ >= 0) frame(current_, palette().color(QPalette::PlaceholderText));
  setAccessibleDescription(current_ >= 0 ? text_of(current_) : QString());
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

QString BarPlot::text_of(int bar) const {
  if (bar < 0 || bar >= names_.size()) return {};
  QStringList lines{names_[bar]};
  for (const BarSeries& one : series_)
    if (static_cast<std::size_t>(bar) < one.values.size())
      lines << QStringLiteral("%1: %2").arg(one.name, value_text(one.values[static_cast<std::size_t>(bar)]));
  return lines.join('\n');
}

bool BarPlot::eventFilter(QObject* object, QEvent* event) {
  if (object == plot_ && (event->type() == QEvent::MouseMove || event->type() == QEvent::MouseButtonPress)) {
    const auto* mouse = static_cast<QMouseEvent*>(event);
    const int bar = bar_at(plot_->mapTo(this, mouse->position().toPoint()));
    if (event->type() == QEvent::MouseMove) {
      plot_->setToolTip(text_of(bar));
      plot_->setCursor(bar >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
    } else if (mouse->button() == Qt::LeftButton && bar >= 0) {
      current_ = bar;
      Q_EMIT bar_chosen(bar);
    }
  }
  if (object == plot_ && event->type() == QEvent::Resize && !names_.isEmpty()) rebuild();
  return QWidget::eventFilter(object, event);
}

void BarPlot::keyPressEvent(QKeyEvent* event) {
  const int step = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
  if (step != 0 && !names_.isEmpty()) {
    current_ = std::clamp(current_ + step, 0, static_cast<int>(names_.size()) - 1);
    return rebuild();
  }
  if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && current_ >= 0) {
    Q_EMIT bar_chosen(current_);
    return;
  }
  QWidget::keyPressEvent(event);
}

void BarPlot::focusInEvent(QFocusEvent* event) {
  QWidget::focusInEvent(event);
  rebuild();
}

void BarPlot::focusOutEvent(QFocusEvent* event) {
  QWidget::focusOutEvent(event);
  rebuild();
}

void BarPlot::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) rebuild();
  QWidget::changeEvent(event);
}

}  // namespace orderscope
