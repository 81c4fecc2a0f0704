// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/prediction_image.h"

#include <QFontMetricsF>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <vector>

#include "app/gui/inspection_engine.h"
#include "core/image/detection_overlay.h"
#include "core/image/label_image.h"
#include "core/run/prediction_picture.h"
#include "widgets/figure/map_image.h"

namespace orderscope {

namespace {

constexpr int kEdgeShare = 300;  // of the picture's width: what is a line's width on the screen

/// Where the explained class ends, so that it is found among the others.
void draw_edges(Image& image, const std::vector<std::int32_t>& labels, int label) {
  const int reach = std::max(1, image.width / kEdgeShare);
  const auto inside = [&](int x, int y) {
    return labels[static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(x)] ==
           label;
  };
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) {
      if (!inside(x, y)) continue;
      const int left = std::max(x - reach, 0), right = std::min(x + reach, image.width - 1);
      const int top = std::max(y - reach, 0), bottom = std::min(y + reach, image.height - 1);
      if (inside(left, y) && inside(right, y) && inside(x, top) && inside(x, bottom)) continue;
      std::fill_n(image.row(y) + std::size_t{3} * static_cast<std::size_t>(x), 3, std::uint8_t{255});
    }
}

QImage classes_image(const DensePrediction& prediction, const Model& model, const PredictionLook& look) {
  const Image& picture = prediction.picture;
  const Image colors = paint_labels(prediction.labels, picture.width, picture.height, model.palette);
  Image mixed = blend(picture, colors, static_cast<float>(look.opacity));
  std::vector<bool> shown(static_cast<std::size_t>(model.architecture.classes), !look.only_chosen);
  for (const int label : look.hidden)
    if (label >= 0 && label < model.architecture.classes) shown[static_cast<std::size_t>(label)] = false;
  if (look.only_chosen && look.explained >= 0 && look.explained < model.architecture.classes)
    shown[static_cast<std::size_t>(look.explained)] = true;
  for (std::size_t i = 0; i < prediction.labels.size(); ++i)
    if (!shown[static_cast<std::size_t>(prediction.labels[i])])
      std::copy_n(picture.rgb.data() + 3 * i, 3, mixed.rgb.data() + 3 * i);
  if (look.explained >= 0 && look.outlined) draw_edges(mixed, prediction.labels, look.explained);
  return to_qimage(mixed);
}

QImage masks_image(const DensePrediction& prediction, const Model& model, const PredictionLook& look) {
  Detections shown = prediction.detections;
  shown.found.clear();
  int number = 0;
  for (const Detection& one : prediction.detections.found)
    if (look.shows(one, number++)) shown.found.push_back(one);
  DetectionOverlayOptions style;
  style.opacity = static_cast<float>(look.opacity);
  style.boxes = false;
  const QImage photo = to_qimage(draw_detections(prediction.photo, shown, class_looks(model), style));
  QImage image(prediction.picture.width, prediction.picture.height, QImage::Format_RGB32);
  image.fill(Qt::black);
  QPainter painter(&image);
  painter.setRenderHint(QPainter::SmoothPixmapTransform);
  const PixelSize& inside = prediction.detections.frame.resized;
  painter.drawImage(QRectF(0, 0, static_cast<double>(inside.width), static_cast<double>(inside.height)), photo);
  return image;
}

}  // namespace

bool PredictionLook::shows(const Detection& detection, int number) const {
  if (number == explained) return true;
  return !only_chosen && double(detection.score) >= least_score && !hidden.contains(detection.label);
}

QColor class_color(const Model& model, int label) {
  if (label < 0 || static_cast<std::size_t>(label) >= model.palette.size()) return {150, 150, 150};
  const ClassColor& color = model.palette[static_cast<std::size_t>(label)];
  return {color[0], color[1], color[2]};
}

QImage prediction_image(const DensePrediction& prediction, const Model& model, const PredictionLook& look) {
  if (!prediction.labels.empty()) return classes_image(prediction, model, look);
  if (model.is_detector()) return masks_image(prediction, model, look);
  return to_qimage(prediction.picture);
}

