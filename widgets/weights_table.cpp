// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/weights_table.h"

#include <QHeaderView>
#include <QPainter>
#include <QSortFilterProxyModel>
#include <QStyledItemDelegate>
#include <algorithm>

#include "widgets/theme.h"
#include "widgets/weights_model.h"

namespace orderscope {
namespace {

class WeightsDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    painter->save();
    const QPalette& colors = option.palette;
    if (option.state & QStyle::State_Selected) painter->fillRect(option.rect, colors.alternateBase());
    const bool failed = index.column() == WeightsModel::State && index.data(WeightsModel::FailedRole).toBool();
    const bool secondary = index.column() != WeightsModel::Name && index.column() != WeightsModel::State;
    painter->setPen(colors.color(failed      ? QPalette::BrightText
                                 : secondary ? QPalette::PlaceholderText
                                             : QPalette::Text));
    if (option.state & QStyle::State_Selected)
      painter->setPen(colors.color(failed ? QPalette::BrightText : QPalette::Text));
    const QRect text = option.rect.adjusted(2 * kStep, 0, -2 * kStep, 0);
    const auto alignment = static_cast<Qt::Alignment>(index.data(Qt::TextAlignmentRole).toInt() | Qt::AlignVCenter);
    painter->setFont(option.font);
    painter->drawText(text, static_cast<int>(alignment),
                      option.fontMetrics.elidedText(index.data().toString(), Qt::ElideMiddle, text.width()));
    const QVariant progress = index.data(WeightsModel::ProgressRole);
    if (index.column() == WeightsModel::State && progress.isValid()) {
      constexpr int kBar = 3;
      const QRect bar(text.left(), option.rect.bottom() - kBar - 1, text.width(), kBar);
      painter->fillRect(bar, colors.mid());
      const double fraction = std::clamp(progress.toDouble(), 0.0, 1.0);
      painter->fillRect(QRect(bar.topLeft(), QSize(static_cast<int>(bar.width() * fraction), kBar)),
                        colors.highlight());
    }
    painter->restore();
  }
};

}  // namespace

WeightsTable::WeightsTable(WeightsModel& model, QWidget* parent)
    : QTableView(parent), proxy_(new QSortFilterProxyModel(this)) {
  setObjectName(QStringLiteral("publishedWeights"));  // as the theme knows it
  proxy_->setSourceModel(&model);
  proxy_->setSortRole(WeightsModel::SortRole);
  proxy_->setFilterKeyColumn(-1);
  proxy_->setFilterCaseSensitivity(Qt::CaseInsensitive);
  setModel(proxy_);
  setItemDelegate(new WeightsDelegate(this));
  setSelectionBehavior(SelectRows);
  setSelectionMode(SingleSelection);
  setShowGrid(false);
  setWordWrap(false);
  setTabKeyNavigation(false);
  setSortingEnabled(true);
  sortByColumn(-1, Qt::AscendingOrder);  // as the list has them, until somebody clicks
  setAccessibleName(tr("Published weights"));
  verticalHeader()->hide();
  verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 3 * kStep);
  horizontalHeader()->setHighlightSections(false);
  horizontalHeader()->setStretchLastSection(false);
  viewport()->setAutoFillBackground(false);
  resizeColumnsToContents();
  // Names are what is looked for: others give way, but progress and what went wrong are seen without scrolling.
  constexpr int kLetters = 22, kStateLetters = 18;
  const int widest = kLetters * fontMetrics().averageCharWidth();
  for (int column = 0; column < WeightsModel::State; ++column)
    setColumnWidth(column, std::min(columnWidth(column) + 2 * kStep, widest));
  setColumnWidth(WeightsModel::State, kStateLetters * fontMetrics().averageCharWidth());
  horizontalHeader()->setSectionResizeMode(WeightsModel::Name, QHeaderView::Stretch);
  connect(selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] { Q_EMIT chosen_changed(chosen()); });
}

void WeightsTable::set_filter(const QString& text) {
  proxy_->setFilterFixedString(text);
  if (!currentIndex().isValid() && proxy_->rowCount() > 0) selectRow(0);
}

int WeightsTable::chosen() const {
  const QModelIndex index = proxy_->mapToSource(currentIndex());
  return index.isValid() ? index.row() : -1;
}

void WeightsTable::choose(int row) {
  const QModelIndex index = proxy_->mapFromSource(proxy_->sourceModel()->index(row, 0));
  if (index.isValid()) selectRow(index.row());
}

int WeightsTable::shown_rows() const { return proxy_->rowCount(); }

}  // namespace orderscope
