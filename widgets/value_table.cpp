// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/value_table.h"

#include <QFontMetrics>
#include <QHeaderView>
#include <QStyledItemDelegate>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "widgets/figure/format.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

/// Names are paler than values, in the palette of now.
class NameDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
    QStyledItemDelegate::initStyleOption(option, index);
    option->palette.setBrush(QPalette::Text, option->palette.brush(QPalette::PlaceholderText));
  }
};

}  // namespace

ValueTable::ValueTable(QWidget* parent) : QWidget(parent), table_(new QTableWidget(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(table_);
  table_->setShowGrid(false);
  table_->setItemDelegateForColumn(0, new NameDelegate(table_));
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setSelectionMode(QAbstractItemView::NoSelection);
  table_->setFocusPolicy(Qt::NoFocus);
  table_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  table_->setTextElideMode(Qt::ElideMiddle);
  table_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  table_->setAccessibleName(tr("Values under the cursor"));
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setMinimumSectionSize(1);
  table_->setCornerButtonEnabled(false);
  table_->viewport()->setAutoFillBackground(false);
  table_->horizontalHeader()->viewport()->setAutoFillBackground(false);
  table_->horizontalHeader()->setFont(small_font(font()));
  table_->horizontalHeader()->setHighlightSections(false);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
  table_->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Preferred);
}

void ValueTable::set_grid(const PanelGrid& grid) {
  std::vector<const PanelGroup*> orders;
  std::vector<const PanelGroup*> singles;
  std::size_t highest = 0;
  for (const auto& row : grid.rows) {
    for (const PanelGroup& group : row) {
      (group.by_order ? orders : singles).push_back(&group);
      if (group.by_order) highest = std::max(highest, group.panels.size());
    }
  }
  cells_.clear();
  table_->clear();
  table_->setColumnCount(1 + std::max(static_cast<int>(orders.size()), 1));
  table_->setRowCount(static_cast<int>(highest + singles.size()));
  QStringList header{QString()};
  for (const PanelGroup* group : orders) header << group->title;
  table_->setHorizontalHeaderLabels(header);
  table_->horizontalHeader()->setVisible(!orders.empty());
  table_->horizontalHeader()->setDefaultAlignment(Qt::AlignRight | Qt::AlignVCenter);
  // Values have the room that their titles and numbers need, names the rest.
  table_->horizontalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  table_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
  const int number = QFontMetrics(value_font(font())).horizontalAdvance(QStringLiteral("0.00000"));
  for (int column = 1; column < table_->columnCount(); ++column) {
    const int title = QFontMetrics(small_font(font())).horizontalAdvance(header.value(column));
    table_->setColumnWidth(column, std::max(number, title) + kStep);
  }

  for (std::size_t k = 0; k < highest; ++k) {
    const int row = static_cast<int>(k);
    set_text(row, 0, tr("order %1").arg(k + 1), false);
    for (std::size_t i = 0; i < orders.size(); ++i)
      if (k < orders[i]->panels.size()) cells_.push_back({row, static_cast<int>(i) + 1, orders[i]->panels[k].map});
  }
  for (std::size_t i = 0; i < singles.size(); ++i) {
    const int row = static_cast<int>(highest + i);
    set_text(row, 0, singles[i]->title, false);
    if (!singles[i]->panels.empty()) cells_.push_back({row, 1, singles[i]->panels.front().map});
  }

  const int line = QFontMetrics(font()).height() + kStep;
  for (int row = 0; row < table_->rowCount(); ++row) table_->setRowHeight(row, line);
  const int header_height = orders.empty() ? 0 : table_->horizontalHeader()->sizeHint().height();
  // All rows where there is room, else some, and the others by scrolling.
  constexpr int kFewestRows = 5;
  table_->setMaximumHeight(header_height + line * table_->rowCount() + 2);
  table_->setMinimumHeight(header_height + line * std::min(table_->rowCount(), kFewestRows) + 2);
  updateGeometry();
  set_cursor(cursor_);
}

void ValueTable::set_cursor(std::optional<QPointF> position) {
  cursor_ = position;
  for (const Cell& cell : cells_) {
    QString text = QStringLiteral("–");
    if (position && cell.map)
      if (const auto at = map_cell(*cell.map, *position)) text = column_text(cell.map->at(at->y(), at->x()));
    set_text(cell.row, cell.column, text, true);
  }
}

void ValueTable::set_text(int row, int column, const QString& text, bool is_value) {
  QTableWidgetItem* item = table_->item(row, column);
  if (item == nullptr) {
    item = new QTableWidgetItem;
    item->setTextAlignment((is_value ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (is_value) item->setFont(value_font(font()));
    table_->setItem(row, column, item);
  }
  item->setText(text);
}

QSize ValueTable::sizeHint() const { return {QWidget::sizeHint().width(), table_->maximumHeight()}; }

QString ValueTable::text(int row, int column) const {
  const QTableWidgetItem* item = table_->item(row, column);
  return item == nullptr ? QString() : item->text();
}

int ValueTable::row_count() const { return table_->rowCount(); }
int ValueTable::column_count() const { return table_->columnCount(); }

}  // namespace orderscope
