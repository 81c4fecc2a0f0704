// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/color_bar.h"

#include <QContextMenuEvent>
#include <QFontMetricsF>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/image/ticks.h"
#include "widgets/figure/format.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr double kWidth = 3 * kStep;
constexpr double kReach = 7;       // pixels around a handle that take hold of it
constexpr double kLeast = 0.005;   // of the axis: a range never gets narrower
constexpr double kKeyStep = 0.02;  // of the axis

}  // namespace

ColorBar::ColorBar(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::TabFocus);
  setMouseTracking(true);
}

void ColorBar::set_scale(const ColorScale& automatic, bool relative, const QString& unit) {
  scale_ = automatic;
  relative_ = relative;
  unit_ = unit;
  describe();
  update();
}

void ColorBar::set_choice(std::optional<ScaleChoice> choice) {
  choice_ = choice;
  describe();
  update();
}

void ColorBar::set_marker(std::optional<float> value) {
  if (value == marker_) return;
  marker_ = value;
  update();
}

void ColorBar::describe() {
  const Span span = shown();
  const QString range = relative_ ? tr("each map has its own range")
                                  : scale_text({static_cast<float>(span.low), static_cast<float>(span.high)});
  setAccessibleName(tr("Colour scale: %1").arg(unit_.isEmpty() ? range : range + QLatin1Char(' ') + unit_));
  setAccessibleDescription(tr("Up and Down move the high end, with Shift the low end; Home makes it automatic"));
  QString text = relative_ ? tr("Every map is drawn over its own range, written under it")
                           : tr("All maps of this row share the range %1").arg(range);
  text += QLatin1Char('\n') +
          (choice_ ? tr("Set by hand; a double click makes it automatic again") : tr("Drag an end to set the range"));
  setToolTip(text);
}

ColorBar::Span ColorBar::automatic() const {
  if (relative_) return {is_signed(scale_) ? -1.0 : 0.0, 1.0};
  return {scale_.low, scale_.high};
}

ColorBar::Span ColorBar::shown() const { return choice_ ? Span{choice_->low, choice_->high} : automatic(); }

ColorBar::Span ColorBar::axis() const {
  if (dragged_ >= 0) return drag_axis_;
  const Span all = automatic(), set = shown();
  Span span{std::min(all.low, set.low), std::max(all.high, set.high)};
  if (!(span.high > span.low)) span.high = span.low + 1;
  return span;
}

QRectF ColorBar::bar() const { return {0.5, 0.5, kWidth, std::max(height() - caption_ - 1.0, 1.0)}; }

double ColorBar::y_of(double value) const {
  const Span span = axis();
  const double part = (value - span.low) / (span.high - span.low);
  return bar().bottom() - std::clamp(part, 0.0, 1.0) * bar().height();
}

double ColorBar::value_at(double y) const {
  const Span span = axis();
  return span.low + (bar().bottom() - y) / bar().height() * (span.high - span.low);
}

QPointF ColorBar::handle(int which) const {
  const Span span = shown();
  return {bar().center().x(), y_of(which == 0 ? span.low : span.high)};
}

QString ColorBar::label_of(double value, bool end) const {
  if (!relative_) return value_text(value);
  if (!end) return value == 0 ? QStringLiteral("0") : tr("%1 %").arg(std::lround(value * 100));
  if (value == 1) return QStringLiteral("max");
  if (value == -1) return QStringLiteral("−max");
  if (value == 0) return scale_.low < 0 ? QStringLiteral("min") : value_text(scale_.low);
  return tr("%1 %").arg(std::lround(value * 100));
}

void ColorBar::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setFont(value_font(small_font(font())));
  paint_ramp(painter);
  paint_labels(painter);
  if (hovered_ || hasFocus() || choice_) paint_handles(painter);
}

void ColorBar::paint_ramp(QPainter& painter) const {
  const QRectF area = bar();
  const int rows = std::max(static_cast<int>(std::lround(area.height() * devicePixelRatioF())), 1);
  const Span span = axis(), set = shown();
  const ColorScale colors{scale_.colormap, static_cast<float>(set.low), static_cast<float>(set.high)};
  QImage ramp(1, rows, QImage::Format_RGB32);
  for (int i = 0; i < rows; ++i)
    ramp.setPixel(0, i, to_qrgb(colors(static_cast<float>(span.high - (i + 0.5) / rows * (span.high - span.low)))));
  painter.drawImage(area, ramp);
  painter.setPen(palette().color(QPalette::Mid));
  painter.drawRect(area);
  if (!marker_ || relative_) return;
  const double y = y_of(*marker_);
  for (const auto& [color, width] : {std::pair(QColor(0, 0, 0, 150), 3.0), std::pair(QColor(Qt::white), 1.0)}) {
    painter.setPen(QPen(color, width));
    painter.drawLine(QPointF(area.left() + 1, y), QPointF(area.right() - 1, y));
  }
}

