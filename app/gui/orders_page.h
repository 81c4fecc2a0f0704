// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/orders_view.h"
#include "app/gui/page.h"

class QComboBox;
class QLabel;
class QSlider;
class QStackedWidget;
class QToolButton;

namespace orderscope {

class ElidedLabel;
class MapGrid;

/// The gnConv of the chosen block as it computes.
class OrdersPage : public Page {
  Q_OBJECT

 public:
  explicit OrdersPage(Session& session, QWidget* parent = nullptr);

  MapGrid* grid() const { return grid_; }
  const OrdersSettings& settings() const { return settings_; }
  void set_settings(const OrdersSettings& settings);

  Plate figure() const override;
  PanelGrid panels() const override;
  nlohmann::json state() const override;
  void restore(const nlohmann::json& state) override;
  void fill_menu(QMenu& menu) override;
  std::vector<TourStep> tour() const override;

 public Q_SLOTS:
  void set_cursor(std::optional<QPointF> position) override;

 private:
  QWidget* make_header();
  void show_panels();
  void show_hint();
  void read_controls();

  OrdersSettings settings_;
  QLabel* title_;
  ElidedLabel* summary_;
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
