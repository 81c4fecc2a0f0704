// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "app/gui/orders_detail.h"

class QComboBox;

namespace orderscope {

class OrdersWork;
class ResultArea;
class Session;

/// How the orders share each block through the depth of the network; a click goes to the block.
class ProfileSection : public QWidget {
  Q_OBJECT

 public:
  ProfileSection(Session& session, OrdersWork& work, QWidget* parent = nullptr);

  void show_detail(const OrdersDetail& detail);
  StackedPlot* plot() const { return plot_; }
  QComboBox* quantity() const { return quantity_; }
  ResultArea* area() const { return area_; }

 Q_SIGNALS:
  void quantity_chosen(ProfileQuantity quantity);

 private:
  void show_profile();
  void show_progress();

  Session& session_;
  OrdersWork& work_;
  ProfileQuantity shown_ = ProfileQuantity::States;
  StackedPlot* plot_;
  ResultArea* area_;
  QComboBox* quantity_;
};

}  // namespace orderscope
