// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include "core/analysis/map.h"

namespace orderscope {

class MapTile;

/// All values, a line a row, tabs between columns: what spreadsheets paste. Nine significant digits, so that float32
/// comes back as it was.
QString map_as_tsv(const Map& map);

/// To the clipboard: what the tile shows, at least 512 pixels wide. False if it shows no map.
bool copy_picture(const MapTile& tile);
/// To the clipboard: the whole map's values.
bool copy_numbers(const MapTile& tile);

}  // namespace orderscope
