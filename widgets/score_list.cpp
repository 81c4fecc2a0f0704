// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/score_list.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QMouseEvent>
#include <QPainter>
#include <QSortFilterProxyModel>
#include <QStandardItemModel>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <algorithm>

#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr int kIndexRole = Qt::UserRole + 1;
constexpr int kProbabilityRole = Qt::UserRole + 2;
constexpr int kChosenRole = Qt::UserRole + 3;
constexpr int kSearchRole = Qt::UserRole + 4;
constexpr int kColorRole = Qt::UserRole + 5;
constexpr int kGroupRole = Qt::UserRole + 6;
constexpr int kShownRole = Qt::UserRole + 7;
constexpr int kKeyWidth = 5 * kStep;  // pixels that a click on the colour may miss
constexpr std::size_t kManyClasses = 12;

class ScoreDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override {
    return {120, option.fontMetrics.height() + 2 * kStep};
  }

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const QPalette& palette = option.palette;
    const QRectF rect = option.rect;
    const bool chosen = index.data(kChosenRole).toBool();
    if (option.state & QStyle::State_MouseOver) {
      painter->setPen(Qt::NoPen);
      painter->setBrush(palette.alternateBase());
      painter->drawRoundedRect(rect, 4, 4);
    }
    if ((option.state & QStyle::State_HasFocus) && (option.state & QStyle::State_KeyboardFocusChange)) {
      painter->setPen(palette.color(QPalette::Highlight));
      painter->setBrush(Qt::NoBrush);
      painter->drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    }
    const double probability = index.data(kProbabilityRole).toDouble();
    const double value_width = option.fontMetrics.horizontalAdvance(QStringLiteral("0.000")) + kStep;
    const double name_width = (rect.width() - value_width) * 0.45;
    QRectF name = rect.adjusted(kStep, 0, 0, 0);
    const auto color = index.data(kColorRole).value<QColor>();
    const bool hidden = color.isValid() && !index.data(kShownRole).toBool();
    if (color.isValid()) {
      constexpr double kSide = 11;
      const QRectF key(name.left() + 0.5, name.center().y() - kSide / 2, kSide, kSide);
      painter->setPen(QPen(hidden ? color : palette.color(QPalette::Mid), hidden ? 1.5 : 1));
      painter->setBrush(hidden ? QBrush(Qt::NoBrush) : QBrush(color));
      painter->drawRoundedRect(key, 2, 2);
      name.setLeft(rect.left() + kKeyWidth);
    }
    const double name_end = rect.left() + name_width - kStep;
    painter->setPen(palette.color(hidden ? QPalette::PlaceholderText : QPalette::Text));
    painter->setFont(option.font);
    painter->drawText(QRectF(name.left(), name.top(), name_end - name.left(), name.height()),
                      Qt::AlignLeft | Qt::AlignVCenter,
                      option.fontMetrics.elidedText(index.data().toString(), Qt::ElideRight,
                                                    static_cast<int>(name_end - name.left())));
    const double room = rect.width() - name_width - value_width - 2 * kStep;
    const QRectF bar(rect.left() + name_width, rect.center().y() - kStep, std::max(room * probability, 2.0), 2 * kStep);
    painter->setPen(Qt::NoPen);
    painter->setBrush(chosen ? palette.color(QPalette::Active, QPalette::Highlight)
                             : palette.color(QPalette::Disabled, QPalette::Text));
    painter->drawRoundedRect(bar, 3, 3);
    painter->setFont(value_font(option.font));
    painter->setPen(palette.color(chosen ? QPalette::Text : QPalette::PlaceholderText));
    painter->drawText(rect.adjusted(0, 0, -kStep, 0), Qt::AlignRight | Qt::AlignVCenter,
                      QString::number(probability, 'f', 3));
    painter->restore();
  }
};

}  // namespace

ScoreList::ScoreList(QWidget* parent)
    : QWidget(parent),
      search_(new QLineEdit(this)),
      view_(new QListView(this)),
      model_(new QStandardItemModel(this)),
      filtered_(new QSortFilterProxyModel(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kStep);
  layout->addWidget(search_);
  layout->addWidget(view_, 1);

  search_->setPlaceholderText(tr("Search classes"));
  search_->setAccessibleName(tr("Search classes"));
  search_->setClearButtonEnabled(true);
  search_->hide();

  filtered_->setSourceModel(model_);
  filtered_->setFilterCaseSensitivity(Qt::CaseInsensitive);
  filtered_->setFilterRole(kSearchRole);
  view_->setModel(filtered_);
  view_->setItemDelegate(new ScoreDelegate(view_));
  view_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  view_->setMouseTracking(true);
  view_->setUniformItemSizes(true);
  view_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  view_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
  view_->setAccessibleName(tr("Class scores"));
  view_->setToolTip(tr("Click a class to see what spoke for it"));

  connect(search_, &QLineEdit::textChanged, filtered_, &QSortFilterProxyModel::setFilterFixedString);
  const auto choose = [this](const QModelIndex& index) { Q_EMIT class_chosen(index.data(kIndexRole).toInt()); };
  view_->installEventFilter(this);
  view_->viewport()->installEventFilter(this);
  connect(view_, &QListView::clicked, this, choose);
  connect(view_, &QListView::activated, this, [this, choose](const QModelIndex& index) {
    if (index.data(kIndexRole).toInt() != chosen_) choose(index);
  });
}

