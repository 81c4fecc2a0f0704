// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "core/image/image.h"

namespace orderscope {

struct Point {
  double x = 0, y = 0;
  bool operator==(const Point&) const = default;
};

struct Cell {
  int row = 0, column = 0;
  bool operator==(const Cell&) const = default;
};

/// Where a map lies in its photo, so that maps of models that crop and resize differently meet at the same place: what
/// is linked is a point of the photo. Three kinds of coordinates: photo pixels, (0, 0) at the top left corner of the
/// first one; fractions of the frame, (0, 0) top left and (1, 1) bottom right; cells of a map of the frame.
class Frame {
 public:
  Frame() = default;  ///< the unit square: without a photo, fractions are all there is
  Frame(double x, double y, double width, double height) : box_{x, y, width, height} {}
  explicit Frame(const CropBox& box) : box_(box) {}

  double x() const { return box_.x; }
  double y() const { return box_.y; }
  double width() const { return box_.width; }
  double height() const { return box_.height; }
  bool empty() const { return !(box_.width > 0 && box_.height > 0); }

  Point to_photo(Point fraction) const;
  Point to_fraction(Point photo) const;
  bool contains(Point photo) const;

  /// Cell of a map of rows x columns at a point of the photo; nothing outside the frame or without cells.
  std::optional<Cell> cell_at(Point photo, int rows, int columns) const;
  /// The middle of a cell, in photo pixels.
  Point cell_centre(Cell cell, int rows, int columns) const;
  /// What a cell covers of the photo.
  Frame cell_frame(Cell cell, int rows, int columns) const;

  /// What both show of the photo; empty() where they do not meet.
  Frame intersected(const Frame& other) const;
  /// The least frame of these proportions (width / height) around this one, with the same middle.
  Frame grown_to(double proportions) const;

  bool operator==(const Frame& other) const;

 private:
  CropBox box_{0, 0, 1, 1};
};

}  // namespace orderscope
