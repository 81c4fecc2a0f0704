// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/prediction_image.h"

#include <QPainter>
#include <algorithm>

#include "core/image/detection_overlay.h"
#include "core/image/label_image.h"
#include "widgets/figure/map_image.h"

namespace orderscope {

namespace {

QImage classes_image(const DensePrediction& prediction, const Model& model, double opacity, std::optional<int> only) {
  const Image& picture = prediction.picture;
  const Image colors = paint_labels(prediction.labels, picture.width, picture.height, model.palette);
  Image mixed = blend(picture, colors, static_cast<float>(opacity));
  if (only)
    for (std::size_t i = 0; i < prediction.labels.size(); ++i)
      if (prediction.labels[i] != *only) std::copy_n(picture.rgb.begin() + 3 * i, 3, mixed.rgb.begin() + 3 * i);
  return to_qimage(mixed);
}

QImage boxes_image(const DensePrediction& prediction, const Model& model, double opacity, std::optional<int> only) {
  std::vector<ClassLook> looks;
  for (int c = 0; c < model.architecture.classes; ++c) {
    const ClassColor color = static_cast<std::size_t>(c) < model.palette.size()
                                 ? model.palette[static_cast<std::size_t>(c)]
                                 : ClassColor{150, 150, 150};
    looks.push_back({model.class_name(c), {color[0], color[1], color[2]}});
  }
  Detections shown = prediction.detections;
  if (only) {
    const auto number = static_cast<std::size_t>(*only);
    if (*only >= 0 && number < shown.found.size())
      shown.found = {prediction.detections.found[number]};
    else
      shown.found.clear();
  }
  DetectionOverlayOptions style;
  style.opacity = static_cast<float>(opacity);
  const QImage photo = to_qimage(draw_detections(prediction.photo, shown, looks, style));
  QImage image(prediction.picture.width, prediction.picture.height, QImage::Format_RGB32);
  image.fill(Qt::black);
  QPainter painter(&image);
  painter.setRenderHint(QPainter::SmoothPixmapTransform);
  const PixelSize& inside = prediction.detections.frame.resized;
  painter.drawImage(QRectF(0, 0, static_cast<double>(inside.width), static_cast<double>(inside.height)), photo);
  return image;
}

}  // namespace

QImage prediction_image(const DensePrediction& prediction, const Model& model, double opacity,
                        std::optional<int> only) {
  if (!prediction.labels.empty()) return classes_image(prediction, model, opacity, only);
  if (model.is_detector()) return boxes_image(prediction, model, opacity, only);
  return to_qimage(prediction.picture);
}

std::optional<int> predicted_at(const DensePrediction& prediction, QPointF position) {
  if (position.x() < 0 || position.y() < 0 || position.x() > 1 || position.y() > 1) return std::nullopt;
  const Image& picture = prediction.picture;
  if (!prediction.labels.empty()) {
    const int x = std::min(static_cast<int>(position.x() * picture.width), picture.width - 1);
    const int y = std::min(static_cast<int>(position.y() * picture.height), picture.height - 1);
    return prediction
        .labels[static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width) + static_cast<std::size_t>(x)];
  }
  if (prediction.detections.found.empty()) return std::nullopt;
  const auto scale = prediction.detections.frame.scale();
  const double x = position.x() * picture.width / static_cast<double>(scale[0]);
  const double y = position.y() * picture.height / static_cast<double>(scale[1]);
  std::optional<int> smallest;
  double least = 0;
  for (std::size_t i = 0; i < prediction.detections.found.size(); ++i) {
    const Box& box = prediction.detections.found[i].box;
    const double area = (double(box[2]) - double(box[0])) * (double(box[3]) - double(box[1]));
    const bool inside = x >= double(box[0]) && x < double(box[2]) && y >= double(box[1]) && y < double(box[3]);
    if (!inside || (smallest && area >= least)) continue;
    smallest = static_cast<int>(i);
    least = area;
  }
  return smallest;
}

}  // namespace orderscope
