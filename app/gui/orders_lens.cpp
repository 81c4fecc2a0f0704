// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/orders_lens.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/orders_fit.h"
#include "app/gui/session.h"
#include "widgets/map_grid.h"
#include "widgets/map_tile.h"
#include "widgets/result_area.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr int kQuantities = 3;
constexpr int kSmallest = 200, kLargest = 340;  // of a tile's side, pixels

}  // namespace

LensMaps lens_maps(const PanelGrid& orders, int left, int right) {
  LensMaps maps;
  maps.grid.photo = orders.photo;
  maps.grid.frame = orders.frame;
  maps.grid.style = orders.style;
  std::vector<PanelGroup> groups;
  for (const auto& row : orders.rows)
    for (const PanelGroup& group : row) {
      if (!group.by_order || std::max(left, right) > static_cast<int>(group.panels.size()) || std::min(left, right) < 1)
        continue;
      PanelGroup pair;
      pair.title = group.title;
      pair.panels = {group.panels[static_cast<std::size_t>(left - 1)],
                     group.panels[static_cast<std::size_t>(right - 1)]};
      scale_group(pair, ScaleMode::Shared);
      maps.right.push_back(std::move(pair.panels.back()));
      pair.panels.pop_back();
      MapPanel& panel = pair.panels.front();
      panel.label = LensSection::tr("%1: order %2 | order %3").arg(group.title).arg(left).arg(right);
      panel.detail.clear();
      groups.push_back(std::move(pair));
    }
  if (!groups.empty()) maps.grid.rows.push_back(std::move(groups));
  return maps;
}

LensSection::LensSection(Session& session, MapLink* link, QWidget* parent)
    : QWidget(parent),
      session_(session),
      grid_(new MapGrid(this)),
      area_(new ResultArea(tr("Order lens"), grid_, this)),
      quantity_(new QComboBox(this)),
      left_(new QComboBox(this)),
      right_(new QComboBox(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(area_);
  grid_->set_link(link);
  grid_->set_title_width(0);
  grid_->set_smallest_tile(kSmallestSectionTile);
  grid_->set_largest_tile(kLargest);
  grid_->setAccessibleName(tr("Order lens"));
  quantity_->addItem(tr("gate"));
  quantity_->addItem(tr("state"));
  quantity_->addItem(tr("contribution"));
  quantity_->setAccessibleName(tr("Quantity under the order lens"));
  quantity_->setToolTip(tr("What the lens shows of the two orders"));
  left_->setAccessibleName(tr("Order left of the divider"));
  right_->setAccessibleName(tr("Order right of the divider"));
  for (QComboBox* box : {left_, right_}) box->setToolTip(box->accessibleName());
  for (QComboBox* box : {quantity_, left_, right_}) area_->line()->addWidget(box);

  connect(quantity_, qOverload<int>(&QComboBox::activated), this,
          [this](int index) { Q_EMIT quantity_chosen(static_cast<LensQuantity>(index)); });
  for (QComboBox* box : {left_, right_})
    connect(box, qOverload<int>(&QComboBox::activated), this,
            [this] { Q_EMIT orders_chosen(left_->currentIndex() + 1, right_->currentIndex() + 1); });
  connect(grid_, &MapGrid::divider_moved, this, &LensSection::divider_chosen);
  connect(&session_, &Session::result_changed, this, &LensSection::show_maps);
  connect(&session_, &Session::view_changed, this, &LensSection::show_maps);
  connect(&session_, &Session::block_changed, this, &LensSection::show_maps);
  show_maps();
}

void LensSection::show_settings(const OrdersSettings& settings, const OrdersDetail& detail) {
  OrdersSettings without_style = settings;
  without_style.style = settings_.style;
  const bool same_maps = without_style == settings_ && detail.lens == detail_.lens &&
                         detail.lens_quantity == detail_.lens_quantity && detail.lens_left == detail_.lens_left &&
                         detail.lens_right == detail_.lens_right;
  settings_ = settings;
  detail_ = detail;
  if (!same_maps) return show_maps();
  grid_->set_style(settings.style);
  grid_->set_divider(detail.lens_divider);
}

bool LensSection::has_room_for_all() const { return width() >= kQuantities * (kSmallest + kSectionBar); }

void LensSection::show_orders(int highest, int left, int right) {
  const std::pair<QComboBox*, int> boxes[] = {{left_, left}, {right_, right}};
  for (const auto& [box, order] : boxes) {
    const QSignalBlocker quiet(box);
    while (box->count() > highest) box->removeItem(box->count() - 1);
    while (box->count() < highest) box->addItem(tr("order %1").arg(box->count() + 1));
    box->setCurrentIndex(order - 1);
  }
}

void LensSection::show_maps() {
  const auto result = session_.result();
  const int block = session_.block();
  const bool has_block = result && block >= 0 && static_cast<std::size_t>(block) < result->blocks.size();
  const int highest = has_block ? result->blocks[static_cast<std::size_t>(block)].order : 0;
  const bool shown = detail_.lens && highest > 1;
  setVisible(shown);
  if (!shown) return;
  const int left = std::clamp(detail_.lens_left, 1, highest);
  const int right = detail_.lens_right < 1 ? highest : std::min(detail_.lens_right, highest);
  show_orders(highest, left, right);
  const QSignalBlocker quiet(quantity_);
  quantity_->setCurrentIndex(static_cast<int>(detail_.lens_quantity));
  shows_all_ = has_room_for_all();
  quantity_->setVisible(!shows_all_);

  LensMaps maps = lens_maps(orders_grid(result, session_.view(), block, settings_), left, right);
  const auto one = static_cast<std::size_t>(detail_.lens_quantity);
  if (!shows_all_ && !maps.grid.rows.empty() && one < maps.right.size()) {
    maps.grid.rows = {{maps.grid.rows.front()[one]}};
    maps.right = {maps.right[one]};
  }
  const int count = static_cast<int>(maps.right.size());
  grid_->set_grid(std::move(maps.grid));
  grid_->clear_swipes();
  for (int i = 0; i < count; ++i) grid_->set_swipe(i, std::move(maps.right[static_cast<std::size_t>(i)]));
  grid_->set_divider(detail_.lens_divider);
  area_->show_content();
  if (count == 0) return;
  const int side =
      std::clamp(width() / count - kSectionBar - 2 * kStep, static_cast<int>(kSmallestSectionTile), kLargest);
  grid_->setFixedHeight(side + MapTile::caption_height(grid_->font()) + 3 * kStep);
}

void LensSection::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  show_maps();
}

}  // namespace orderscope
