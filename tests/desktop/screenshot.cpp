// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdlib>
#include <set>

#include "tests/desktop/desktop.h"

namespace orderscope::test {

int Color::saturation() const { return std::max({r, g, b}) - std::min({r, g, b}); }

Color Screenshot::at(int x, int y) const {
  if (x < 0 || y < 0 || x >= width || y >= height) return {};
  const std::size_t i =
      3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x));
  return {rgb[i], rgb[i + 1], rgb[i + 2]};
}

Area Screenshot::clipped(Area area) const {
  const int left = std::clamp(area.x, 0, width), top = std::clamp(area.y, 0, height);
  const int right = std::clamp(area.x + area.width, left, width),
            bottom = std::clamp(area.y + area.height, top, height);
  return {left, top, right - left, bottom - top};
}

double Screenshot::share(const Area& wanted, const std::function<bool(Color)>& holds) const {
  const Area area = clipped(wanted);
  if (area.empty()) return 0;
  long count = 0;
  for (int y = area.y; y < area.y + area.height; ++y)
    for (int x = area.x; x < area.x + area.width; ++x) count += holds(at(x, y)) ? 1 : 0;
  return static_cast<double>(count) / (static_cast<double>(area.width) * area.height);
}

double Screenshot::colourful(const Area& area) const {
  constexpr int kGrey = 40;  // greys of both themes stay below 20
  return share(area, [](Color color) { return color.saturation() > kGrey; });
}

int Screenshot::variety(const Area& wanted) const {
  const Area area = clipped(wanted);
  std::set<int> colors;
  for (int y = area.y; y < area.y + area.height; ++y)
    for (int x = area.x; x < area.x + area.width; ++x) {
      const Color c = at(x, y);
      colors.insert((c.r >> 4) << 8 | (c.g >> 4) << 4 | c.b >> 4);
    }
  return static_cast<int>(colors.size());
}

double Screenshot::changed(const Screenshot& before, const Area& wanted) const {
  const Area area = clipped(wanted);
  if (area.empty() || before.width != width || before.height != height) return 1;
  constexpr int kRounding = 12;
  long count = 0;
  for (int y = area.y; y < area.y + area.height; ++y)
    for (int x = area.x; x < area.x + area.width; ++x) {
      const Color a = at(x, y), b = before.at(x, y);
      if (std::abs(a.r - b.r) + std::abs(a.g - b.g) + std::abs(a.b - b.b) > kRounding) ++count;
    }
  return static_cast<double>(count) / (static_cast<double>(area.width) * area.height);
}

}  // namespace orderscope::test
