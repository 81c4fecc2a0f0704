// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>

#include "app/gui/orders_view.h"
#include "widgets/figure/plate.h"

namespace orderscope {

/// What is on the orders page, to be written to files.
struct OrdersSnapshot {
  std::shared_ptr<const ForwardResult> result;
  std::shared_ptr<const ClassView> view;
  int block = 0;
  OrdersSettings settings;
};

/// The page as a figure for print.
Plate orders_plate(const OrdersSnapshot& snapshot);

/// Writes orders.pdf, orders.png (300 dpi), the raw maps as maps/NAME.npy and session.json, which says where all of it
/// comes from: model, image, provenance, scores, the range and file of each map. Errors: FileAccess, InvalidInput when
/// there is no result.
Result<void> export_orders(const OrdersSnapshot& snapshot, const std::filesystem::path& folder);

}  // namespace orderscope
