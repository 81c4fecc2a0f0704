// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <memory>
#include <vector>

#include "app/gui/inspection_engine.h"
#include "widgets/figure/panel_grid.h"

namespace orderscope {

enum class ScaleMode { PerMap, Shared };

/// How the orders page draws what it has.
struct OrdersSettings {
  ChannelReduction reduction = ChannelReduction::MeanAbs;
  ScaleMode scale = ScaleMode::PerMap;
  MapStyle style;

  bool operator==(const OrdersSettings&) const = default;
};

/// What the orders page shows of one block: value and Grad-CAM, then a row for gate, state and contribution with a
/// column an order. Without a gnConv Grad-CAM alone. `view` may be null: its maps are then said to be on their way.
/// A panel's context is the tap whose channels it shows, as a string.
PanelGrid orders_grid(const std::shared_ptr<const ForwardResult>& result, const std::shared_ptr<const ClassView>& view,
                      int block, const OrdersSettings& settings);

/// Gives each panel the scale of its map or all of them one, and the group its bar.
void scale_group(PanelGroup& group, ScaleMode mode);

/// "stages.2.3".
QString block_name(const Model& model, int block);
/// "gnConv of order 4 · 14 × 14 · 256 channels".
QString block_summary(const ForwardResult& result, int block);
/// "3.1 M · orders 2 3 4 5", "3.0 M · window 7".
QString model_summary(const Model& model);
/// "window attention": what the family has in place of the gnConv.
QString mixer_text(const Model& model, int stage);

/// Share of each order 1..n in the block's energy: the mean square of state k over pixels and channels, divided by the
/// sum over all orders. Empty for a block without orders.
std::vector<double> order_energy_shares(const BlockOrderMaps& maps);

/// The block to show first: the middle one of the stage with the most blocks.
int default_block(const Model& model);

}  // namespace orderscope
