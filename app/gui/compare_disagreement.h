// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QWidget>
#include <optional>

#include "app/gui/compare_settings.h"
#include "app/gui/compare_work.h"
#include "widgets/figure/panel_grid.h"

class QBoxLayout;
class QLabel;

namespace orderscope {

class MapGrid;
class MapLink;
class ResultArea;

/// Where the models' maps differ, how they correlate, and what each predicts.
class DisagreementSection : public QWidget {
  Q_OBJECT

 public:
  DisagreementSection(CompareWork& work, MapLink* link, QWidget* parent = nullptr);

  MapGrid* grid() const { return grid_; }
  QString text() const;  ///< predictions and correlations
  ResultArea* area() const { return area_; }
  /// Where segmenters or detectors name other classes; null while fewer than two of them are compared.
  const LabelAgreement* label_agreement() const { return labels_ ? &*labels_ : nullptr; }
  /// How the maps of each pair of models() correlate, (0, 1), (0, 2), ..; empty while nothing is compared.
  const std::vector<double>& correlations() const { return correlations_; }
  const QStringList& models() const { return models_; }
  void show_settings(const CompareSettings& settings);

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void show_work();
  QString predictions() const;
  QString overlaps() const;
  QString correlation_text() const;
  PanelGroup difference_group(const MapAgreement& agreement, const QStringList& names) const;
  void compare_labels();
  PanelGroup labels_group() const;

  CompareWork& work_;
  CompareSettings settings_;
  QBoxLayout* lines_;  ///< the text beside the map where there is room
  MapGrid* grid_;
  QLabel* texts_;
  ResultArea* area_;
  std::vector<SharedMap> compared_;
  std::vector<std::shared_ptr<const PlacedLabels>> compared_labels_;
  std::optional<LabelAgreement> labels_;
  std::vector<double> correlations_;
  QStringList models_;  ///< whose maps were compared
};

}  // namespace orderscope
