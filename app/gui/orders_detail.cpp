// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/orders_detail.h"

#include <QCoreApplication>
#include <algorithm>
#include <array>
#include <cmath>

#include "app/gui/state_value.h"
#include "widgets/figure/format.h"
#include "widgets/network_strip.h"

namespace orderscope {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("OrdersDetail", text); }

constexpr std::array kScopes{"block", "stage", "network"};
constexpr std::array kQuantities{"states", "terms", "contributions"};
constexpr std::array kLensQuantities{"gate", "state", "contribution"};
constexpr std::size_t kMostFactors = 64;  // of a file that says anything

template <class Enum, std::size_t N>
void read_name(const nlohmann::json& state, const char* key, const std::array<const char*, N>& names, Enum& value) {
  const auto found = std::find(names.begin(), names.end(), value_or(state, key, std::string()));
  if (found != names.end()) value = static_cast<Enum>(found - names.begin());
}

/// Values from 0 to 1 that add up to 1; nothing where there is nothing to share.
std::vector<double> normalised(std::vector<double> sizes) {
  double sum = 0;
  for (const double size : sizes) sum += size;
  if (!(sum > 0) || !std::isfinite(sum)) return {};
  for (double& size : sizes) size /= sum;
  return sizes;
}

std::vector<double> contribution_sizes(const std::vector<Map>& maps) {
  std::vector<double> sizes;
  for (const Map& map : maps) {
    double sum = 0;
    for (const float value : map.values) sum += value;
    sizes.push_back(std::abs(sum));
  }
  return normalised(std::move(sizes));
}

}  // namespace

nlohmann::json to_json(const OrdersDetail& detail) {
  return {{"by_gates", detail.by_gates},
          {"terms", detail.terms},
          {"scope", kScopes[static_cast<std::size_t>(detail.scope)]},
          {"factors", detail.factors},
          {"profile", kQuantities[static_cast<std::size_t>(detail.profile)]},
          {"side", detail.side},
          {"lens", detail.lens},
          {"lens_quantity", kLensQuantities[static_cast<std::size_t>(detail.lens_quantity)]},
          {"lens_left", detail.lens_left},
          {"lens_right", detail.lens_right},
          {"lens_divider", detail.lens_divider}};
}

void read_json(const nlohmann::json& state, OrdersDetail& detail) {
  const auto count = [&](const char* key, int& value) {
    constexpr double kMost = 1000;  // of a file that says anything
    value = static_cast<int>(std::clamp(value_or(state, key, static_cast<double>(value)), 0.0, kMost));
  };
  detail.by_gates = value_or(state, "by_gates", detail.by_gates);
  count("terms", detail.terms);
  detail.lens = value_or(state, "lens", detail.lens);
  read_name(state, "lens_quantity", kLensQuantities, detail.lens_quantity);
  count("lens_left", detail.lens_left);
  count("lens_right", detail.lens_right);
  detail.lens_divider = std::clamp(value_or(state, "lens_divider", detail.lens_divider), 0.0, 1.0);
  read_name(state, "scope", kScopes, detail.scope);
  read_name(state, "profile", kQuantities, detail.profile);
  detail.side = value_or(state, "side", detail.side);
  const auto factors = state.find("factors");
  if (factors == state.end() || !factors->is_array() || factors->size() > kMostFactors) return;
  std::vector<double> read;
  for (const auto& factor : *factors) {
    if (!factor.is_number()) return;
    read.push_back(std::clamp(factor.get<double>(), 0.0, kLargestFactor));
  }
  detail.factors = std::move(read);
}

std::vector<int> mixed_blocks(const Model& model, int block, MixScope scope) {
  std::vector<int> found;
  if (block < 0 || static_cast<std::size_t>(block) >= model.blocks.size()) return found;
  const int stage = model.blocks[static_cast<std::size_t>(block)].stage;
  for (int i = 0; i < static_cast<int>(model.blocks.size()); ++i) {
    const BlockInfo& info = model.blocks[static_cast<std::size_t>(i)];
    const bool meant = scope == MixScope::Network || (scope == MixScope::Stage ? info.stage == stage : i == block);
    if (meant && info.order > 0) found.push_back(i);
  }
  return found;
}

int highest_mixed_order(const Model& model, int block, MixScope scope) {
  int highest = 0;
  for (const int i : mixed_blocks(model, block, scope))
    highest = std::max(highest, model.blocks[static_cast<std::size_t>(i)].order);
  return highest;
}

std::vector<OrderFactor> mixer_factors(const Model& model, int block, MixScope scope,
                                       const std::vector<double>& factors) {
  std::vector<OrderFactor> result;
  for (const int i : mixed_blocks(model, block, scope)) {
    const BlockInfo& info = model.blocks[static_cast<std::size_t>(i)];
    for (int order = 1; order <= std::min<int>(info.order, static_cast<int>(factors.size())); ++order) {
      const double factor = factors[static_cast<std::size_t>(order - 1)];
      if (factor != 1) result.push_back({info.name, order, factor});
    }
  }
  return result;
}

