// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QImage>

#include "core/analysis/map.h"
#include "core/image/colormap.h"

namespace orderscope {

bool is_signed(const ColorScale& scale);
Range range_of(const ColorScale& scale);

inline QRgb to_qrgb(Rgb color) { return qRgb(color.r, color.g, color.b); }

/// The colours from the high end (top) to the low end, 1 x 256.
QImage upright_ramp(const ColorScale& scale);

}  // namespace orderscope
