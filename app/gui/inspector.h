// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "app/gui/prediction_image.h"

class QBoxLayout;
class QLabel;
class QMenu;

namespace orderscope {

inline constexpr const char* kPredictionState = "prediction";  ///< where Inspector::state() is kept beside the pages'

class ElidedLabel;
class InputView;
class PredictionControls;
class ScoreList;
class Session;
class ValueTable;
struct PanelGrid;

/// The right-hand side: the picture as the model sees it, its class scores, and what lies under the cursor. Of a
/// segmenter or detector the prediction lies over the picture: a click explains a class or box, a drag a region, and
/// the list of scores is the legend.
class Inspector : public QWidget {
  Q_OBJECT

 public:
  explicit Inspector(Session& session, QWidget* parent = nullptr);

  void set_panels(const PanelGrid& grid);
  void set_cursor(std::optional<QPointF> position);

  ScoreList* scores() const { return scores_; }
  ValueTable* values() const { return values_; }
  InputView* input() const { return input_; }
  PredictionControls* controls() const { return controls_; }

  /// Entries that mean something while predicts().
  void fill_menu(QMenu& menu);
  bool predicts() const;  ///< whether what is shown has classes or boxes over the picture
  nlohmann::json state() const;
  void restore(const nlohmann::json& state);

 Q_SIGNALS:
  void state_changed();  ///< somebody changed what state() holds

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  QWidget* make_picture();
  void show_result();
  void show_class();
  void show_picture();
  void show_scores();
  void show_keys();
  void show_details();
  void explain_at(QPointF position);
  void explain_part(const QRectF& part);
  void explain_next(int step);
  void toggle_group(int label);
  int explained() const;  ///< a class, or a box; -1: nothing
  PredictionLook look() const;
  void fit_picture();

  Session& session_;
  InputView* input_;
  QBoxLayout* picture_layout_;
  ElidedLabel* name_;
  QLabel* details_;
  QLabel* seen_;
  PredictionControls* controls_;
  QLabel* scores_about_;
  ScoreList* scores_;
  QLabel* position_;
  ValueTable* values_;
};

}  // namespace orderscope