QString term_label(int power, bool by_gates) {
  if (by_gates) return power == 0 ? tr("bias") : power == 1 ? tr("1 gate") : tr("%1 gates").arg(power);
  return power == 0 ? tr("constant") : power == 1 ? tr("linear") : tr("order %1").arg(power - 1);
}

QColor term_color(int power, int highest) {
  return power == 0 ? QColor(128, 128, 128) : NetworkStrip::order_color(power, highest);
}

PanelGrid terms_grid(const std::shared_ptr<const OrderTermSum>& sum, int added, const QImage& photo,
                     const OrdersSettings& settings, const QString& class_name) {
  PanelGrid grid;
  if (!sum || sum->terms.empty()) return grid;
  const OrderTermSum& terms = *sum;
  const auto shared = [&](const Map& map) { return std::shared_ptr<const Map>(sum, &map); };
  grid.photo = photo;
  grid.style = settings.style;
  PanelGroup energy, contribution, partial;
  energy.title = tr("energy");
  energy.subtitle = tr("of each term");
  energy.hint = terms.by_gates
                    ? tr("The block's output as a sum of terms by the number of gates that they pass: mean square over "
                         "channels, and the share of the sum of energies.")
                    : tr("The block's output as a sum of parts by their degree in its input. Order k multiplies k + 1 "
                         "features. Mean square over channels, and the share of the sum of energies.");
  contribution.title = tr("contribution");
  contribution.subtitle = tr("to %1").arg(class_name);
  contribution.hint =
      tr("What each term adds to the class' logit, to first order: the sum over channels of term × "
         "gradient. Red speaks for the class, blue against it.");
  for (const OrderTerm& term : terms.terms) {
    MapPanel panel;
    panel.label = term_label(term.power, terms.by_gates);
    panel.name = tr("energy of %1").arg(panel.label);
    panel.detail = QStringLiteral("%1\u00A0%").arg(term.share * 100, 0, 'f', 1);
    panel.map = shared(term.map);
    energy.panels.push_back(panel);
    panel.name = tr("contribution of %1").arg(panel.label);
    panel.detail = (term.contribution > 0 ? QStringLiteral("+") : QString()) + column_text(term.contribution);
    panel.map = term.contribution_map.empty() ? nullptr : shared(term.contribution_map);
    contribution.panels.push_back(std::move(panel));
  }
  const auto last = static_cast<std::size_t>(std::clamp<int>(added, 1, static_cast<int>(terms.terms.size()))) - 1;
  partial.title = tr("sum");
  partial.subtitle = tr("beside the output");
  partial.hint = tr("Energy of the terms added up so far, and that of the block's output, on one scale.");
  const auto add = [&](const OrderTerm& term, const QString& label) {
    MapPanel panel;
    panel.label = panel.name = label;
    panel.map = shared(term.partial);
    partial.panels.push_back(std::move(panel));
  };
  add(terms.terms[last], tr("up to %1").arg(term_label(terms.terms[last].power, terms.by_gates)));
  add(terms.terms.back(), tr("output"));
  scale_group(energy, settings.scale);
  scale_group(contribution, settings.scale);
  scale_group(partial, ScaleMode::Shared);
  grid.rows = {{std::move(energy)}, {std::move(contribution)}, {std::move(partial)}};
  return grid;
}

std::vector<WaterfallBar> contribution_bars(const OrderTermSum& terms, int added) {
  std::vector<WaterfallBar> bars;
  for (const OrderTerm& term : terms.terms)
    bars.push_back(
        {term_label(term.power, terms.by_gates), term.contribution, false, static_cast<int>(bars.size()) >= added});
  bars.push_back({tr("block"), terms.contribution, true, false});
  return bars;
}

std::vector<StackedColumn> depth_profile_columns(const ForwardResult& result, const ClassView* view,
                                                 const std::vector<OrderTermShares>& shares, ProfileQuantity quantity) {
  std::vector<StackedColumn> columns;
  const auto& blocks = result.model->blocks;
  const bool terms = quantity == ProfileQuantity::Terms;
  int highest = 0;
  for (const BlockInfo& block : blocks) highest = std::max(highest, block.order + (terms ? 1 : 0));
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    std::vector<double> parts;
    if (terms && i < shares.size())
      parts = shares[i].shares;
    else if (quantity == ProfileQuantity::States && i < result.blocks.size())
      parts = order_energy_shares(result.blocks[i]);
    else if (quantity == ProfileQuantity::Contributions && view && i < view->contributions.size())
      parts = contribution_sizes(view->contributions[i]);
    StackedColumn column{QString::fromStdString(blocks[i].name), blocks[i].stage, {}};
    for (std::size_t p = 0; p < parts.size(); ++p) {
      const int power = static_cast<int>(p) + (terms ? 0 : 1);
      column.parts.push_back({terms ? term_label(power, shares[i].by_gates) : tr("order %1").arg(power),
                              term_color(power, highest), parts[p]});
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace orderscope
