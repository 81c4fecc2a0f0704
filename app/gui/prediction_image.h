// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QImage>
#include <QPointF>
#include <QRectF>
#include <optional>
#include <set>

#include "core/models/model.h"
#include "core/run/dense_prediction.h"
#include "widgets/figure/panel_grid.h"

class QPainter;

namespace orderscope {

struct ForwardResult;

/// What of a prediction is drawn, and how.
struct PredictionLook {
  double opacity = 0.6;      ///< of classes and masks
  double least_score = 0;    ///< of boxes, but for the explained one
  std::set<int> hidden{};    ///< classes
  int explained = -1;        ///< a class, or a box: it stands out
  bool outlined = true;      ///< a white line around the explained class
  bool only_chosen = false;  ///< nothing but that

  bool shows(const Detection& detection, int number) const;
};

/// Of the palette; grey where it has none.
QColor class_color(const Model& model, int label);

/// Classes, or masks, over the picture that the model sees.
QImage prediction_image(const DensePrediction& prediction, const Model& model, const PredictionLook& look);

/// Outlines and names of boxes, where the picture fills `area`. They are drawn at the screen's resolution; of names
/// that would cover each other only the best one is written.
void paint_boxes(QPainter& painter, const QRectF& area, const DensePrediction& prediction, const Model& model,
                 const PredictionLook& look);

/// The class at a position, or the smallest drawn box around it, as DenseQuestion numbers them; a position is a
/// fraction of the picture. Nothing outside and beside all boxes.
std::optional<int> predicted_at(const DensePrediction& prediction, QPointF position, const PredictionLook& look = {});

/// A part of the picture, in fractions of it, as pixels of the photo; nothing where it holds none. `crop` is where the
/// picture lies in the photo, of which padding is no part.
std::optional<PhotoRegion> photo_region(const QRectF& part, const CropBox& crop, const Image& photo);
QRectF picture_part(const PhotoRegion& region, const CropBox& crop);

/// Outlines the explained region or box in every map; maps lie over the whole picture. Nothing where a class is
/// explained.
void mark_explained(PanelGrid& grid, const ForwardResult& result, const DenseQuestion& question);

}  // namespace orderscope
