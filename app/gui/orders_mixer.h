// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <vector>

#include "app/gui/orders_detail.h"

class QComboBox;
class QGridLayout;
class QLabel;
class QSlider;
class QToolButton;

namespace orderscope {

class OrdersWork;
class ScoreList;
class Session;

/// "tabby 0.620 → 0.480 (−0.140)"
QString change_text(const QString& name, double before, double after);

/// A slider an order, of the chosen block, its stage or the network, and the class scores that move with them.
class MixerSection : public QWidget {
  Q_OBJECT

 public:
  MixerSection(Session& session, OrdersWork& work, QWidget* parent = nullptr);

  void show_detail(const OrdersDetail& detail);
  const std::vector<QSlider*>& sliders() const { return sliders_; }
  QComboBox* scope() const { return scope_; }
  QToolButton* reset_button() const { return reset_; }
  QLabel* change() const { return change_; }
  ScoreList* scores() const { return scores_; }

 Q_SIGNALS:
  void scope_chosen(MixScope scope);
  void factors_chosen(const std::vector<double>& factors);

 private:
  void show_session();
  void show_sliders(int count);
  void show_scores();
  void choose(int order);

  Session& session_;
  OrdersWork& work_;
  OrdersDetail detail_;
  QComboBox* scope_;
  QToolButton* reset_;
  QGridLayout* rows_;
  std::vector<QSlider*> sliders_;
  std::vector<QLabel*> names_, values_;
  QLabel* change_;
  ScoreList* scores_;
};

}  // namespace orderscope
