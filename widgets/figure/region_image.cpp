// SPDX-License-Identifier: GPL-3.0-or-later
#include <QPainter>
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "widgets/figure/map_image.h"

namespace orderscope {
namespace {

constexpr int kShades = 2048;

/// The colours of a scale as a table: a look-up a pixel instead of an interpolation.
class Shades {
 public:
  explicit Shades(const ColorScale& scale) : low_(scale.low), missing_(to_qrgb(missing_color(scale.colormap))) {
    const double extent = static_cast<double>(scale.high) - scale.low;
    factor_ = extent != 0 && std::isfinite(extent) ? static_cast<float>((kShades - 1) / extent) : 0;
    if (factor_ == 0) {
      colors_.fill(to_qrgb(scale(scale.low)));
      return;
    }
    for (int i = 0; i < kShades; ++i)
      colors_[static_cast<std::size_t>(i)] = to_qrgb(color(scale.colormap, static_cast<float>(i) / (kShades - 1)));
  }

  QRgb operator()(float value) const {
    if (std::isnan(value)) return missing_;
    const float shade = std::clamp((value - low_) * factor_ + 0.5F, 0.0F, kShades - 1.0F);
    return colors_[static_cast<std::size_t>(std::isnan(shade) ? 0.0F : shade)];
  }

