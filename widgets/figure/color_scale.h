// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QImage>
#include <span>

#include "core/analysis/map.h"
#include "core/image/colormap.h"

namespace orderscope {

/// One scale that holds all the given maps. Magnitudes run from 0 (or the smallest value, if negative) to the largest in
/// viridis; if any map is signed, all are drawn in the diverging map with 0 in the middle. Null pointers are skipped.
ColorScale scale_for_maps(std::span<const Map* const> maps);
ColorScale scale_for_map(const Map& map);

bool is_signed(const ColorScale& scale);
Range range_of(const ColorScale& scale);

inline QRgb to_qrgb(Rgb color) { return qRgb(color.r, color.g, color.b); }

/// The colours from the high end (top) to the low end, 1 x 256.
QImage upright_ramp(const ColorScale& scale);

}  // namespace orderscope
