// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/receptive_field_table.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QPainter>
#include <QStyledItemDelegate>
#include <algorithm>
#include <cmath>

#include "widgets/figure/format.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

enum Role { ValueRole = Qt::UserRole, LowRole, HighRole, IntervalRole, ColorRole, DashedRole };
constexpr int kBar = 4;  // pixels

/// The parts of an area from 0 to 1 as places of a bar.
double place(const QRectF& bar, double ratio) { return bar.left() + bar.width() * std::clamp(ratio, 0.0, 1.0); }

/// "8.4–9.3", "12–16": an interval in percent in the room of a cell; the tool tip has all digits.
QString short_interval(double low, double high) {
  const auto text = [](double value) { return QString::number(value, 'f', value < 9.95 ? 1 : 0); };
  return QStringLiteral("%1–%2").arg(text(low), text(high));
}

class AreaDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    if (option.state & QStyle::State_Selected) painter->fillRect(option.rect, option.palette.alternateBase());
    const QRect cell = option.rect.adjusted(2, kStep, -kStep, -kStep);
    if (index.column() == 0)
      paint_name(*painter, option, cell, index);
    else
      paint_value(*painter, option, cell, index);
    painter->restore();
  }

 private:
  static void paint_name(QPainter& painter, const QStyleOptionViewItem& option, const QRect& cell,
                         const QModelIndex& index) {
    const auto color = index.data(ColorRole).value<QColor>();
    const double y = cell.center().y();
    // As in the plot: a dash for what is no finding of the model's own.
    if (index.data(DashedRole).toBool()) {
      painter.setPen(QPen(color, 1.8, Qt::DashLine));
      painter.drawLine(QPointF(cell.left(), y), QPointF(cell.left() + 12, y));
    } else {
      painter.setPen(Qt::NoPen);
      painter.setBrush(color);
      painter.drawEllipse(QPointF(cell.left() + 6, y), 4.5, 4.5);
    }
    painter.setFont(option.font);
    painter.setPen(option.palette.color(index.data(DashedRole).toBool() ? QPalette::PlaceholderText : QPalette::Text));
    const QRect text = cell.adjusted(12 + 2 * kStep, 0, 0, 0);
    painter.drawText(text, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
                     option.fontMetrics.elidedText(index.data().toString(), Qt::ElideMiddle, text.width()));
  }

  static void paint_value(QPainter& painter, const QStyleOptionViewItem& option, const QRect& cell,
                          const QModelIndex& index) {
    const QFont small = small_font(value_font(option.font));
    const QFontMetrics metrics(value_font(option.font)), small_metrics(small);
    const auto write = [&](int top, const QFont& font, QPalette::ColorRole role, const QString& text) {
      painter.setFont(font);
      painter.setPen(option.palette.color(role));
      painter.drawText(QRect(cell.left(), top, cell.width(), QFontMetrics(font).height()),
                       Qt::AlignRight | Qt::AlignVCenter | Qt::TextSingleLine, text);
    };
    const QVariant value = index.data(ValueRole);
    if (!value.isValid()) {
      painter.setFont(small);
      painter.setPen(option.palette.color(QPalette::PlaceholderText));
      painter.drawText(cell, Qt::AlignRight | Qt::AlignTop | Qt::TextWordWrap, index.data().toString());
      return;
    }
    write(cell.top(), value_font(option.font), QPalette::Text, column_text(value.toDouble()));
    write(cell.top() + metrics.height(), small, QPalette::PlaceholderText, index.data(IntervalRole).toString());
    const QColor color = index.data(ColorRole).value<QColor>();
    if (!color.isValid()) return;
    const QRectF bar(cell.left(), cell.bottom() - kBar + 1, cell.width(), kBar);
    painter.setPen(Qt::NoPen);
    painter.setBrush(option.palette.mid());
    painter.drawRect(bar);
    painter.setBrush(color);
    painter.drawRect(QRectF(bar.topLeft(), QPointF(place(bar, value.toDouble() / 100), bar.bottom())));
    if (!index.data(LowRole).isValid()) return;
    const double low = place(bar, index.data(LowRole).toDouble() / 100);
    const double high = place(bar, index.data(HighRole).toDouble() / 100);
    painter.setPen(QPen(option.palette.color(QPalette::Text), 1));
    const double y = bar.center().y();
    painter.drawLine(QPointF(low, y), QPointF(high, y));
    for (const double x : {low, high}) painter.drawLine(QPointF(x, bar.top() - 1), QPointF(x, bar.bottom() + 1));
  }
};

}  // namespace