void paint_boxes(QPainter& painter, const QRectF& area, const DensePrediction& prediction, const Model& model,
                 const PredictionLook& look) {
  const auto& found = prediction.detections.found;
  std::vector<int> order;  // the best first, the explained one before all
  for (int number = 0; number < static_cast<int>(found.size()); ++number)
    if (look.shows(found[static_cast<std::size_t>(number)], number))
      order.insert(number == look.explained ? order.begin() : order.end(), number);
  const auto scale = prediction.detections.frame.scale();
  const double x_scale = static_cast<double>(scale[0]) * area.width() / prediction.picture.width;
  const double y_scale = static_cast<double>(scale[1]) * area.height() / prediction.picture.height;
  const auto place = [&](const Box& box) {
    return QRectF(QPointF(area.left() + double(box[0]) * x_scale, area.top() + double(box[1]) * y_scale),
                  QPointF(area.left() + double(box[2]) * x_scale, area.top() + double(box[3]) * y_scale));
  };
  painter.save();
  painter.setClipRect(area);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setBrush(Qt::NoBrush);
  for (auto number = order.rbegin(); number != order.rend(); ++number) {
    const Detection& one = found[static_cast<std::size_t>(*number)];
    const bool explained = *number == look.explained;
    if (explained) {
      painter.setPen(QPen(Qt::white, 4));
      painter.drawRect(place(one.box));
    }
    painter.setPen(QPen(class_color(model, one.label), explained ? 2 : 1.2));
    painter.drawRect(place(one.box));
  }
  const QFontMetricsF metrics(painter.font());
  std::vector<QRectF> written;
  for (const int number : order) {
    const Detection& one = found[static_cast<std::size_t>(number)];
    const QColor color = class_color(model, one.label);
    const QString text = QStringLiteral("%1 %2")
                             .arg(QString::fromStdString(model.class_name(one.label)))
                             .arg(double(one.score), 0, 'f', 2);
    const QRectF box = place(one.box);
    QRectF label(box.left(), box.top() - metrics.height(), metrics.horizontalAdvance(text) + 6, metrics.height());
    if (label.top() < area.top()) label.moveTop(std::max(box.top(), area.top()));
    label.moveLeft(std::clamp(label.left(), area.left(), std::max(area.left(), area.right() - label.width())));
    if (std::ranges::any_of(written, [&](const QRectF& other) { return other.intersects(label); })) continue;
    written.push_back(label);
    painter.fillRect(label, color);
    painter.setPen(qGray(color.rgb()) > 140 ? QColor(16, 16, 16) : QColor(Qt::white));
    painter.drawText(label, Qt::AlignCenter, text);
  }
  painter.restore();
}

std::optional<int> predicted_at(const DensePrediction& prediction, QPointF position, const PredictionLook& look) {
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
    const Detection& one = prediction.detections.found[i];
    const Box& box = one.box;
    const double area = (double(box[2]) - double(box[0])) * (double(box[3]) - double(box[1]));
    const bool inside = x >= double(box[0]) && x < double(box[2]) && y >= double(box[1]) && y < double(box[3]);
    if (!inside || !look.shows(one, static_cast<int>(i)) || (smallest && area >= least)) continue;
    smallest = static_cast<int>(i);
    least = area;
  }
  return smallest;
}

std::optional<PhotoRegion> photo_region(const QRectF& part, const CropBox& crop, const Image& photo) {
  const auto edge = [](double fraction, double start, double length, int side) {
    return std::clamp<std::int64_t>(std::llround(start + fraction * length), 0, side);
  };
  const std::int64_t left = edge(part.left(), crop.x, crop.width, photo.width);
  const std::int64_t top = edge(part.top(), crop.y, crop.height, photo.height);
  const std::int64_t width = edge(part.right(), crop.x, crop.width, photo.width) - left;
  const std::int64_t height = edge(part.bottom(), crop.y, crop.height, photo.height) - top;
  if (width < 1 || height < 1) return std::nullopt;
  return PhotoRegion{left, top, width, height};
}

QRectF picture_part(const PhotoRegion& region, const CropBox& crop) {
  return {(static_cast<double>(region[0]) - crop.x) / crop.width,
          (static_cast<double>(region[1]) - crop.y) / crop.height, static_cast<double>(region[2]) / crop.width,
          static_cast<double>(region[3]) / crop.height};
}

void mark_explained(PanelGrid& grid, const ForwardResult& result, const DenseQuestion& question) {
  if (!result.prediction) return;
  const auto& found = result.prediction->detections.found;
  QRectF part;
  if (question.region) {
    part = picture_part(*question.region, result.input.crop);
  } else if (question.number && *question.number >= 0 && static_cast<std::size_t>(*question.number) < found.size()) {
    const auto [x1, y1, x2, y2] = found[static_cast<std::size_t>(*question.number)].box;
    const CropBox& crop = result.input.crop;
    part = QRectF(QPointF((double(x1) - crop.x) / crop.width, (double(y1) - crop.y) / crop.height),
                  QPointF((double(x2) - crop.x) / crop.width, (double(y2) - crop.y) / crop.height));
  } else {
    return;
  }
  for (auto& row : grid.rows)
    for (PanelGroup& group : row)
      for (MapPanel& panel : group.panels)
        if (panel.map) panel.lines.push_back({QPolygonF(part), {}});
}

}  // namespace orderscope
