// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map_grid.h"

#include <QFontMetrics>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "widgets/color_bar.h"
#include "widgets/map_tile.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr double kSmallestTile = 88;
constexpr double kLargestTile = 420;

}  // namespace

MapGrid::MapGrid(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Order maps"));
  setAccessibleDescription(tr("Arrow keys move the cross hair"));
}

void MapGrid::set_grid(PanelGrid grid) {
  grid_ = std::move(grid);
  rebuild();
}

void MapGrid::set_style(const MapStyle& style) {
  grid_.style = style;
  for (MapTile* tile : tiles_) tile->set_style(style);
}

void MapGrid::set_cursor(std::optional<QPointF> position) {
  if (position == cursor_) return;
  cursor_ = position;
  for (MapTile* tile : tiles_) tile->set_cursor(position);
  Q_EMIT cursor_moved(position);
}

PanelMetrics MapGrid::metrics() const {
  const QFontMetrics small(small_font(font()));
  return {.title = 25.0 * kStep, .bar = 5.0 * kStep + small.horizontalAdvance(QStringLiteral("−0.0000")),
          .caption = static_cast<double>(MapTile::caption_height(font())), .gap = 2.0 * kStep};
}

QSize MapGrid::minimumSizeHint() const {
  return layout_panels(grid_, metrics(), kSmallestTile).size.toSize();
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
  while (tiles_.size() < tile_count) {
    auto* tile = new MapTile(this);
    const int index = static_cast<int>(tiles_.size());
    connect(tile, &MapTile::hovered, this, [this](QPointF position) { set_cursor(position); });
    connect(tile, &MapTile::left, this, &MapGrid::release_cursor);
    connect(tile, &MapTile::clicked, this, [this, index](QPointF position) { click_tile(index, position); });
    tile->show();
    tiles_.push_back(tile);
  }
  while (bars_.size() > bar_count) {
    delete bars_.back();
    bars_.pop_back();
  }
  while (bars_.size() < bar_count) {
    bars_.push_back(new ColorBar(this));
    bars_.back()->show();
  }

  std::size_t tile = 0;
  std::size_t bar = 0;
  for (const auto& row : grid_.rows) {
    for (const PanelGroup& group : row) {
      for (const MapPanel& panel : group.panels) {
        tiles_[tile]->set_panel(panel, grid_.photo, grid_.style);
        tiles_[tile]->set_cursor(cursor_);
        ++tile;
      }
      bars_[bar]->setVisible(std::any_of(group.panels.begin(), group.panels.end(),
                                         [](const MapPanel& panel) { return panel.map != nullptr; }));
      bars_[bar++]->set_scale(group.bar, group.relative);
    }
  }
  if (chosen_ >= static_cast<int>(tiles_.size())) unpin();
  place();
  updateGeometry();
  Q_EMIT cursor_moved(cursor_);
}

void MapGrid::place() {
  const double tile = std::clamp(std::floor(fitting_tile(grid_, metrics(), size())), kSmallestTile, kLargestTile);
  layout_ = layout_panels(grid_, metrics(), tile);
  std::size_t next_tile = 0;
  std::size_t next_bar = 0;
  for (const auto& row : layout_.rows) {
    for (const GroupLayout& group : row) {
      const std::size_t first = next_tile;
      int caption = 0;
      for (const QRectF& rect : group.tiles) {
        tiles_[next_tile]->setGeometry(rect.toRect());
        caption = std::max(caption, tiles_[next_tile++]->fitting_caption());
      }
      for (std::size_t i = first; i < next_tile; ++i) tiles_[i]->set_caption(caption);
      bars_[next_bar++]->setGeometry(group.bar.toRect());
    }
  }
  update();
}

void MapGrid::resizeEvent(QResizeEvent*) { place(); }

void MapGrid::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const QFont title_font = [this] {
    QFont bold = font();
    bold.setBold(true);
    return bold;
  }();
  for (std::size_t row = 0; row < layout_.rows.size(); ++row) {
    for (std::size_t i = 0; i < layout_.rows[row].size(); ++i) {
      const PanelGroup& group = grid_.rows[row][i];
      // The title and its second line stand together, centred beside the pictures.
      const QRectF area = layout_.rows[row][i].title.adjusted(0, 0, -2 * kStep, 0);
      const QFontMetrics small(small_font(font()));
      const int text_height = small.boundingRect(area.toRect(), Qt::TextWordWrap, group.subtitle).height();
      const int title_height = QFontMetrics(title_font).height();
      const double top = area.center().y() - (title_height + text_height) / 2.0;
      painter.setFont(title_font);
      painter.setPen(palette().color(QPalette::Text));
      painter.drawText(QRectF(area.left(), top, area.width(), title_height), Qt::AlignLeft, group.title);
      painter.setFont(small_font(font()));
      painter.setPen(palette().color(QPalette::PlaceholderText));
      painter.drawText(QRectF(area.left(), top + title_height + 1, area.width(), text_height + 2),
                       Qt::AlignLeft | Qt::TextWordWrap, group.subtitle);
    }
  }
}

void MapGrid::click_tile(int index, QPointF position) {
  setFocus(Qt::MouseFocusReason);
  const bool release = pinned_ && chosen_ == index;
  unpin();
  if (!release) {
    pinned_ = position;
    chosen_ = index;
    tiles_[static_cast<std::size_t>(index)]->set_chosen(true);
  }
  set_cursor(position);
}

void MapGrid::unpin() {
  pinned_.reset();
  chosen_ = -1;
  for (MapTile* tile : tiles_) tile->set_chosen(false);
}

void MapGrid::keyPressEvent(QKeyEvent* event) {
  const Map* map = nullptr;
  for (const MapTile* tile : tiles_)
    if (map == nullptr && tile->panel().map) map = tile->panel().map.get();
  QPoint step;
  switch (event->key()) {
    case Qt::Key_Left: step = {-1, 0}; break;
    case Qt::Key_Right: step = {1, 0}; break;
    case Qt::Key_Up: step = {0, -1}; break;
    case Qt::Key_Down: step = {0, 1}; break;
    case Qt::Key_Escape:
      unpin();
      set_cursor(std::nullopt);
      return;
    default: break;
  }
  if (map == nullptr || step.isNull()) {
    QWidget::keyPressEvent(event);
    return;
  }
  const QPoint cell = map_cell(*map, cursor_.value_or(QPointF(0.5, 0.5))).value_or(QPoint()) + step;
  const QPointF position((std::clamp(cell.x(), 0, map->width - 1) + 0.5) / map->width,
                         (std::clamp(cell.y(), 0, map->height - 1) + 0.5) / map->height);
  pinned_ = position;
  set_cursor(position);
}

void MapGrid::focusInEvent(QFocusEvent* event) {
  // Keyboard focus without a cross hair would be invisible.
  if (event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason)
    if (!cursor_ && !tiles_.empty()) set_cursor(QPointF(0.5, 0.5));
  QWidget::focusInEvent(event);
}

void MapGrid::focusOutEvent(QFocusEvent* event) {
  if (!pinned_) set_cursor(std::nullopt);
  QWidget::focusOutEvent(event);
}

bool MapGrid::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    for (std::size_t row = 0; row < layout_.rows.size(); ++row)
      for (std::size_t i = 0; i < layout_.rows[row].size(); ++i)
        if (layout_.rows[row][i].title.contains(help->pos())) {
          QToolTip::showText(help->globalPos(), grid_.rows[row][i].hint, this);
          return true;
        }
    QToolTip::hideText();
  }
  return QWidget::event(event);
}

}  // namespace orderscope
