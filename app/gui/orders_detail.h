// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QString>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "app/gui/orders_view.h"
#include "core/run/order_inspection.h"
#include "widgets/stacked_plot.h"
#include "widgets/waterfall.h"

namespace orderscope {

enum class MixScope { Block, Stage, Network };
enum class ProfileQuantity { States, Terms, Contributions };
enum class LensQuantity { Gate, State, Contribution };

/// What a person chose on the orders page beside how maps are drawn.
struct OrdersDetail {
  bool by_gates = false;  ///< terms by the gates passed, where the degree could be had too
  int terms = 0;          ///< how many terms are added up; 0: all
  MixScope scope = MixScope::Block;
  std::vector<double> factors;  ///< of orders 1, 2, ..; what is missing is 1
  ProfileQuantity profile = ProfileQuantity::States;
  bool side = true;  ///< mixer and depth profile are shown
  bool lens = true;  ///< the order lens is shown
  LensQuantity lens_quantity = LensQuantity::State;
  int lens_left = 1, lens_right = 0;  ///< orders; 0: the block's highest
  double lens_divider = 0.5;          ///< fraction of the picture's width

  bool operator==(const OrdersDetail&) const = default;
};

nlohmann::json to_json(const OrdersDetail& detail);
/// Takes what it knows and leaves the rest as it is.
void read_json(const nlohmann::json& state, OrdersDetail& detail);

inline constexpr double kLargestFactor = 2;

/// The blocks that a slider of the mixer speaks of when `block` is chosen, those with a gnConv.
std::vector<int> mixed_blocks(const Model& model, int block, MixScope scope);
/// The highest order among them; 0 where there is none.
int highest_mixed_order(const Model& model, int block, MixScope scope);
/// One factor a gate that is not left alone.
std::vector<OrderFactor> mixer_factors(const Model& model, int block, MixScope scope,
                                       const std::vector<double>& factors);

/// "constant", "linear", "order 1" (a product of two), or "bias", "1 gate", "2 gates".
QString term_label(int power, bool by_gates);
/// Of a term among those of a network whose highest power is `highest`; the constant is grey.
QColor term_color(int power, int highest);

/// Energy and contribution of each term, and how the sum of the first `added` of them looks beside the output.
PanelGrid terms_grid(const std::shared_ptr<const OrderTermSum>& sum, int added, const QImage& photo,
                     const OrdersSettings& settings, const QString& class_name);
/// Contributions one upon the other, and the total; terms that are not yet added are faint.
std::vector<WaterfallBar> contribution_bars(const OrderTermSum& terms, int added);

/// A column a block: how its energy (or the size of its contributions) falls on orders. `shares` is needed for Terms,
/// `view` for Contributions; without, the columns are empty.
std::vector<StackedColumn> depth_profile_columns(const ForwardResult& result, const ClassView* view,
                                                 const std::vector<OrderTermShares>& shares, ProfileQuantity quantity);

}  // namespace orderscope