void ColorBar::paint_labels(QPainter& painter) const {
  struct Label {
    double y, value;
    QString text;
    bool strong;
  };
  const Span span = axis(), set = shown();
  const QFontMetricsF metrics(painter.font());
  const double line = metrics.height();
  std::vector<Label> labels;
  // What was set by hand first: of labels that would touch, the earlier one stays.
  const auto add = [&](double value, bool end, bool strong) {
    const double y = std::clamp(y_of(value), bar().top() + line * 0.35, bar().bottom() - line * 0.35);
    const auto touches = [&](const Label& other) { return std::abs(other.y - y) < line * 0.9; };
    if (std::none_of(labels.begin(), labels.end(), touches)) labels.push_back({y, value, label_of(value, end), strong});
  };
  for (const double end : {set.high, set.low}) add(end, true, choice_.has_value());
  for (const double end : {span.high, span.low}) add(end, true, false);
  if (is_signed(scale_)) add(0, false, false);
  const double left = bar().right() + 1.5 * kStep, room = width() - left;
  QString unit = unit_;
  // Numbers that do not fit share their power of ten, which stands before the unit.
  const auto too_wide = [&](const Label& label) { return metrics.horizontalAdvance(label.text) > room; };
  const double largest = std::max(std::abs(span.low), std::abs(span.high));
  if (!relative_ && largest > 0 && std::isfinite(largest) && std::ranges::any_of(labels, too_wide)) {
    const int exponent = static_cast<int>(std::floor(std::log10(largest)));
    for (Label& label : labels) label.text = value_text(label.value / std::pow(10.0, exponent));
    unit = QStringLiteral("×%1 %2").arg(QString::fromStdString(power_of_ten(exponent)), unit_).trimmed();
  }
  for (const Label& label : labels) {
    painter.setPen(palette().color(label.strong ? QPalette::Text : QPalette::PlaceholderText));
    painter.drawText(QRectF(left, label.y - line / 2, room, line), Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip,
                     label.text);
  }
  if (unit.isEmpty() || caption_ < line * 0.8) return;
  painter.setPen(palette().color(QPalette::PlaceholderText));
  const QRectF below(0, bar().bottom(), width(), caption_);
  painter.drawText(below, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
                   metrics.elidedText(unit, Qt::ElideRight, width()));
}

void ColorBar::paint_handles(QPainter& painter) const {
  painter.setRenderHint(QPainter::Antialiasing);
  for (const int which : {0, 1}) {
    const double y = handle(which).y();
    const QRectF grip(bar().left() - 0.5, y - 2, kWidth + 1, 4);
    painter.setPen(QPen(QColor(0, 0, 0, 130), 1));
    painter.setBrush(which == dragged_ || hasFocus() ? palette().color(QPalette::Highlight) : QColor(Qt::white));
    painter.drawRoundedRect(grip, 2, 2);
  }
}

void ColorBar::move_end(int which, double value) {
  const Span span = axis();
  const double least = (span.high - span.low) * kLeast;
  Span set = shown();
  if (is_signed(scale_)) {
    set.high = std::max(std::abs(value), least);
    set.low = -set.high;
  } else if (which == 0) {
    set.low = std::min(value, set.high - least);
  } else {
    set.high = std::max(value, set.low + least);
  }
  choose(ScaleChoice{set.low, set.high});
}

void ColorBar::choose(std::optional<ScaleChoice> choice) {
  if (choice == choice_) return;
  set_choice(choice);
  Q_EMIT range_chosen(choice_);
}

void ColorBar::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton || event->position().x() > bar().right() + kStep) {
    QWidget::mousePressEvent(event);
    return;
  }
  const double y = event->position().y();
  const double to_low = std::abs(y - handle(0).y()), to_high = std::abs(y - handle(1).y());
  if (std::min(to_low, to_high) > kReach) return;
  const Span span = axis();
  dragged_ = to_high <= to_low ? 1 : 0;
  drag_axis_ = span;
  update();
}

void ColorBar::mouseMoveEvent(QMouseEvent* event) {
  const double y = event->position().y();
  if (dragged_ >= 0) {
    move_end(dragged_, value_at(std::clamp(y, bar().top(), bar().bottom())));
    return;
  }
  const bool near = event->position().x() <= bar().right() + kStep &&
                    std::min(std::abs(y - handle(0).y()), std::abs(y - handle(1).y())) <= kReach;
  setCursor(near ? Qt::SizeVerCursor : Qt::ArrowCursor);
}

void ColorBar::mouseReleaseEvent(QMouseEvent*) {
  dragged_ = -1;
  update();
}

void ColorBar::mouseDoubleClickEvent(QMouseEvent* event) {
  dragged_ = -1;
  if (event->button() == Qt::LeftButton) choose(std::nullopt);
}

void ColorBar::contextMenuEvent(QContextMenuEvent* event) { Q_EMIT menu_requested(event->globalPos()); }

void ColorBar::keyPressEvent(QKeyEvent* event) {
  const Span span = axis(), set = shown();
  const double step = (span.high - span.low) * kKeyStep;
  const int which = event->modifiers() & Qt::ShiftModifier ? 0 : 1;
  const double end = which == 0 ? set.low : set.high;
  switch (event->key()) {
    case Qt::Key_Up: move_end(which, is_signed(scale_) ? set.high + step : end + step); break;
    case Qt::Key_Down: move_end(which, is_signed(scale_) ? std::max(set.high - step, 0.0) : end - step); break;
    case Qt::Key_Home: choose(std::nullopt); break;
    default: QWidget::keyPressEvent(event);
  }
}

void ColorBar::enterEvent(QEnterEvent* event) {
  hovered_ = true;
  update();
  QWidget::enterEvent(event);
}

void ColorBar::leaveEvent(QEvent* event) {
  hovered_ = false;
  update();
  QWidget::leaveEvent(event);
}

void ColorBar::focusInEvent(QFocusEvent* event) {
  update();
  QWidget::focusInEvent(event);
}

void ColorBar::focusOutEvent(QFocusEvent* event) {
  update();
  QWidget::focusOutEvent(event);
}

}  // namespace orderscope
