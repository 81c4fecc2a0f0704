// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "core/image/chart.h"
#include "core/run/batch_report.h"

namespace orderscope {

namespace {

/// Mean figures of one kind and quantity: [order][block], NaN where a block has no such order.
struct ByDepth {
  std::vector<std::string> blocks;
  std::map<int, std::vector<double>> orders;
};

ByDepth by_depth(const OrderMeans& means, const std::vector<double>& values, const std::string& quantity,
                 const std::string& kind) {
  ByDepth result;
  for (const BatchFigure& figure : means.names) {
    if (figure.quantity != quantity || figure.kind != kind) continue;
    if (result.blocks.empty() || result.blocks.back() != figure.block) result.blocks.push_back(figure.block);
  }
  for (std::size_t i = 0; i < means.names.size() && i < values.size(); ++i) {
    const BatchFigure& figure = means.names[i];
    if (figure.quantity != quantity || figure.kind != kind) continue;
    auto& line = result.orders[figure.order];
    line.resize(result.blocks.size(), std::nan(""));
    const auto block = std::find(result.blocks.begin(), result.blocks.end(), figure.block) - result.blocks.begin();
    line[static_cast<std::size_t>(block)] = values[i];
  }
  return result;
}

struct DepthChart {
  const char *quantity, *kind, *title, *label, *text;
};
constexpr DepthChart kDepthCharts[] = {
    {"gate", "share", "Share of the gates' energy, by order and depth", "share of energy",
     "How the energy (mean square) of a block's gates is divided among its orders."},
    {"state", "share", "Share of the states' energy, by order and depth", "share of energy",
     "The same of the states, which the gates have been multiplied into: what each order passes on."},
    {"gate", "contribution", "Contribution to the predicted class, by order and depth", "contribution (logit)",
     "Gate times its gradient, summed over the image: the first-order change of the predicted class' logit if the gate "
     "were scaled. Within a block the orders differ only by what enters between them, so their lines lie close."},
    {"gate", "entropy", "Spatial entropy of the gates, by order and depth", "entropy (1: even)",
     "1 if a gate's energy is spread evenly over the image, 0 if it is at one place."},
    {"gate", "scale", "Spatial scale of the gates, by order and depth", "scale (pixels)",
     "One over the mean spatial frequency of the gates' magnitude map: the size of what a gate tells apart."},
};

Result<void> add_depth_charts(const OrderMeans& means, std::vector<ReportPart>& parts) {
  for (const DepthChart& wanted : kDepthCharts) {
    const ByDepth found = by_depth(means, means.all.figures, wanted.quantity, wanted.kind);
    Chart chart;
    chart.title = wanted.title;
    chart.subtitle = means.model.name + ", mean over " + std::to_string(means.all.rows) + " images";
    chart.y_label = wanted.label;
    bool any = false;
    for (const auto& [order, values] : found.orders) {
      ChartLine line{"order " + std::to_string(order), {}, values};
      for (std::size_t b = 0; b < values.size(); ++b) {
        line.x.push_back(static_cast<double>(b));
        any |= std::isfinite(values[b]);
      }
      line.color = model_color(static_cast<std::size_t>(order - 1));
      chart.lines.push_back(std::move(line));
    }
    if (!any) continue;
    chart.x_label = "block, from " + found.blocks.front() + " to " + found.blocks.back();
    TRY(Image picture, draw_chart(chart));
    parts.push_back({ReportPart::Kind::Picture, wanted.text, std::move(picture)});
  }
  return {};
}

/// Contributions summed over the blocks that have the order, for right and wrong predictions.
Result<void> add_right_and_wrong(const OrderMeans& means, std::vector<ReportPart>& parts) {
  if (means.right.rows == 0 || means.wrong.rows == 0) return {};
  Chart chart;
  chart.title = "Contribution by order, right and wrong predictions";
  chart.subtitle = means.model.name + ", mean over blocks that have the order";
  chart.x_label = "order";
  chart.y_label = "contribution to the predicted class (logit)";
  for (const auto& [name, source] : {std::pair("right", &means.right), std::pair("wrong", &means.wrong)}) {
    ChartLine line{name, {}, {}};
    for (const auto& [order, values] : by_depth(means, source->figures, "gate", "contribution").orders) {
      double sum = 0;
      int count = 0;
      for (const double value : values) {
        if (!std::isfinite(value)) continue;
        sum += value;
        ++count;
      }
      line.x.push_back(order);
      line.y.push_back(count > 0 ? sum / count : std::nan(""));
    }
    if (!line.x.empty()) chart.lines.push_back(std::move(line));
  }
  if (chart.lines.empty()) return {};
  TRY(Image picture, draw_chart(chart));
  parts.push_back({ReportPart::Kind::Picture,
                   "What the orders said for the class that was predicted, on " + std::to_string(means.right.rows) +
                       " images that were right and " + std::to_string(means.wrong.rows) + " that were wrong.",
                   std::move(picture)});
  return {};
}

/// Values by class and order as a matrix, less the mean over all images: what is a class' own.
Result<void> add_class_matrix(const OrderMeans& means, const std::string& quantity, const std::string& kind,
                              const std::string& block, const std::string& title, const std::string& text,
                              bool difference, std::vector<ReportPart>& parts) {
  constexpr std::size_t most = 80;
  std::vector<std::size_t> columns;
  MatrixFigure figure;
  for (std::size_t i = 0; i < means.names.size(); ++i) {
    const BatchFigure& name = means.names[i];
    if (name.quantity != quantity || name.kind != kind || name.block != block) continue;
    columns.push_back(i);
    figure.columns.push_back("order " + std::to_string(name.order));
  }
  if (columns.empty()) return {};
  struct Row {
    std::string name;
    std::vector<double> values;
    double largest = 0;
  };
  std::vector<Row> rows;
  for (std::size_t c = 0; c < means.classes.size(); ++c) {
    const BatchQuery::Means& own = means.by_class[c];
    if (own.rows == 0) continue;
    Row row{means.classes[c], {}, 0};
    for (const std::size_t i : columns) {
      row.values.push_back(own.figures[i] - (difference ? means.all.figures[i] : 0));
      if (std::isfinite(row.values.back())) row.largest = std::max(row.largest, std::abs(row.values.back()));
    }
    rows.push_back(std::move(row));
  }
  if (rows.size() < 2) return {};
  if (rows.size() > most) {
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.largest > b.largest; });
    rows.resize(most);
  }
  double extent = 0;
  for (const Row& row : rows) {
    figure.rows.push_back(row.name);
    figure.values.insert(figure.values.end(), row.values.begin(), row.values.end());
    extent = std::max(extent, row.largest);
  }
  figure.title = title;
  figure.subtitle = means.model.name + ", " + block;
  figure.scale = signed_scale(static_cast<float>(extent));
  TRY(Image picture, draw_matrix(figure));
  parts.push_back({ReportPart::Kind::Picture, text, std::move(picture)});
  return {};
}

}  // namespace

