// SPDX-License-Identifier: GPL-3.0-or-later
#include <QActionGroup>
#include <QMenu>
#include <QPainter>
#include <QPixmap>

#include "widgets/map_copy.h"
#include "widgets/map_grid.h"
#include "widgets/map_link.h"
#include "widgets/map_tile.h"

namespace orderscope {
namespace {

QIcon ramp_icon(Colormap colormap) {
  const ColorTable& table = table_of(colormap);
  QImage ramp(static_cast<int>(table.size()), 1, QImage::Format_RGB32);
  for (int i = 0; i < ramp.width(); ++i) ramp.setPixel(i, 0, to_qrgb(table[static_cast<std::size_t>(i)]));
  return QIcon(QPixmap::fromImage(ramp.scaled(64, 24)));
}

}  // namespace

QMenu* make_style_menu(const MapStyle& style, QWidget* parent, std::function<void(const MapStyle&)> chosen) {
  auto* menu = new QMenu(MapGrid::tr("Drawing"), parent);
  const auto add = [&](QMenu* to, const QString& text, bool checked, const MapStyle& result) {
    QAction* action = to->addAction(text);
    action->setCheckable(true);
    action->setChecked(checked);
    QObject::connect(action, &QAction::triggered, parent, [chosen, result] { chosen(result); });
    return action;
  };
  for (const bool is_signed : {false, true}) {
    QMenu* colors =
        menu->addMenu(is_signed ? MapGrid::tr("Colours of signed maps") : MapGrid::tr("Colours of magnitudes"));
    auto* group = new QActionGroup(colors);
    for (const Colormap colormap : all_colormaps()) {
      if (is_diverging(colormap) != is_signed) continue;
      MapStyle result = style;
      (is_signed ? result.signed_colormap : result.colormap) = colormap;
      const Colormap now =
          is_signed ? style.signed_colormap.value_or(Colormap::Diverging) : style.colormap.value_or(Colormap::Viridis);
      const std::string_view name = name_of(colormap);
      QAction* action =
          add(colors, QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())), colormap == now, result);
      action->setIcon(ramp_icon(colormap));
      action->setIconVisibleInMenu(true);
      group->addAction(action);
    }
  }
  MapStyle result = style;
  result.interpolate = !style.interpolate;
  add(menu, MapGrid::tr("Interpolate between cells"), style.interpolate, result);
  QMenu* contours = menu->addMenu(MapGrid::tr("Contour lines"));
  auto* group = new QActionGroup(contours);
  for (const int count : {0, 1, 2, 3, 5, 8}) {
    result = style;
    result.contours = count;
    group->addAction(
        add(contours, count == 0 ? MapGrid::tr("none") : QString::number(count), count == style.contours, result));
  }
  return menu;
}

QMenu* MapGrid::make_menu(int index) {
  auto* menu = new QMenu(this);
  MapTile* tile =
      index < 0 || index >= static_cast<int>(tiles_.size()) ? nullptr : tiles_[static_cast<std::size_t>(index)];
  if (tile) {
    const bool has_map = tile->panel().map != nullptr && !tile->panel().map->empty(),
               has_picture = !tile->panel().empty();
    QAction* picture = menu->addAction(tr("&Copy as picture"), this, [tile] { copy_picture(*tile); });
    picture->setShortcut(QKeySequence::Copy);
    QAction* numbers = menu->addAction(tr("Copy as &numbers"), this, [tile] { copy_numbers(*tile); });
    numbers->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C));
    picture->setEnabled(has_picture);
    numbers->setEnabled(has_map);
    menu->addSeparator();
    menu->addAction(tr("Zoom &in"), this, [tile] { tile->zoom(2, tile->cursor_position()); })
        ->setShortcut(QKeySequence(Qt::Key_Plus));
    menu->addAction(tr("Zoom &out"), this, [tile] { tile->zoom(0.5, tile->cursor_position()); })
        ->setShortcut(QKeySequence(Qt::Key_Minus));
    QAction* whole = menu->addAction(tr("Show the &whole"), this, [this] { link_->set_window(std::nullopt); });
    whole->setShortcut(QKeySequence(Qt::Key_0));
    whole->setEnabled(link_->window().has_value());
    if (has_picture) add_swipe_menu(*menu, index);
    menu->addSeparator();
  }
  menu->addMenu(make_style_menu(grid_.style, menu, [this](const MapStyle& style) { take_style(style); }));
  QAction* automatic = menu->addAction(tr("&Automatic colour ranges"), this, [this] { set_choices({}); });
  automatic->setEnabled(!choices_.empty());
  if (tile) Q_EMIT menu_opening(index, menu);
  return menu;
}

void MapGrid::add_swipe_menu(QMenu& menu, int index) {
  QMenu* swipe = menu.addMenu(tr("&Divide with"));
  if (swipes_.contains(index)) {
    swipe->addAction(tr("nothing"), this, [this, index] { set_swipe(index, -1); });
    swipe->addSeparator();
  }
  for (std::size_t other = 0; other < tiles_.size(); ++other) {
    const MapPanel& panel = tiles_[other]->panel();
    if (static_cast<int>(other) == index || panel.empty()) continue;
    swipe->addAction(panel.name.isEmpty() ? panel.label : panel.name, this,
                     [this, index, other] { set_swipe(index, static_cast<int>(other)); });
  }
  swipe->setEnabled(!swipe->isEmpty());
}

void MapGrid::show_menu(int tile, QPoint global) {
  QMenu* menu = make_menu(tile);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->popup(global);
}

}  // namespace orderscope
