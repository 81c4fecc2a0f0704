// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <array>
#include <span>

#include "core/analysis/map.h"

namespace orderscope {

/// How values become colours. Magnitudes run from 0 (or the smallest value, if negative) to the largest in viridis;
/// signed values in a diverging map whose middle is always 0.
class ColorScale {
 public:
  /// Empty: everything is 0.
  ColorScale() : ColorScale(Range{}, false) {}
  ColorScale(Range range, bool is_signed);

  /// One scale that holds all the given maps; signed if any of them is. Null pointers are skipped.
  static ColorScale for_maps(std::span<const Map* const> maps);
  static ColorScale for_map(const Map& map);

  Range range() const { return range_; }
  bool is_signed() const { return is_signed_; }

  /// Values outside the range take the end's colour; NaN is a neutral grey.
  QRgb color(float value) const;

  /// The colours from the low end (left) to the high end, 256 x 1.
  QImage ramp() const;

 private:
  Range range_;
  bool is_signed_ = false;
  std::array<QRgb, 256> table_{};
};

/// 256 colours of the map for magnitudes or of the diverging one.
const std::array<QRgb, 256>& color_table(bool diverging);

}  // namespace orderscope
