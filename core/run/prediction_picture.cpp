// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/prediction_picture.h"

#include <algorithm>

#include "core/image/label_image.h"
#include "core/image/resize_linear.h"

namespace orderscope {

namespace {
constexpr double kLeastScore = 0.3;  // what the window shows at first, too
}

std::vector<ClassLook> class_looks(const Model& model) {
  std::vector<ClassLook> looks;
  for (int i = 0; i < model.architecture.classes; ++i) {
    ClassLook look{model.class_name(i), {150, 150, 150}};
    if (static_cast<std::size_t>(i) < model.palette.size()) {
      const ClassColor& color = model.palette[static_cast<std::size_t>(i)];
      look.color = {color[0], color[1], color[2]};
    }
    looks.push_back(std::move(look));
  }
  return looks;
}

Result<Image> draw_prediction(const DensePrediction& prediction, const Model& model, int longest) {
  Image drawn = prediction.picture;
  if (!prediction.labels.empty())
    drawn = blend(drawn, paint_labels(prediction.labels, drawn.width, drawn.height, model.palette), 0.5F);
  if (model.is_detector()) {
    DetectionOverlayOptions style;
    const auto& found = prediction.detections.found;
    if (!found.empty()) style.least_score = std::min(kLeastScore, double(found.front().score));
    drawn = draw_detections(prediction.photo, prediction.detections, class_looks(model), style);
  }
  const int side = std::max(drawn.width, drawn.height);
  if (side <= longest) return drawn;
  const ImageSize size = rescaled_size({drawn.width, drawn.height}, longest, longest);
  return resize_linear(drawn, size.width, size.height);
}

}  // namespace orderscope
