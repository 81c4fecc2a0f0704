// SPDX-License-Identifier: GPL-3.0-or-later
#include <QKeyEvent>
#include <algorithm>
#include <array>

#include "widgets/color_bar.h"
#include "widgets/map_copy.h"
#include "widgets/map_grid.h"
#include "widgets/map_link.h"
#include "widgets/map_tile.h"

namespace orderscope {
namespace {

constexpr double kKeyZoom = 1.5;

QPoint arrow(int key) {
  switch (key) {
    case Qt::Key_Left: return {-1, 0};
    case Qt::Key_Right: return {1, 0};
    case Qt::Key_Up: return {0, -1};
    case Qt::Key_Down: return {0, 1};
    default: return {};
  }
}

}  // namespace

// With the focus in the maps, + and − zoom whatever they may mean to the window.
bool MapGrid::overrides_shortcut(const QKeyEvent& event) {
  constexpr std::array keys{Qt::Key_Plus, Qt::Key_Minus, Qt::Key_Equal, Qt::Key_0};
  return !(event.modifiers() & ~(Qt::ShiftModifier | Qt::KeypadModifier)) &&
         std::find(keys.begin(), keys.end(), event.key()) != keys.end();
}

int MapGrid::tile_under_keys() const {
  if (chosen_ >= 0) return chosen_;
  const auto first = std::find_if(tiles_.begin(), tiles_.end(), [](const MapTile* t) { return !t->panel().empty(); });
  return first == tiles_.end() ? -1 : static_cast<int>(first - tiles_.begin());
}

void MapGrid::choose(int tile) {
  if (tile >= static_cast<int>(tiles_.size())) tile = -1;
  if (tile == chosen_) return;
  chosen_ = tile;
  for (std::size_t i = 0; i < tiles_.size(); ++i) tiles_[i]->set_chosen(static_cast<int>(i) == tile);
  Q_EMIT tile_chosen(tile);
}

void MapGrid::click_tile(int index, QPointF position) {
  setFocus(Qt::MouseFocusReason);
  const QPointF photo = to_qpoint(tiles_[static_cast<std::size_t>(index)]->frame().to_photo(to_point(position)));
  if (link_->pinned() && chosen_ == index) {
    choose(-1);
    link_->pin(std::nullopt);
    link_->set_cursor(photo);
  } else {
    choose(index);
    link_->pin(photo);
  }
}

void MapGrid::take_range(int bar, std::optional<ScaleChoice> choice) {
  const PanelGroup* of = group(bar);
  if (of == nullptr) return;
  ScaleChoices choices = choices_;
  if (choice)
    choices[of->title] = *choice;
  else
    choices.erase(of->title);
  set_choices(choices);
}

void MapGrid::take_style(const MapStyle& style) {
  if (style == grid_.style) return;
  set_style(style);
  Q_EMIT style_chosen(style);
}

void MapGrid::set_swipe(int left, int right) {
  if (right < 0 || left == right)
    swipes_.erase(left);
  else
    swipes_[left] = right;
  show_swipes();
}

void MapGrid::set_swipe(int left, MapPanel right) {
  swipes_[left] = std::move(right);
  show_swipes();
}

void MapGrid::set_divider(double position) {
  for (MapTile* tile : tiles_) tile->set_divider(position);
}

void MapGrid::clear_swipes() {
  swipes_.clear();
  show_swipes();
}

void MapGrid::show_swipes() {
  const int count = static_cast<int>(tiles_.size());
  for (int i = 0; i < count; ++i) {
    MapTile& tile = *tiles_[static_cast<std::size_t>(i)];
    std::optional<MapPanel> beyond;
    if (const auto found = swipes_.find(i); found != swipes_.end()) {
      if (const int* other = std::get_if<int>(&found->second)) {
        if (*other < count) beyond = tiles_[static_cast<std::size_t>(*other)]->panel();
      } else {
        beyond = std::get<MapPanel>(found->second);
        beyond->scale = tile.panel().scale;
      }
    }
    tile.set_swipe(std::move(beyond));
  }
}

void MapGrid::show_values_on_bars() {
  std::size_t tile = 0;
  for (std::size_t bar = 0; bar < bars_.size(); ++bar) {
    const PanelGroup* of = group(static_cast<int>(bar));
    std::optional<float> value;
    for (std::size_t i = 0; of && i < of->panels.size(); ++i, ++tile) {
      const auto position = static_cast<int>(tile) == under_mouse_ ? tiles_[tile]->cursor_position() : std::nullopt;
      if (position) value = tiles_[tile]->value_at(*position);
    }
    bars_[bar]->set_marker(value);
  }
}

bool MapGrid::move_cursor(QPoint step) {
  const int index = tile_under_keys();
  if (index < 0) return false;
  const MapTile& tile = *tiles_[static_cast<std::size_t>(index)];
  if (!tile.panel().map || tile.panel().map->empty()) return false;
  const Map& map = *tile.panel().map;
  const Frame& frame = tile.frame();
  const Point start = link_->cursor() ? to_point(*link_->cursor()) : frame.to_photo({0.5, 0.5});
  Cell cell = frame.cell_at(start, map.height, map.width).value_or(Cell{map.height / 2, map.width / 2});
  cell.row = std::clamp(cell.row + step.y(), 0, map.height - 1);
  cell.column = std::clamp(cell.column + step.x(), 0, map.width - 1);
  const QPointF photo = to_qpoint(frame.cell_centre(cell, map.height, map.width));
  link_->pin(photo);
  // What leaves the view is followed.
  const QRectF shown = tile.visible();
  if (link_->window() && !shown.contains(photo))
    link_->set_window(panned(shown, to_qrect(frame), photo - shown.center()));
  return true;
}

bool MapGrid::move_view(QPoint step) {
  const int index = tile_under_keys();
  if (index < 0 || !link_->window()) return false;
  const MapTile& tile = *tiles_[static_cast<std::size_t>(index)];
  const QRectF shown = tile.visible();
  const QPointF by(step.x() * shown.width() / 8, step.y() * shown.height() / 8);
  link_->set_window(panned(shown, to_qrect(tile.frame()), by));
  return true;
}

void MapGrid::keyPressEvent(QKeyEvent* event) {
  const QPoint step = arrow(event->key());
  const bool control = event->modifiers() & Qt::ControlModifier, shift = event->modifiers() & Qt::ShiftModifier;
  const int index = tile_under_keys();
  MapTile* tile = index < 0 ? nullptr : tiles_[static_cast<std::size_t>(index)];
  bool taken = true;
  if (!step.isNull() && control) {
    choose(chosen_ < 0 ? index : std::clamp(chosen_ + step.x() + step.y(), 0, static_cast<int>(tiles_.size()) - 1));
  } else if (!step.isNull()) {
    taken = shift ? move_view(step) : move_cursor(step);
  } else if (event->matches(QKeySequence::Copy)) {
    taken = tile != nullptr && copy_picture(*tile);
  } else if (event->key() == Qt::Key_C && control && shift) {
    taken = tile != nullptr && copy_numbers(*tile);
  } else if (event->key() == Qt::Key_Escape) {
    choose(-1);
    link_->pin(std::nullopt);
  } else if (tile != nullptr && (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)) {
    Q_EMIT tile_activated(index);
  } else if (tile != nullptr && !control) {
    const auto at = tile->cursor_position();
    switch (event->key()) {
      case Qt::Key_Plus:
      case Qt::Key_Equal: tile->zoom(kKeyZoom, at); break;
      case Qt::Key_Minus: tile->zoom(1 / kKeyZoom, at); break;
      case Qt::Key_0: link_->set_window(std::nullopt); break;
      case Qt::Key_Menu: show_menu(index, tile->mapToGlobal(tile->rect().center())); break;
      default: taken = false;
    }
  } else {
    taken = false;
  }
  if (!taken) QWidget::keyPressEvent(event);
}

void MapGrid::focusInEvent(QFocusEvent* event) {
  // Keyboard focus without a cross hair would be invisible.
  if (event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason)
    if (!link_->cursor() && !tiles_.empty()) set_cursor(QPointF(0.5, 0.5));
  QWidget::focusInEvent(event);
}

void MapGrid::focusOutEvent(QFocusEvent* event) {
  if (!link_->pinned() && event->reason() != Qt::PopupFocusReason) link_->set_cursor(std::nullopt);
  QWidget::focusOutEvent(event);
}

}  // namespace orderscope
