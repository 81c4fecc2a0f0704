// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map_grid.h"

#include <QFontMetrics>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "widgets/color_bar.h"
#include "widgets/map_link.h"
#include "widgets/map_tile.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

QString unit_of(const PanelGroup& group) {
  for (const MapPanel& panel : group.panels)
    if (panel.map && !panel.map->unit.empty()) return QString::fromStdString(panel.map->unit);
  return {};
}

}  // namespace

MapGrid::MapGrid(QWidget* parent) : QWidget(parent), link_(nullptr) {
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Maps"));
  setAccessibleDescription(tr("Arrow keys move the cross hair, with Ctrl they choose a map; plus and minus zoom"));
  set_link(new MapLink(this));
}

void MapGrid::set_grid(PanelGrid grid) {
  grid_ = std::move(grid);
  rebuild();
}

void MapGrid::set_style(const MapStyle& style) {
  if (style == grid_.style) return;
  const bool same_colors =
      style.colormap == grid_.style.colormap && style.signed_colormap == grid_.style.signed_colormap;
  grid_.style = style;
  if (same_colors) {
    shown_.style = style;
    for (MapTile* tile : tiles_) tile->set_style(style);
  } else {
    fill();
  }
}

void MapGrid::set_link(MapLink* link) {
  if (link == link_) return;
  if (link_) disconnect(link_, nullptr, this, nullptr);
  link_ = link;
  for (MapTile* tile : tiles_) tile->set_link(link);
  connect(link_, &MapLink::cursor_changed, this, [this] {
    show_values_on_bars();
    Q_EMIT cursor_moved(cursor_position());
  });
}

void MapGrid::set_cursor(std::optional<QPointF> position) {
  link_->set_cursor(position ? std::optional(to_qpoint(grid_.frame.to_photo(to_point(*position)))) : std::nullopt);
}

void MapGrid::release_cursor() { link_->release(); }

std::optional<QPointF> MapGrid::cursor_position() const {
  if (!link_->cursor() || grid_.frame.empty()) return std::nullopt;
  return to_qpoint(grid_.frame.to_fraction(to_point(*link_->cursor())));
}

void MapGrid::set_choices(const ScaleChoices& choices) {
  if (choices == choices_) return;
  choices_ = choices;
  fill();
  Q_EMIT choices_changed();
}

void MapGrid::set_smallest_tile(double side) {
  smallest_tile_ = side;
  updateGeometry();
  place();
}

void MapGrid::set_largest_tile(double side) {
  largest_tile_ = side;
  place();
}

void MapGrid::set_comfortable_tile(double side) {
  comfortable_tile_ = side;
  QSizePolicy policy = sizePolicy();
  policy.setHeightForWidth(side > 0);
  setSizePolicy(policy);
  updateGeometry();
  place();
}

void MapGrid::set_title_width(double width) {
  title_width_ = width;
  updateGeometry();
  place();
}

PanelMetrics MapGrid::metrics() const {
  const QFontMetrics small(small_font(font()));
  return {.title = title_width_,
          .bar = 5.0 * kStep + small.horizontalAdvance(QStringLiteral("−0.0000")),
          .caption = static_cast<double>(MapTile::caption_height(font())),
          .gap = 2.0 * kStep,
          .header = QFontMetrics(font()).height() + 1.5 * kStep};
}

QSize MapGrid::minimumSizeHint() const { return layout_panels(grid_, metrics(), smallest_tile_).size.toSize(); }

double MapGrid::tile_for(QSizeF area) const {
  constexpr double kAnyHeight = 1e6;
  const double fitting = fitting_tile(grid_, metrics(), area);
  const double scrolled = std::min(fitting_tile(grid_, metrics(), {area.width(), kAnyHeight}), comfortable_tile_);
  return std::clamp(std::floor(std::max(fitting, scrolled)), smallest_tile_, largest_tile_);
}

double MapGrid::useful_width(double height) const {
  constexpr double kAnyWidth = 1e6;
  return layout_panels(grid_, metrics(), tile_for({kAnyWidth, height})).size.width();
}

int MapGrid::heightForWidth(int width) const {
  return static_cast<int>(std::ceil(layout_panels(grid_, metrics(), tile_for(QSizeF(width, 0))).size.height()));
}

const PanelGroup* MapGrid::group(int bar) const {
  for (const auto& row : shown_.rows)
    for (const PanelGroup& group : row)
      if (bar-- == 0) return &group;
  return nullptr;
}

