// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/frame.h"

#include <algorithm>

namespace orderscope {

Point Frame::to_photo(Point fraction) const {
  return {box_.x + fraction.x * box_.width, box_.y + fraction.y * box_.height};
}

Point Frame::to_fraction(Point photo) const {
  return {(photo.x - box_.x) / box_.width, (photo.y - box_.y) / box_.height};
}

bool Frame::contains(Point photo) const {
  const Point at = to_fraction(photo);
  return at.x >= 0 && at.y >= 0 && at.x <= 1 && at.y <= 1;
}

std::optional<Cell> Frame::cell_at(Point photo, int rows, int columns) const {
  if (empty() || rows < 1 || columns < 1 || !contains(photo)) return std::nullopt;
  const Point at = to_fraction(photo);
  return Cell{std::min(static_cast<int>(at.y * rows), rows - 1),
              std::min(static_cast<int>(at.x * columns), columns - 1)};
}

Point Frame::cell_centre(Cell cell, int rows, int columns) const {
  return to_photo({(cell.column + 0.5) / columns, (cell.row + 0.5) / rows});
}

Frame Frame::cell_frame(Cell cell, int rows, int columns) const {
  const Point corner = to_photo({static_cast<double>(cell.column) / columns, static_cast<double>(cell.row) / rows});
  return {corner.x, corner.y, box_.width / columns, box_.height / rows};
}

Frame Frame::intersected(const Frame& other) const {
  const double left = std::max(x(), other.x()), top = std::max(y(), other.y());
  const double right = std::min(x() + width(), other.x() + other.width());
  const double bottom = std::min(y() + height(), other.y() + other.height());
  return {left, top, std::max(right - left, 0.0), std::max(bottom - top, 0.0)};
}

Frame Frame::grown_to(double proportions) const {
  if (empty() || !(proportions > 0)) return *this;
  const double wide = std::max(width(), height() * proportions);
  const double high = std::max(height(), width() / proportions);
  return {x() - (wide - width()) / 2, y() - (high - height()) / 2, wide, high};
}

bool Frame::operator==(const Frame& other) const {
  return x() == other.x() && y() == other.y() && width() == other.width() && height() == other.height();
}

}  // namespace orderscope
