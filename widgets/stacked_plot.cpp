// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/stacked_plot.h"

#include <QKeyEvent>
#include <QStringList>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "widgets/figure/custom_plot.h"
#include "widgets/figure/format.h"
#include "widgets/plot_style.h"

namespace orderscope {
namespace {

constexpr double kGroupGap = 0.5, kColumnWidth = 0.86;  // of the distance between columns

}  // namespace

StackedPlot::StackedPlot(QWidget* parent) : QWidget(parent), plot_(new QCustomPlot(this)) {
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

QSize StackedPlot::sizeHint() const { return {260, 160}; }

void StackedPlot::set_columns(std::vector<StackedColumn> columns, const QString& y_label) {
  columns_ = std::move(columns);
  y_label_ = y_label;
  setAccessibleName(tr("%1 by block").arg(y_label));
  rebuild();
}

void StackedPlot::set_current(int column) {
  if (column == current_) return;
  current_ = column;
  rebuild();
}

double StackedPlot::place_of(int column) const {
  double place = 0;
  for (int i = 1; i <= column; ++i) {
    const auto at = static_cast<std::size_t>(i);
    place += columns_[at].group == columns_[at - 1].group ? 1 : 1 + kGroupGap;
  }
  return place;
}

int StackedPlot::column_at(QPointF point) const {
  const QPointF inside = plot_->mapFrom(this, point.toPoint());
  const double x = plot_->xAxis->pixelToCoord(inside.x());
  for (int i = 0; i < static_cast<int>(columns_.size()); ++i)
    if (std::abs(x - place_of(i)) <= 0.5) return i;
  return -1;
}

QPointF StackedPlot::column_center(int column) const {
  const QPointF inside(plot_->xAxis->coordToPixel(place_of(column)), plot_->yAxis->coordToPixel(0.5));
  return plot_->mapTo(this, inside.toPoint());
}

void StackedPlot::rebuild() {
  plot_->clearPlottables();
  plot_->clearItems();
  plot_->setBackground(palette().brush(QPalette::Base));
  for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) style_axis(*axis, *this);
  plot_->xAxis->grid()->setVisible(false);
  plot_->xAxis->setTickLabels(false);
  plot_->xAxis->setTicks(false);
  plot_->yAxis->setLabel(y_label_);
  std::size_t highest = 0;
  for (const StackedColumn& column : columns_) highest = std::max(highest, column.parts.size());
  QCPBars* below = nullptr;
  // A plottable has one colour: that of the part at this place in every column.
  for (std::size_t part = 0; part < highest; ++part) {
    auto* bars = new QCPBars(plot_->xAxis, plot_->yAxis);
    bars->setWidth(kColumnWidth);
    bars->setPen(Qt::NoPen);
    QVector<double> x, y;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto& parts = columns_[i].parts;
      x << place_of(static_cast<int>(i));
      y << (part < parts.size() && std::isfinite(parts[part].value) ? parts[part].value : 0);
      if (part < parts.size()) {
        bars->setBrush(parts[part].color);
        bars->setName(parts[part].name);
      }
    }
    bars->setData(x, y, true);
    if (below) bars->moveAbove(below);
    below = bars;
  }
  const double last = columns_.empty() ? 1 : place_of(static_cast<int>(columns_.size()) - 1);
  plot_->xAxis->setRange(-0.6, last + 0.6);
  plot_->yAxis->setRange(0, 1);
  if (current_ >= 0 && current_ < static_cast<int>(columns_.size())) {
    const double place = place_of(current_);
    add_frame(*plot_, place - 0.5, place + 0.5, palette().color(QPalette::Active, QPalette::Highlight));
    setAccessibleDescription(columns_[static_cast<std::size_t>(current_)].name);
  }
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

void StackedPlot::read_out(int column) {
  QStringList lines;
  if (column >= 0) {
    const StackedColumn& at = columns_[static_cast<std::size_t>(column)];
    lines << at.name;
    for (auto part = at.parts.rbegin(); part != at.parts.rend(); ++part)
      lines << QStringLiteral("%1: %2 %").arg(part->name).arg(part->value * 100, 0, 'f', 1);
  }
  plot_->setToolTip(lines.join('\n'));
  plot_->setCursor(column >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

bool StackedPlot::eventFilter(QObject* object, QEvent* event) {
  if (object == plot_ && (event->type() == QEvent::MouseMove || event->type() == QEvent::MouseButtonPress)) {
    const auto* mouse = static_cast<QMouseEvent*>(event);
    const int column = column_at(plot_->mapTo(this, mouse->position().toPoint()));
    if (event->type() == QEvent::MouseMove)
      read_out(column);
    else if (mouse->button() == Qt::LeftButton && column >= 0)
      Q_EMIT column_chosen(column);
  }
  return QWidget::eventFilter(object, event);
}

void StackedPlot::keyPressEvent(QKeyEvent* event) {
  const int step = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
  const int column = current_ + step;
  if (step == 0 || column < 0 || column >= static_cast<int>(columns_.size())) return QWidget::keyPressEvent(event);
  Q_EMIT column_chosen(column);
}

void StackedPlot::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) rebuild();
  QWidget::changeEvent(event);
}

}  // namespace orderscope
