// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "app/gui/attribution_grid.h"
#include "widgets/curve_plot.h"

class QComboBox;
class QLabel;
class QToolButton;

namespace orderscope {

class ResultArea;

/// Whether the maps deserve belief: what the class' probability does as pixels that a map calls important go or come,
/// and whether the map changes with the weights. The chosen map, and beside it the other methods at its layer.
class AttributionChecks : public QWidget {
  Q_OBJECT

 public:
  explicit AttributionChecks(AttributionWork& work, QWidget* parent = nullptr);

  void show_maps(const Model& model, const AttributionKey& chosen, const AttributionSettings& settings);
  void judge_chosen() { work_.judge({chosen_}); }
  void judge_all();           ///< the methods at the chosen layer and those without one
  void randomise();           ///< the chosen map; nothing where one class is explained against another
  void copy_numbers() const;  ///< areas and curves of what is shown, with tabs

  CurvePlot* curves() const { return curves_; }
  CurvePlot* ranks() const { return ranks_; }
  ResultArea* faithfulness() const { return faithfulness_; }
  ResultArea* randomisation() const { return randomisation_; }
  QString table() const;
  bool has_curves() const { return !judged().empty(); }

 Q_SIGNALS:
  void curve_chosen(const std::string& curve);

 private:
  struct Judged {
    QString name;
    QColor color;
    bool chosen;
    const MethodResult* result;
  };
  std::vector<Judged> judged() const;
  void show_faithfulness();
  void show_randomisation();
  QString table_of(const std::vector<Judged>& judged) const;

  AttributionWork& work_;
  AttributionKey chosen_;
  AttributionSettings settings_;
  bool classifies_ = true;              ///< the model; else there is nothing to check, and a hint says so
  std::vector<AttributionKey> beside_;  ///< the chosen one among them
  CurvePlot* curves_;
  QLabel* table_;
  QComboBox* which_;
  QToolButton* all_;
  ResultArea* faithfulness_;
  CurvePlot* ranks_;
  ResultArea* randomisation_;
};

}  // namespace orderscope
