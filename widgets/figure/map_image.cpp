// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/map_image.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/image/overlay.h"

namespace orderscope {
namespace {

QRgb mix(QRgb below, QRgb above, int weight_of_256) {
  const auto channel = [&](int a, int b) { return a + (((b - a) * weight_of_256) >> 8); };
  return qRgb(channel(qRed(below), qRed(above)), channel(qGreen(below), qGreen(above)),
              channel(qBlue(below), qBlue(above)));
}

}  // namespace

ColorScale styled(const ColorScale& scale, const MapStyle& style) {
  const auto& wanted = is_signed(scale) ? style.signed_colormap : style.colormap;
  return wanted ? with_colormap(scale, *wanted) : scale;
}

std::optional<QPoint> map_cell(const Map& map, QPointF position) {
  if (map.empty() || position.x() < 0 || position.y() < 0 || position.x() > 1 || position.y() > 1) return std::nullopt;
  return QPoint(std::min(static_cast<int>(position.x() * map.width), map.width - 1),
                std::min(static_cast<int>(position.y() * map.height), map.height - 1));
}

QImage color_image(const Map& map, const ColorScale& scale, QSize size, bool interpolate) {
  if (map.empty() || size.isEmpty()) return {};
  const auto how = interpolate ? Interpolation::Bilinear : Interpolation::Nearest;
  const std::vector<float> values = upsample(map, size.width(), size.height(), how);
  QImage image(size, QImage::Format_RGB32);
  auto value = values.begin();
  for (int y = 0; y < size.height(); ++y) {
    auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
    for (int x = 0; x < size.width(); ++x) line[x] = to_qrgb(scale(*value++));
  }
  return image;
}

QImage overlay_image(const Map& map, const ColorScale& scale, const QImage& photo, QSize size, const MapStyle& style) {
  QImage image = color_image(map, styled(scale, style), size, style.interpolate);
  if (image.isNull() || photo.isNull() || style.opacity >= 1) return image;
  // In greys: the colours of the picture must not be read as values.
  const QImage below =
      photo.scaled(size, Qt::IgnoreAspectRatio, Qt::SmoothTransformation).convertToFormat(QImage::Format_RGB32);
  const int weight = std::clamp(static_cast<int>(std::lround(style.opacity * 256)), 0, 256);
  for (int y = 0; y < size.height(); ++y) {
    auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
    const auto* photo_line = reinterpret_cast<const QRgb*>(below.constScanLine(y));
    for (int x = 0; x < size.width(); ++x) {
      const int grey = qGray(photo_line[x]);
      line[x] = mix(qRgb(grey, grey, grey), line[x], weight);
    }
  }
  return image;
}

QImage to_qimage(const Image& image) {
  if (image.empty()) return {};
  return QImage(image.rgb.data(), image.width, image.height, image.width * 3, QImage::Format_RGB888)
      .convertToFormat(QImage::Format_RGB32);
}

}  // namespace orderscope
