// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "app/gui/orders_view.h"
#include "core/run/order_inspection.h"

namespace orderscope {

class MapGrid;
class MapLink;
class OrdersWork;
class ResultArea;
class Session;

/// The channels with most energy, one map each.
PanelGrid channels_grid(const std::shared_ptr<const TapChannels>& channels, const QImage& photo,
                        const OrdersSettings& settings);
/// The weights behind them, without a photo below; empty where the tap has none.
PanelGrid kernels_grid(const std::shared_ptr<const TapChannels>& channels, const OrdersSettings& settings);

/// What a chosen map was made of: its channels, and the kernel or the filter's spectrum of each. Hidden until a map is
/// chosen.
class ChannelsSection : public QWidget {
  Q_OBJECT

 public:
  /// Cross hair and zoom are those of `link`, which must outlive the section.
  ChannelsSection(Session& session, OrdersWork& work, MapLink* link, QWidget* parent = nullptr);

  void show_settings(const OrdersSettings& settings);
  MapGrid* maps() const { return maps_; }
  MapGrid* kernels() const { return kernels_; }
  ResultArea* area() const { return area_; }

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void show_work();
  void fit_grids();

  Session& session_;
  OrdersWork& work_;
  OrdersSettings settings_;
  MapGrid* maps_;
  MapGrid* kernels_;
  ResultArea* area_;
  std::shared_ptr<const TapChannels> shown_;
};

}  // namespace orderscope