AreaTableView::AreaTableView(QWidget* parent) : QTableWidget(parent) {
  setItemDelegate(new AreaDelegate(this));
  setShowGrid(false);
  setEditTriggers(NoEditTriggers);
  setSelectionBehavior(SelectRows);
  setTabKeyNavigation(false);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setFrameShape(NoFrame);
  setAccessibleName(tr("Area ratios"));
  setToolTip(
      tr("Which part of the area the smallest centred square takes that holds 20, 30, 50 or 99 % of the field, "
         "in percent, and its 95 % interval over images. Ctrl+C copies the table."));
  verticalHeader()->hide();
  viewport()->setAutoFillBackground(false);
  horizontalHeader()->viewport()->setAutoFillBackground(false);
  horizontalHeader()->setHighlightSections(false);
  horizontalHeader()->setSectionsClickable(false);
  horizontalHeader()->setDefaultAlignment(Qt::AlignRight | Qt::AlignVCenter);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void AreaTableView::set_fields(const std::vector<NamedField>& fields) {
  shown_ = area_table(fields);
  const int thresholds = static_cast<int>(kErfThresholds.size());
  setColumnCount(thresholds + 2);
  setRowCount(static_cast<int>(fields.size()));
  QStringList header{QString()};
  for (const double threshold : kErfThresholds) header << tr("%1\u2009%").arg(std::lround(100 * threshold));
  header << tr("r½, px");
  setHorizontalHeaderLabels(header);
  horizontalHeaderItem(thresholds + 1)
      ->setToolTip(tr("Radius around the unit within which half of the raw gradient lies"));
  for (int row = 0; row < rowCount(); ++row) {
    const NamedField& named = fields[static_cast<std::size_t>(row)];
    const auto& cells = shown_.rows[static_cast<std::size_t>(row)];
    const bool dashed = named.control || named.field->order == 0;
    auto* name = new QTableWidgetItem(named.short_name.isEmpty() ? named.name : named.short_name);
    name->setData(ColorRole, named.color);
    name->setData(DashedRole, dashed);
    name->setToolTip(named.name);
    name->setData(Qt::AccessibleTextRole, named.name);
    setItem(row, 0, name);
    for (int t = 0; t < thresholds; ++t) {
      const AreaMeasure& measure = named.field->ratios[static_cast<std::size_t>(t)];
      const QString interval = QString::fromStdString(cells[static_cast<std::size_t>(2 * t + 2)].text);
      auto* item = new QTableWidgetItem(QString::fromStdString(cells[static_cast<std::size_t>(2 * t + 1)].text));
      item->setData(ColorRole, named.color);
      if (measure.value) item->setData(ValueRole, 100 * measure.value->ratio);
      if (measure.has_interval) item->setData(IntervalRole, interval);
      if (measure.low && measure.high) {
        item->setData(LowRole, 100 * *measure.low);
        item->setData(HighRole, 100 * *measure.high);
        item->setData(IntervalRole, short_interval(100 * *measure.low, 100 * *measure.high));
        item->setToolTip(tr("%1 %, 95 % interval %2").arg(item->text(), interval));
      }
      item->setData(Qt::AccessibleTextRole, item->text() + QStringLiteral(", ") + interval);
      setItem(row, t + 1, item);
    }
    auto* radius = new QTableWidgetItem(QString::fromStdString(cells.back().text));
    if (cells.back().value) radius->setData(ValueRole, *cells.back().value);
    setItem(row, thresholds + 1, radius);
  }
  fit();
}

void AreaTableView::fit() {
  const int line = QFontMetrics(value_font(font())).height() + QFontMetrics(small_font(font())).height();
  for (int row = 0; row < rowCount(); ++row) setRowHeight(row, line + kBar + 3 * kStep);
  const int ratios = columnCount() - 2;
  if (ratios < 1) return;
  // Names give way to numbers, and numbers share what names leave.
  constexpr int kLeastName = 72, kWidestName = 200;
  const QFontMetrics small(small_font(value_font(font())));
  const int interval = small.horizontalAdvance(QStringLiteral("0.0–0.00")) + 2 * kStep;
  const int radius = std::max(small.horizontalAdvance(QStringLiteral("r½, px")), 32) + 5 * kStep;
  setColumnWidth(0, std::clamp(width() - ratios * interval - radius, kLeastName, kWidestName));
  const int rest = std::max((width() - columnWidth(0) - radius) / ratios, 40);
  for (int column = 1; column <= ratios; ++column) setColumnWidth(column, rest);
  setColumnWidth(ratios + 1, radius);
  updateGeometry();
}

QSize AreaTableView::sizeHint() const {
  int height = horizontalHeader()->sizeHint().height() + 2;
  for (int row = 0; row < rowCount(); ++row) height += rowHeight(row);
  return {300, height};
}

QSize AreaTableView::minimumSizeHint() const { return {200, sizeHint().height()}; }

void AreaTableView::copy() const {
  QStringList lines, cells;
  for (const std::string& column : shown_.columns) cells << QString::fromStdString(column);
  lines << cells.join('\t');
  for (const auto& row : shown_.rows) {
    cells.clear();
    for (const Table::Cell& cell : row)
      cells << (cell.value ? QString::number(*cell.value, 'g', 9) : QString::fromStdString(cell.text));
    lines << cells.join('\t');
  }
  QGuiApplication::clipboard()->setText(lines.join('\n'));
}

void AreaTableView::keyPressEvent(QKeyEvent* event) {
  if (event->matches(QKeySequence::Copy)) return copy();
  QTableWidget::keyPressEvent(event);
}

void AreaTableView::changeEvent(QEvent* event) {
  QTableWidget::changeEvent(event);
  if (event->type() == QEvent::FontChange) fit();
}

void AreaTableView::resizeEvent(QResizeEvent* event) {
  QTableWidget::resizeEvent(event);
  fit();
}

}  // namespace orderscope
