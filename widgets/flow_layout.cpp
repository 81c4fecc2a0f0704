// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/flow_layout.h"

#include <QWidget>
#include <algorithm>

#include "widgets/theme.h"

namespace orderscope {
namespace {

bool expands(const QLayoutItem& item) {
  const auto* widget = const_cast<QLayoutItem&>(item).widget();
  const auto policy = widget ? widget->sizePolicy().horizontalPolicy() : QSizePolicy::Fixed;
  return (policy == QSizePolicy::Expanding || policy == QSizePolicy::Ignored) &&
         item.maximumSize().width() > item.sizeHint().width();
}

}  // namespace

FlowLayout::FlowLayout(QWidget* parent) : QLayout(parent) {
  setContentsMargins(0, 0, 0, 0);
  setSpacing(2 * kStep);
}

FlowLayout::~FlowLayout() = default;

void FlowLayout::addItem(QLayoutItem* item) { items_.emplace_back(item); }

QLayoutItem* FlowLayout::itemAt(int index) const {
  return index >= 0 && index < count() ? items_[static_cast<std::size_t>(index)].get() : nullptr;
}

QLayoutItem* FlowLayout::takeAt(int index) {
  if (index < 0 || index >= count()) return nullptr;
  QLayoutItem* item = items_[static_cast<std::size_t>(index)].release();
  items_.erase(items_.begin() + index);
  return item;
}

std::vector<FlowLayout::Line> FlowLayout::lines(int width) const {
  std::vector<Line> result;
  for (const auto& item : items_) {
    if (item->isEmpty()) continue;
    const QSize size = item->sizeHint();
    if (result.empty() || result.back().width + spacing() + size.width() > width) result.emplace_back();
    Line& line = result.back();
    line.width += size.width() + (line.items.empty() ? 0 : spacing());
    line.height = std::max(line.height, size.height());
    line.expands |= expands(*item);
    line.items.push_back(item.get());
  }
  return result;
}

int FlowLayout::heightForWidth(int width) const {
  int height = -spacing();
  for (const Line& line : lines(width)) height += line.height + spacing();
  return std::max(height, 0);
}

QSize FlowLayout::sizeHint() const {
  constexpr int kOneLine = QWIDGETSIZE_MAX;
  const auto all = lines(kOneLine);
  return all.empty() ? QSize() : QSize(all.front().width, all.front().height);
}

QSize FlowLayout::minimumSize() const {
  QSize size;
  for (const auto& item : items_)
    if (!item->isEmpty()) size = size.expandedTo(item->minimumSize());
  return size;
}

void FlowLayout::setGeometry(const QRect& area) {
  QLayout::setGeometry(area);
  int y = area.top();
  bool to_the_right = false;
  for (const Line& line : lines(area.width())) {
    const int left_over = std::max(area.width() - line.width, 0);
    int x = area.left() + (to_the_right && !line.expands ? left_over : 0);
    bool given = false;
    for (QLayoutItem* item : line.items) {
      QSize size = item->sizeHint();
      if (!given && expands(*item)) {
        given = true;
        size.rwidth() += left_over;
      }
      size.setWidth(std::min(size.width(), area.width()));
      item->setGeometry({QPoint(x, y + (line.height - size.height()) / 2), size});
      x += size.width() + spacing();
    }
    to_the_right |= line.expands;
    y += line.height + spacing();
  }
}

}  // namespace orderscope
