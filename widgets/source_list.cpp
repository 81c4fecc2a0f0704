// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/source_list.h"

#include <QPainter>
#include <QSignalBlocker>
#include <QStyledItemDelegate>
#include <algorithm>

#include "widgets/figure/color_scale.h"
#include "widgets/icons.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr int kDetailRole = Qt::UserRole + 1;
constexpr int kBrokenRole = Qt::UserRole + 2;
constexpr int kThumbnailRole = Qt::UserRole + 3;

void paint_row(QPainter* painter, const QStyleOptionViewItem& option) {
  painter->setRenderHint(QPainter::Antialiasing);
  if (!(option.state & (QStyle::State_Selected | QStyle::State_MouseOver))) return;
  QColor color = option.palette.color(QPalette::AlternateBase);
  if (!(option.state & QStyle::State_Selected)) color.setAlpha(110);
  painter->setPen(Qt::NoPen);
  painter->setBrush(color);
  painter->drawRoundedRect(option.rect, 4, 4);
}

class ModelDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override {
    return {80, option.fontMetrics.height() + QFontMetrics(small_font(option.font)).height() + 3 * kStep};
  }

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    painter->save();
    paint_row(painter, option);
    const QRect text = option.rect.adjusted(7 * kStep - 4, kStep, -kStep, -kStep);
    const int line = option.fontMetrics.height();
    const QRectF dot(option.rect.left() + 2 * kStep, text.top() + line / 2.0 - 4, 9, 9);
    painter->setPen(Qt::NoPen);
    painter->setBrush(QColor::fromRgb(to_qrgb(model_color(static_cast<std::size_t>(index.row())))));
    painter->drawEllipse(dot);
    painter->setFont(option.font);
    painter->setPen(option.palette.color(QPalette::Text));
    painter->drawText(text, Qt::AlignLeft | Qt::AlignTop,
                      option.fontMetrics.elidedText(index.data().toString(), Qt::ElideMiddle, text.width()));
    const QFont small = small_font(option.font);
    painter->setFont(small);
    painter->setPen(
        option.palette.color(index.data(kBrokenRole).toBool() ? QPalette::BrightText : QPalette::PlaceholderText));
    painter->drawText(text, Qt::AlignLeft | Qt::AlignBottom,
                      QFontMetrics(small).elidedText(index.data(kDetailRole).toString(), Qt::ElideRight, text.width()));
    painter->restore();
  }
};

class ThumbnailDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override {
    return option.decorationSize;
  }

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    painter->save();
    painter->setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    const QRectF rect = QRectF(option.rect).adjusted(2, 2, -2, -2);
    const auto image = index.data(kThumbnailRole).value<QImage>();
    if (image.isNull()) {
      painter->fillRect(rect, option.palette.base());
      const auto broken = index.data(kBrokenRole).toBool();
      if (broken)
        line_icon(QStringLiteral("warning"))
            .paint(painter, QRect(rect.center().toPoint() - QPoint(10, 18), QSize(20, 20)));
      painter->setFont(small_font(option.font));
      painter->setPen(option.palette.color(QPalette::PlaceholderText));
      const QFontMetrics metrics(painter->font());
      painter->drawText(
          rect.adjusted(4, 4, -4, -4), Qt::AlignHCenter | Qt::AlignBottom,
          metrics.elidedText(index.data().toString(), Qt::ElideMiddle, static_cast<int>(rect.width()) - 8));
    } else {
      // Square cut from the middle, as people know it from galleries.
      const int side = std::min(image.width(), image.height());
      painter->drawImage(rect, image, QRectF((image.width() - side) / 2.0, (image.height() - side) / 2.0, side, side));
    }
    const bool chosen = option.state & QStyle::State_Selected;
    painter->setBrush(Qt::NoBrush);
    painter->setPen(
        QPen(option.palette.color(QPalette::Active, chosen ? QPalette::Highlight : QPalette::Mid), chosen ? 2 : 1));
    painter->drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5));
    painter->restore();
  }
};

void set_up(QListWidget* list) {
  list->setMouseTracking(true);
  list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  list->setEditTriggers(QAbstractItemView::NoEditTriggers);
  list->viewport()->setAutoFillBackground(false);
}

}  // namespace

ModelList::ModelList(QWidget* parent) : QListWidget(parent) {
  set_up(this);
  setItemDelegate(new ModelDelegate(this));
  setAccessibleName(tr("Models"));
  connect(this, &QListWidget::currentRowChanged, this, [this](int row) {
    if (row >= 0) Q_EMIT model_chosen(row);
  });
}

void ModelList::set_models(const std::vector<ModelEntry>& models, int chosen) {
  const QSignalBlocker blocker(this);
  clear();
  for (const ModelEntry& model : models) {
    auto* item = new QListWidgetItem(model.name, this);
    item->setData(kDetailRole, model.detail);
    item->setData(kBrokenRole, model.broken);
    item->setToolTip(model.tool_tip);
    item->setData(Qt::AccessibleDescriptionRole, model.detail);
  }
  setCurrentRow(chosen);
  updateGeometry();
}

QSize ModelList::sizeHint() const {
  const int shown = std::clamp(count(), 1, 5);
  const int line = count() > 0 ? sizeHintForRow(0) : 40;
  return {160, shown * line + 2};
}

ImageList::ImageList(QWidget* parent) : QListWidget(parent) {
  set_up(this);
  setItemDelegate(new ThumbnailDelegate(this));
  setViewMode(QListView::IconMode);
  setMovement(QListView::Static);
  setResizeMode(QListView::Adjust);
  setUniformItemSizes(true);
  setAccessibleName(tr("Images"));
  connect(this, &QListWidget::currentRowChanged, this, [this](int row) {
    if (row >= 0) Q_EMIT image_chosen(row);
  });
}

void ImageList::set_images(const std::vector<ImageEntry>& images, int chosen) {
  const QSignalBlocker blocker(this);
  const bool keep = count() == static_cast<int>(images.size());
  if (!keep) clear();
  for (int i = 0; i < static_cast<int>(images.size()); ++i) {
    const ImageEntry& image = images[static_cast<std::size_t>(i)];
    QListWidgetItem* item = keep ? this->item(i) : new QListWidgetItem(image.name, this);
    item->setText(image.name);
    item->setData(kThumbnailRole, image.thumbnail);
    item->setData(kBrokenRole, image.broken);
    item->setToolTip(image.tool_tip);
  }
  setCurrentRow(chosen);
}

void ImageList::resizeEvent(QResizeEvent* event) {
  // Two in a row; the scroll bar's width is set aside so that its coming does not change the grid.
  const int side = std::max((width() - 10) / 2, 40);
  setGridSize({side, side});
  setIconSize({side, side});
  QListWidget::resizeEvent(event);
}

}  // namespace orderscope
