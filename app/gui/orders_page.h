// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "app/gui/orders_view.h"

class QComboBox;
class QLabel;
class QSlider;
class QStackedWidget;
class QToolButton;

namespace orderscope {

class Banner;
class MapGrid;
class Session;

/// The gnConv of the chosen block as it computes.
class OrdersPage : public QWidget {
  Q_OBJECT

 public:
  explicit OrdersPage(Session& session, QWidget* parent = nullptr);

  MapGrid* grid() const { return grid_; }
  Banner* banner() const { return banner_; }
  const OrdersSettings& settings() const { return settings_; }
  void set_settings(const OrdersSettings& settings);
  /// What is shown now, as a grid of panels.
  PanelGrid panels() const;

 Q_SIGNALS:
  void settings_changed();
  void panels_changed();
  void open_requested();

 private:
  QWidget* make_header();
  void show_panels();
  void show_hint();
  void read_controls();

  Session& session_;
  OrdersSettings settings_;
  Banner* banner_;
  QLabel* title_;
  QLabel* summary_;
  QLabel* remark_;
  QComboBox* reduction_;
  QComboBox* scale_;
  QSlider* opacity_;
  QLabel* opacity_value_;
  QToolButton* interpolate_;
  QStackedWidget* stack_;
  MapGrid* grid_;
  QLabel* hint_;
};

}  // namespace orderscope