Result<std::vector<ReportPart>> order_charts(const OrderMeans& means) {
  std::vector<ReportPart> parts;
  TRY_VOID(add_depth_charts(means, parts));
  TRY_VOID(add_right_and_wrong(means, parts));
  if (!means.model.blocks.empty()) {
    TRY_VOID(add_class_matrix(means, "gate", "share", means.model.blocks.back(), "Energy by class and order",
                              "How each class' share of gate energy in the last block differs from the mean over all "
                              "images.",
                              true, parts));
  }
  return parts;
}

Result<std::vector<ReportPart>> ablation_charts(const OrderMeans& means) {
  std::vector<ReportPart> parts;
  const double untouched =
      means.all.labelled > 0 ? double(means.all.correct) / double(means.all.labelled) : std::nan("");
  if (!std::isfinite(untouched)) return parts;
  Chart chart;
  chart.title = "Accuracy without an order";
  char with_all[32];
  std::snprintf(with_all, sizeof with_all, "%.1f %%", 100 * untouched);
  chart.subtitle = means.model.name + ", gates of the order set to zero; with all of them " + with_all;
  chart.x_label = "order removed";
  chart.y_label = "change of top-1 (points)";
  std::vector<std::vector<std::string>> table{{"where", "order", "top-1 without it", "change"}};
  for (std::size_t i = 0; i < means.names.size(); ++i) {
    const BatchFigure& figure = means.names[i];
    if (figure.quantity != "ablation" || figure.kind != "correct") continue;
    const double value = means.all.figures[i];
    if (chart.lines.empty() || chart.lines.back().name != figure.block) chart.lines.push_back({figure.block, {}, {}});
    chart.lines.back().x.push_back(figure.order);
    chart.lines.back().y.push_back(100 * (value - untouched));
    char now[32], change[32];
    std::snprintf(now, sizeof now, "%.1f %%", 100 * value);
    std::snprintf(change, sizeof change, "%+.1f", 100 * (value - untouched));
    table.push_back({figure.block, std::to_string(figure.order), now, change});
  }
  if (chart.lines.empty()) {
    const bool orders = std::ranges::any_of(means.names, [](const BatchFigure& f) { return f.quantity == "gate"; });
    parts.push_back(
        {ReportPart::Kind::Text,
         orders ? "Accuracy under order ablation was not asked for; a run with --ablate network,stage measures it."
                : "Has no gnConv, and so no orders."});
    return parts;
  }
  TRY(Image picture, draw_chart(chart));
  parts.push_back({ReportPart::Kind::Picture,
                   "What top-1 accuracy gains or loses when the gates of one order are set to zero everywhere "
                   "(network), in one stage or in one block.",
                   std::move(picture)});
  parts.push_back({ReportPart::Kind::Table, {}, {}, false, std::move(table)});
  TRY_VOID(add_class_matrix(means, "ablation", "label_probability", "network",
                            "Probability of the label without an order",
                            "How far each class differs from the mean over all images in what is left of its "
                            "probability when an order is removed everywhere.",
                            true, parts));
  return parts;
}

}  // namespace orderscope
