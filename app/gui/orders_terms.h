// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "app/gui/orders_detail.h"

class QComboBox;
class QLabel;
class QSlider;

namespace orderscope {

class MapGrid;
class MapLink;
class OrdersWork;
class ResultArea;
class Session;

/// The chosen block's output as an exact sum of terms: a map, a share and a contribution each, and the sum as it grows.
class TermsSection : public QWidget {
  Q_OBJECT

 public:
  /// Cross hair and zoom are those of `link`, which must outlive the section.
  TermsSection(Session& session, OrdersWork& work, MapLink* link, QWidget* parent = nullptr);

  void show_settings(const OrdersSettings& settings, const OrdersDetail& detail);
  MapGrid* grid() const { return grid_; }
  Waterfall* bars() const { return bars_; }
  QSlider* slider() const { return slider_; }
  QComboBox* kind() const { return kind_; }
  ResultArea* area() const { return area_; }

 Q_SIGNALS:
  void kind_chosen(bool by_gates);
  void terms_chosen(int added);  ///< 0: all

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  QWidget* make_content();
  void show_work();
  void show_terms();
  void show_progress();
  void fit_grid();
  int added() const;

  Session& session_;
  OrdersWork& work_;
  OrdersSettings settings_;
  OrdersDetail detail_;
  QImage photo_;
  std::shared_ptr<const ForwardResult> photo_of_;
  MapGrid* grid_;
  Waterfall* bars_;
  QSlider* slider_;
  QLabel* slider_name_;
  QLabel* slider_value_;
  QComboBox* kind_;
  ResultArea* area_;
};

}  // namespace orderscope