MapTile* MapGrid::make_tile(int index) {
  auto* tile = new MapTile(this);
  tile->set_link(link_);
  connect(tile, &MapTile::hovered, this, [this, tile, index](QPointF position) {
    under_mouse_ = index;
    link_->set_cursor(to_qpoint(tile->frame().to_photo(to_point(position))));
    show_values_on_bars();
  });
  connect(tile, &MapTile::left, this, [this] {
    under_mouse_ = -1;
    release_cursor();
    show_values_on_bars();
  });
  connect(tile, &MapTile::divider_moved, this, &MapGrid::set_divider);
  if (index == 0) connect(tile, &MapTile::divider_moved, this, &MapGrid::divider_moved);
  connect(tile, &MapTile::clicked, this, [this, index](QPointF position) { click_tile(index, position); });
  connect(tile, &MapTile::menu_requested, this, [this, index](QPoint global) { show_menu(index, global); });
  tile->show();
  return tile;
}

ColorBar* MapGrid::make_bar(int index) {
  auto* bar = new ColorBar(this);
  connect(bar, &ColorBar::range_chosen, this,
          [this, index](std::optional<ScaleChoice> choice) { take_range(index, choice); });
  connect(bar, &ColorBar::menu_requested, this, [this](QPoint global) { show_menu(-1, global); });
  bar->show();
  return bar;
}

// Tiles are kept: a new result then only repaints what is there, without a flicker.
void MapGrid::rebuild() {
  std::size_t tile_count = 0;
  std::size_t bar_count = 0;
  for (const auto& row : grid_.rows) {
    for (const PanelGroup& group : row) {
      tile_count += group.panels.size();
      ++bar_count;
    }
  }
  while (tiles_.size() > tile_count) {
    delete tiles_.back();
    tiles_.pop_back();
  }
  while (tiles_.size() < tile_count) tiles_.push_back(make_tile(static_cast<int>(tiles_.size())));
  while (bars_.size() > bar_count) {
    delete bars_.back();
    bars_.pop_back();
  }
  while (bars_.size() < bar_count) bars_.push_back(make_bar(static_cast<int>(bars_.size())));
  if (under_mouse_ >= static_cast<int>(tile_count)) under_mouse_ = -1;
  if (chosen_ >= static_cast<int>(tile_count)) {
    choose(-1);
    link_->pin(std::nullopt);
  }
  fill();
  place();
  updateGeometry();
  Q_EMIT cursor_moved(cursor_position());
}

void MapGrid::fill() {
  shown_ = with_choices(grid_, choices_);
  std::size_t tile = 0;
  std::size_t bar = 0;
  for (std::size_t row = 0; row < grid_.rows.size(); ++row) {
    for (std::size_t i = 0; i < grid_.rows[row].size(); ++i) {
      const PanelGroup& automatic = grid_.rows[row][i];
      for (const MapPanel& panel : shown_.rows[row][i].panels)
        tiles_[tile++]->set_panel(panel, grid_.photo, grid_.style, grid_.frame);
      const auto found = choices_.find(automatic.title);
      ColorBar* widget = bars_[bar++];
      widget->set_choice(found == choices_.end() ? std::nullopt : std::optional(found->second));
      widget->set_scale(styled(automatic.bar, grid_.style), automatic.relative, unit_of(automatic));
      widget->setVisible(std::any_of(automatic.panels.begin(), automatic.panels.end(),
                                     [](const MapPanel& panel) { return panel.map != nullptr; }));
    }
  }
  show_swipes();
}

void MapGrid::place() {
  layout_ = layout_panels(grid_, metrics(), tile_for(size()));
  std::size_t next_tile = 0;
  std::size_t next_bar = 0;
  const int caption_height = MapTile::caption_height(font());
  for (const auto& row : layout_.rows) {
    for (const GroupLayout& group : row) {
      const std::size_t first = next_tile;
      int caption = 0;
      for (const QRectF& rect : group.tiles) {
        tiles_[next_tile]->setGeometry(rect.toRect());
        caption = std::max(caption, tiles_[next_tile++]->fitting_caption());
      }
      for (std::size_t i = first; i < next_tile; ++i) tiles_[i]->set_caption(caption);
      bars_[next_bar]->set_caption_height(caption_height);
      bars_[next_bar++]->setGeometry(group.bar.toRect().adjusted(0, 0, 0, caption_height));
    }
  }
  update();
}

void MapGrid::resizeEvent(QResizeEvent*) { place(); }

bool MapGrid::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    QString text;
    for (std::size_t i = 0; i < layout_.columns.size(); ++i)
      if (layout_.columns[i].contains(help->pos())) text = grid_.columns[i].hint;
    for (std::size_t row = 0; row < layout_.rows.size(); ++row)
      for (std::size_t i = 0; i < layout_.rows[row].size(); ++i)
        if (layout_.rows[row][i].title.contains(help->pos())) text = grid_.rows[row][i].hint;
    QToolTip::showText(help->globalPos(), text, this);
    return true;
  }
  if (event->type() == QEvent::ShortcutOverride && overrides_shortcut(*static_cast<QKeyEvent*>(event))) {
    event->accept();
    return true;
  }
  return QWidget::event(event);
}

}  // namespace orderscope
