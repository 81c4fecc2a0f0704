// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <optional>

class QCheckBox;
class QLabel;
class QSlider;

namespace orderscope {

class ElidedLabel;
class InputView;
class ScoreList;
class Session;
class ValueTable;
struct PanelGrid;

/// The right-hand side: the picture as the model sees it, its class scores, and what lies under the cursor.
class Inspector : public QWidget {
  Q_OBJECT

 public:
  explicit Inspector(Session& session, QWidget* parent = nullptr);

  void set_panels(const PanelGrid& grid);
  void set_cursor(std::optional<QPointF> position);

  ScoreList* scores() const { return scores_; }
  ValueTable* values() const { return values_; }
  InputView* input() const { return input_; }

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  QWidget* make_picture();
  void show_result();
  void show_class();
  void show_picture();
  void explain_at(QPointF position);
  int explained() const;  ///< a class, or a box; -1: nothing
  void fit_picture();

  Session& session_;
  InputView* input_;
  ElidedLabel* name_;
  QLabel* details_;
  QLabel* seen_;
  QWidget* overlay_;  ///< how a prediction lies over the picture
  QSlider* opacity_;
  QCheckBox* only_;
  ScoreList* scores_;
  QLabel* position_;
  ValueTable* values_;
};

}  // namespace orderscope
