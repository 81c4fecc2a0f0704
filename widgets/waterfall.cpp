// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/waterfall.h"

#include <QHelpEvent>
#include <QPainter>
#include <QStringList>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "widgets/figure/color_scale.h"
#include "widgets/figure/format.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr int kRed = 216, kBlue = 40;  // entries of the diverging table: strong, and apart from either theme's page
constexpr float kFaint = 0.3F;

QString signed_text(double value) { return (value > 0 ? QStringLiteral("+") : QString()) + column_text(value); }

}  // namespace

Waterfall::Waterfall(QWidget* parent) : QWidget(parent) { setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed); }

void Waterfall::set_bars(std::vector<WaterfallBar> bars, const QString& unit) {
  bars_ = std::move(bars);
  unit_ = unit;
  low_ = high_ = 0;
  QStringList lines;
  for (std::size_t i = 0; i < bars_.size(); ++i) {
    const auto [from, to] = span(i);
    for (const double end : {from, to}) {
      if (!std::isfinite(end)) continue;
      low_ = std::min(low_, end);
      high_ = std::max(high_, end);
    }
    lines << QStringLiteral("%1 %2").arg(bars_[i].name, signed_text(bars_[i].value));
  }
  setAccessibleDescription(lines.join(QStringLiteral(", ")));
  updateGeometry();
  update();
}

std::pair<double, double> Waterfall::span(std::size_t bar) const {
  if (bars_[bar].total) return {0, bars_[bar].value};
  double from = 0;
  for (std::size_t i = 0; i < bar; ++i)
    if (!bars_[i].total) from += bars_[i].value;
  return {from, from + bars_[bar].value};
}

int Waterfall::row_height() const { return QFontMetrics(small_font(font())).height() + kStep; }
QSize Waterfall::sizeHint() const {
  return {320, row_height() * static_cast<int>(std::max<std::size_t>(bars_.size(), 1))};
}
QSize Waterfall::minimumSizeHint() const { return {200, sizeHint().height()}; }

QRectF Waterfall::row_rect(std::size_t bar) const {
  return {0, static_cast<double>(bar) * row_height(), static_cast<double>(width()), static_cast<double>(row_height())};
}

QRectF Waterfall::plot_rect() const {
  const QFontMetricsF metrics(small_font(font()));
  double names = 0;
  for (const WaterfallBar& bar : bars_) names = std::max(names, metrics.horizontalAdvance(bar.name));
  const double values = metrics.horizontalAdvance(QStringLiteral("+0.00000"));
  const double left = std::min(names, width() * 0.4) + 2 * kStep;
  return {left, 0, std::max(width() - left - values - 2 * kStep, 20.0), static_cast<double>(height())};
}

double Waterfall::x_of(double value) const {
  const QRectF plot = plot_rect();
  const double extent = high_ - low_;
  return extent > 0 ? plot.left() + (value - low_) / extent * plot.width() : plot.left();
}

QRectF Waterfall::bar_rect(std::size_t bar) const {
  const auto [from, to] = span(bar);
  const QRectF row = row_rect(bar);
  if (!std::isfinite(from) || !std::isfinite(to)) return {x_of(0), row.top() + 3, 0, row.height() - 6};
  const double left = x_of(std::min(from, to)), right = x_of(std::max(from, to));
  return {left, row.top() + 3, std::max(right - left, 1.0), row.height() - 6};
}

void Waterfall::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const QFont names = small_font(font()), values = value_font(names);
  const QColor text = palette().color(QPalette::Text), line = palette().color(QPalette::Mid);
  const QRectF plot = plot_rect();
  painter.setPen(QPen(line, 1));
  painter.drawLine(QPointF(x_of(0), 0), QPointF(x_of(0), height()));
  for (std::size_t i = 0; i < bars_.size(); ++i) {
    const WaterfallBar& bar = bars_[i];
    const QRectF row = row_rect(i), shape = bar_rect(i);
    QColor color = bar.total ? palette().color(QPalette::Active, QPalette::Highlight)
                             : QColor::fromRgb(to_qrgb(table_of(Colormap::Diverging)[bar.value < 0 ? kBlue : kRed]));
    QColor ink = text;
    if (bar.faint) {
      color.setAlphaF(kFaint);
      ink = palette().color(QPalette::PlaceholderText);
    }
    painter.fillRect(shape, color);
    // Where this one ends the next begins.
    if (i + 1 < bars_.size() && std::isfinite(span(i).second)) {
      painter.setPen(QPen(line, 1));
      const double end = x_of(span(i).second);
      painter.drawLine(QPointF(end, shape.top()), QPointF(end, shape.bottom() + 6));
    }
    painter.setPen(ink);
    painter.setFont(names);
    painter.drawText(QRectF(0, row.top(), plot.left() - kStep, row.height()), Qt::AlignLeft | Qt::AlignVCenter,
                     QFontMetrics(names).elidedText(bar.name, Qt::ElideRight, static_cast<int>(plot.left()) - kStep));
    painter.setFont(values);
    painter.drawText(row, Qt::AlignRight | Qt::AlignVCenter, signed_text(bar.value));
  }
}

bool Waterfall::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip && !bars_.empty()) {
    const auto* help = static_cast<QHelpEvent*>(event);
    const auto row = static_cast<std::size_t>(std::max(help->pos().y(), 0) / row_height());
    if (row < bars_.size()) {
      const auto [from, to] = span(row);
      QToolTip::showText(help->globalPos(), tr("%1: %2 %3\nfrom %4 to %5")
                                                .arg(bars_[row].name, signed_text(bars_[row].value), unit_,
                                                     value_text(from), value_text(to)));
      return true;
    }
  }
  return QWidget::event(event);
}

}  // namespace orderscope