void ScoreList::set_scores(const std::vector<ClassScore>& scores) {
  model_->clear();
  for (const ClassScore& score : scores) {
    auto* item = new QStandardItem(QString::fromStdString(score.name));
    item->setData(score.index, kIndexRole);
    item->setData(score.probability, kProbabilityRole);
    item->setData(score.index == chosen_, kChosenRole);
    item->setData(QStringLiteral("%1\n%2").arg(item->text()).arg(score.index), kSearchRole);
    item->setData(tr("%1, probability %2, logit %3")
                      .arg(item->text())
                      .arg(score.probability, 0, 'f', 3)
                      .arg(score.logit, 0, 'f', 2),
                  Qt::AccessibleTextRole);
    item->setToolTip(tr("%1 (class %2)\nlogit %3").arg(item->text()).arg(score.index).arg(score.logit, 0, 'f', 3));
    model_->appendRow(item);
  }
  search_->setVisible(scores.size() > kManyClasses);
  updateGeometry();
}

void ScoreList::set_keys(const std::vector<ScoreKey>& keys) {
  for (int row = 0; row < model_->rowCount(); ++row) {
    QStandardItem* item = model_->item(row);
    const bool known = static_cast<std::size_t>(row) < keys.size();
    const ScoreKey key = known ? keys[static_cast<std::size_t>(row)] : ScoreKey();
    item->setData(known ? QVariant(key.color) : QVariant(), kColorRole);
    item->setData(key.group, kGroupRole);
    item->setData(key.shown, kShownRole);
  }
  view_->setToolTip(keys.empty() ? tr("Click a class to see what spoke for it")
                                 : tr("Click a name to see what spoke for it, its colour to hide or show it (Space)"));
}

void ScoreList::toggle_key(const QModelIndex& index) {
  if (index.data(kColorRole).isValid()) Q_EMIT key_toggled(index.data(kGroupRole).toInt());
}

// A click on the colour is about the legend; the row is not chosen by it.
bool ScoreList::eventFilter(QObject* object, QEvent* event) {
  if (object == view_ && event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Space &&
      view_->currentIndex().data(kColorRole).isValid()) {
    toggle_key(view_->currentIndex());
    return true;
  }
  const bool press = event->type() == QEvent::MouseButtonPress;
  if (object != view_->viewport() || (!press && event->type() != QEvent::MouseButtonRelease))
    return QWidget::eventFilter(object, event);
  const auto* mouse = static_cast<QMouseEvent*>(event);
  const QModelIndex index = view_->indexAt(mouse->position().toPoint());
  if (mouse->button() != Qt::LeftButton || mouse->position().x() >= kKeyWidth || !index.data(kColorRole).isValid())
    return QWidget::eventFilter(object, event);
  if (press) toggle_key(index);
  return true;
}

int ScoreList::height_of(int rows) const {
  const int search = search_->isHidden() ? 0 : search_->sizeHint().height() + kStep;
  return search + std::clamp(model_->rowCount(), 3, rows) * (fontMetrics().height() + 2 * kStep) + 2;
}

QSize ScoreList::sizeHint() const { return {200, height_of(12)}; }
QSize ScoreList::minimumSizeHint() const { return {120, height_of(5)}; }

// Whole rows only: half a name looks like a mistake.
void ScoreList::resizeEvent(QResizeEvent* event) {
  const int row = view_->sizeHintForRow(0), search = search_->isHidden() ? 0 : search_->height() + kStep;
  const int room = height() - search;
  layout()->setContentsMargins(0, 0, 0, row > 0 && room > row ? room % row : 0);
  QWidget::resizeEvent(event);
}

void ScoreList::focus_search() {
  if (search_->isHidden())
    view_->setFocus(Qt::ShortcutFocusReason);
  else
    search_->setFocus(Qt::ShortcutFocusReason);
}

void ScoreList::set_chosen(int class_index) {
  chosen_ = class_index;
  for (int row = 0; row < model_->rowCount(); ++row) {
    QStandardItem* item = model_->item(row);
    const bool chosen = item->data(kIndexRole).toInt() == class_index;
    item->setData(chosen, kChosenRole);
    if (chosen) view_->scrollTo(filtered_->mapFromSource(item->index()));
  }
}

}  // namespace orderscope
