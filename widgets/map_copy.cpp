// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map_copy.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QImage>

#include "widgets/map_tile.h"

namespace orderscope {

QString map_as_tsv(const Map& map) {
  QString text;
  for (int y = 0; y < map.height; ++y)
    for (int x = 0; x < map.width; ++x) {
      text += QString::number(static_cast<double>(map.at(y, x)), 'g', 9);
      text += x + 1 < map.width ? QLatin1Char('\t') : QLatin1Char('\n');
    }
  return text;
}

bool copy_picture(const MapTile& tile) {
  const QImage image = tile.picture(512);
  if (image.isNull()) return false;
  QGuiApplication::clipboard()->setImage(image);
  return true;
}

bool copy_numbers(const MapTile& tile) {
  const auto& map = tile.panel().map;
  if (!map || map->empty()) return false;
  QGuiApplication::clipboard()->setText(map_as_tsv(*map));
  return true;
}

}  // namespace orderscope
