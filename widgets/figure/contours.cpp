// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/contours.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "core/image/overlay.h"

namespace orderscope {
namespace {

constexpr int kSmooth = 64;  // samples along the shorter side: a coarse map's hyperbolas look round

/// Samples on a lattice whose rim lies on the rim of the map.
struct Lattice {
  int width = 0, height = 0;
  std::vector<float> values;

  float at(int x, int y) const { return values[static_cast<std::size_t>(y) * width + x]; }
};

Lattice lattice_of(const Map& map) {
  const auto finer = [&](int cells) { return cells * std::max(1, kSmooth / std::min(map.width, map.height)); };
  const int width = finer(map.width), height = finer(map.height);
  const std::vector<float> inner = upsample(map, width, height, Interpolation::Bilinear);
  Lattice lattice{width + 2, height + 2, {}};
  lattice.values.reserve(static_cast<std::size_t>(lattice.width) * lattice.height);
  for (int y = 0; y < lattice.height; ++y)
    for (int x = 0; x < lattice.width; ++x) {
      const int row = std::clamp(y - 1, 0, height - 1), column = std::clamp(x - 1, 0, width - 1);
      lattice.values.push_back(inner[static_cast<std::size_t>(row) * width + column]);
    }
  return lattice;
}

/// Sample i lies in the middle of pixel i - 1, the first and last on the rim.
double place(double sample, int samples) { return std::clamp((sample - 0.5) / (samples - 2), 0.0, 1.0); }

/// Edges of the lattice by number: to the right of a sample (even) and below it (odd).
int edge_right(const Lattice& lattice, int x, int y) { return 2 * (y * lattice.width + x); }
int edge_below(const Lattice& lattice, int x, int y) { return 2 * (y * lattice.width + x) + 1; }

QPointF crossing(const Lattice& lattice, int edge, float level) {
  const int x = edge / 2 % lattice.width, y = edge / 2 / lattice.width;
  const bool right = edge % 2 == 0;
  const float from = lattice.at(x, y), to = right ? lattice.at(x + 1, y) : lattice.at(x, y + 1);
  const double part = from == to ? 0.5 : (static_cast<double>(level) - from) / (static_cast<double>(to) - from);
  const auto between = [part](double a, double b) { return a + (b - a) * part; };
  if (right) return {between(place(x, lattice.width), place(x + 1, lattice.width)), place(y, lattice.height)};
  return {place(x, lattice.width), between(place(y, lattice.height), place(y + 1, lattice.height))};
}

using Neighbours = std::unordered_map<int, std::array<int, 2>>;

void join(Neighbours& neighbours, int a, int b) {
  for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)}) {
    auto& both = neighbours.try_emplace(from, std::array{-1, -1}).first->second;
    both[both[0] < 0 ? 0 : 1] = to;
  }
}

/// Marching squares: which edges of each square the line connects.
Neighbours segments(const Lattice& lattice, float level) {
  Neighbours neighbours;
  for (int y = 0; y + 1 < lattice.height; ++y)
    for (int x = 0; x + 1 < lattice.width; ++x) {
      const float a = lattice.at(x, y), b = lattice.at(x + 1, y), c = lattice.at(x + 1, y + 1),
                  d = lattice.at(x, y + 1);
      if (!std::isfinite(a + b + c + d)) continue;
      const int above = (a > level) | (b > level) << 1 | (c > level) << 2 | (d > level) << 3;
      if (above == 0 || above == 15) continue;
      const int top = edge_right(lattice, x, y), bottom = edge_right(lattice, x, y + 1);
      const int left = edge_below(lattice, x, y), right = edge_below(lattice, x + 1, y);
      const bool middle = (a + b + c + d) / 4 > level;
      switch (above) {
        case 1:
        case 14: join(neighbours, left, top); break;
        case 2:
        case 13: join(neighbours, top, right); break;
        case 4:
        case 11: join(neighbours, right, bottom); break;
        case 8:
        case 7: join(neighbours, bottom, left); break;
        case 3:
        case 12: join(neighbours, left, right); break;
        case 6:
        case 9: join(neighbours, top, bottom); break;
        default: {
          // A saddle: the middle decides which two corners belong together.
          const bool around_b_and_d = (above == 5) == middle;
          join(neighbours, left, around_b_and_d ? bottom : top);
          join(neighbours, right, around_b_and_d ? top : bottom);
        }
      }
    }
  return neighbours;
}

}  // namespace

std::vector<float> contour_levels(const ColorScale& scale, int count) {
  std::vector<float> levels;
  for (int i = 1; i <= count; ++i) {
    const double part = static_cast<double>(i) / (count + 1);
    if (is_signed(scale)) {
      levels.push_back(static_cast<float>(scale.low * part));
      levels.push_back(static_cast<float>(scale.high * part));
    } else {
      levels.push_back(static_cast<float>(scale.low + (static_cast<double>(scale.high) - scale.low) * part));
    }
  }
  std::sort(levels.begin(), levels.end());
  return levels;
}

std::vector<QPolygonF> contour_lines(const Map& map, float level) {
  if (map.empty() || !std::isfinite(level)) return {};
  const Lattice lattice = lattice_of(map);
  Neighbours neighbours = segments(lattice, level);
  std::vector<QPolygonF> lines;
  const auto walk = [&](int start) {
    QPolygonF line;
    int edge = start, previous = -1;
    while (edge >= 0) {
      line << crossing(lattice, edge, level);
      const auto found = neighbours.find(edge);
      if (found == neighbours.end()) break;  // back at the start of a closed line
      const auto [a, b] = found->second;
      neighbours.erase(found);
      const int next = a == previous ? b : a;
      previous = edge;
      edge = next;
    }
    if (line.size() > 1) lines.push_back(line);
  };
  // Open lines first, from one of their ends: walked from the middle they would fall into two.
  std::vector<int> ends;
  for (const auto& [edge, both] : neighbours)
    if (both[1] < 0) ends.push_back(edge);
  std::sort(ends.begin(), ends.end());
  for (const int edge : ends)
    if (neighbours.contains(edge)) walk(edge);
  std::vector<int> closed;
  for (const auto& [edge, both] : neighbours) closed.push_back(edge);
  std::sort(closed.begin(), closed.end());
  for (const int edge : closed)
    if (neighbours.contains(edge)) walk(edge);
  return lines;
}

}  // namespace orderscope