 private:
  std::array<QRgb, kShades> colors_{};
  float low_;
  float factor_ = 0;
  QRgb missing_;
};

/// The two cells around each of `pixels` pixel centres in [start, start + length] of the axis; first < 0 outside it.
struct Tap {
  int first = 0, second = 0;
  float part = 0;
};

std::vector<Tap> taps(int cells, double start, double length, int pixels, bool interpolate) {
  std::vector<Tap> result(static_cast<std::size_t>(pixels));
  for (int i = 0; i < pixels; ++i) {
    Tap& tap = result[static_cast<std::size_t>(i)];
    const double position = (start + length * (i + 0.5) / pixels) * cells;
    if (!(position >= 0 && position <= cells)) {
      tap.first = -1;
    } else if (!interpolate) {
      tap.first = tap.second = std::min(static_cast<int>(position), cells - 1);
    } else {
      const double centred = std::clamp(position - 0.5, 0.0, cells - 1.0);
      tap.first = static_cast<int>(centred);
      tap.second = std::min(tap.first + 1, cells - 1);
      tap.part = static_cast<float>(centred - tap.first);
    }
  }
  return result;
}

float mixed(float a, float b, float part) {
  if (part == 0) return a;
  const float value = a + (b - a) * part;
  // A cell without a value spreads only as far as it reaches itself.
  return std::isfinite(value) ? value : part < 0.5F ? a : b;
}

}  // namespace

QImage color_region(const Map& map, const ColorScale& scale, const QRectF& part, QSize size, bool interpolate) {
  if (map.empty() || size.isEmpty() || part.isEmpty()) return {};
  const std::vector<Tap> columns = taps(map.width, part.left(), part.width(), size.width(), interpolate);
  const std::vector<Tap> rows = taps(map.height, part.top(), part.height(), size.height(), interpolate);
  QImage image(size, QImage::Format_ARGB32_Premultiplied);
  const Shades shades(scale);
  std::vector<float> values(static_cast<std::size_t>(map.width));
  for (int y = 0; y < size.height(); ++y) {
    auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
    const Tap& row = rows[static_cast<std::size_t>(y)];
    if (row.first < 0) {
      std::fill_n(line, size.width(), 0U);
      continue;
    }
    if (!interpolate && y > 0 && rows[static_cast<std::size_t>(y) - 1].first == row.first) {
      std::copy_n(reinterpret_cast<const QRgb*>(image.constScanLine(y - 1)), size.width(), line);
      continue;
    }
    for (int x = 0; x < map.width; ++x)
      values[static_cast<std::size_t>(x)] = mixed(map.at(row.first, x), map.at(row.second, x), row.part);
    int last = -1;
    for (int x = 0; x < size.width(); ++x) {
      const Tap& column = columns[static_cast<std::size_t>(x)];
      if (column.first < 0) {
        line[x] = 0;
      } else if (interpolate) {
        line[x] = shades(mixed(values[static_cast<std::size_t>(column.first)],
                               values[static_cast<std::size_t>(column.second)], column.part));
      } else {
        // Flat cells show the very colour of their value.
        line[x] = column.first == last ? line[x - 1] : to_qrgb(scale(values[static_cast<std::size_t>(column.first)]));
        last = column.first;
      }
    }
  }
  return image;
}

QImage image_region(const QImage& colors, const QRectF& part, QSize size, bool interpolate) {
  if (colors.isNull() || size.isEmpty() || part.isEmpty()) return {};
  const QImage source = colors.convertToFormat(QImage::Format_RGB32);
  const std::vector<Tap> columns = taps(source.width(), part.left(), part.width(), size.width(), interpolate);
  const std::vector<Tap> rows = taps(source.height(), part.top(), part.height(), size.height(), interpolate);
  QImage image(size, QImage::Format_ARGB32_Premultiplied);
  const auto mix = [](QRgb a, QRgb b, float t) {
    const auto channel = [t](int x, int y) { return static_cast<int>(std::lround(x + (y - x) * t)); };
    return qRgb(channel(qRed(a), qRed(b)), channel(qGreen(a), qGreen(b)), channel(qBlue(a), qBlue(b)));
  };
  for (int y = 0; y < size.height(); ++y) {
    auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
    const Tap& row = rows[static_cast<std::size_t>(y)];
    const auto* upper = reinterpret_cast<const QRgb*>(source.constScanLine(std::max(row.first, 0)));
    const auto* lower = reinterpret_cast<const QRgb*>(source.constScanLine(row.second));
    for (int x = 0; x < size.width(); ++x) {
      const Tap& column = columns[static_cast<std::size_t>(x)];
      if (row.first < 0 || column.first < 0)
        line[x] = 0;
      else if (!interpolate)
        line[x] = upper[column.first];
      else
        line[x] = mix(mix(upper[column.first], upper[column.second], column.part),
                      mix(lower[column.first], lower[column.second], column.part), row.part);
    }
  }
  return image;
}

QImage grey_region(const QImage& photo, const QRectF& part, QSize size) {
  if (photo.isNull() || size.isEmpty() || part.isEmpty()) return {};
  const QRectF source(part.left() * photo.width(), part.top() * photo.height(), part.width() * photo.width(),
                      part.height() * photo.height());
  QImage image(size, QImage::Format_ARGB32_Premultiplied);
  image.fill(Qt::transparent);
  QPainter painter(&image);
  const double magnification = size.width() / source.width();
  if (magnification >= 1) {
    // From eight times on the pixels of the photo are what there is to see.
    painter.setRenderHint(QPainter::SmoothPixmapTransform, magnification < 8);
    painter.drawImage(QRectF(QPointF(0, 0), size), photo, source);
  } else {
    // Painting would pick pixels where it should average them.
    const QRect whole = source.toAlignedRect().intersected(photo.rect());
    const double scale_y = size.height() / source.height();
    const QRectF target((whole.left() - source.left()) * magnification, (whole.top() - source.top()) * scale_y,
                        whole.width() * magnification, whole.height() * scale_y);
    const QSize pixels = target.size().toSize().expandedTo({1, 1});
    const QImage cut = whole == photo.rect() ? photo : photo.copy(whole);
    painter.drawImage(target, cut.scaled(pixels, Qt::IgnoreAspectRatio, Qt::SmoothTransformation));
  }
  painter.end();
  for (int y = 0; y < size.height(); ++y) {
    auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
    for (int x = 0; x < size.width(); ++x) {
      const int grey = qGray(line[x]);
      line[x] = qRgba(grey, grey, grey, qAlpha(line[x]));
    }
  }
  return image;
}

}  // namespace orderscope
