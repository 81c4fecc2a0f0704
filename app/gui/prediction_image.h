// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QPointF>
#include <optional>

#include "core/models/model.h"
#include "core/run/dense_inspection.h"

namespace orderscope {

/// Classes, or boxes and masks, over the picture that the model sees, in their colours. `only`: one class, or one box.
QImage prediction_image(const DensePrediction& prediction, const Model& model, double opacity,
                        std::optional<int> only = std::nullopt);

/// The class at a position, or the smallest box around it, as DenseInspection::explain takes it; a position is a
/// fraction of the picture. Nothing outside and beside all boxes.
std::optional<int> predicted_at(const DensePrediction& prediction, QPointF position);

}  // namespace orderscope
