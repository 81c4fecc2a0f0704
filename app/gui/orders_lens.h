// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "app/gui/orders_detail.h"

class QComboBox;

namespace orderscope {

class MapGrid;
class MapLink;
class ResultArea;
class Session;

/// Pairs of maps for dividers: of each the left one, and what lies right of the divider, one a group.
struct LensMaps {
  PanelGrid grid;  ///< one row, groups of one panel
  std::vector<MapPanel> right;
};

/// Two orders of gate, state and contribution out of what orders_grid gives, each pair on one colour scale.
LensMaps lens_maps(const PanelGrid& orders, int left, int right);

/// Two orders of the chosen block over the photo, with a divider to drag between them. All of gate, state and
/// contribution where there is room, else one of them.
class LensSection : public QWidget {
  Q_OBJECT

 public:
  /// Cross hair and zoom are those of `link`, which must outlive the section.
  LensSection(Session& session, MapLink* link, QWidget* parent = nullptr);

  void show_settings(const OrdersSettings& settings, const OrdersDetail& detail);
  MapGrid* grid() const { return grid_; }
  QComboBox* quantity() const { return quantity_; }
  QComboBox* left() const { return left_; }
  QComboBox* right() const { return right_; }

 Q_SIGNALS:
  void quantity_chosen(LensQuantity quantity);
  void orders_chosen(int left, int right);
  void divider_chosen(double position);

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void show_maps();
  void show_orders(int highest, int left, int right);
  bool has_room_for_all() const;

  Session& session_;
  OrdersSettings settings_;
  OrdersDetail detail_;
  MapGrid* grid_;
  ResultArea* area_;
  QComboBox *quantity_, *left_, *right_;
  bool shows_all_ = false;
};

}  // namespace orderscope
