// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "app/gui/compare_settings.h"
#include "app/gui/compare_work.h"

class QComboBox;

namespace orderscope {

class MatrixView;
class ResultArea;

/// CKA of two models' blocks over the session's images; a cell opens its two layers.
class SimilaritySection : public QWidget {
  Q_OBJECT

 public:
  explicit SimilaritySection(CompareWork& work, QWidget* parent = nullptr);

  MatrixView* matrix() const { return matrix_; }
  ResultArea* area() const { return area_; }
  void show_chosen(const std::optional<CompareLayers>& layers);

 Q_SIGNALS:
  void layers_opened(const CompareLayers& layers);
  void models_chosen(const ComparePair& models);

 private:
  void show_work();
  void show_models();
  void choose_models();

  CompareWork& work_;
  MatrixView* matrix_;
  ResultArea* area_;
  QComboBox* a_;
  QComboBox* b_;
  QStringList names_;  ///< in the lists
  std::optional<CompareLayers> chosen_;
  const LayerSimilarity* shown_ = nullptr;
};

}  // namespace orderscope
