// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdio>

#include "app/cli/ablate.h"
#include "app/cli/values_json.h"
#include "core/base/csv.h"
#include "core/base/files.h"
#include "core/base/version.h"
#include "core/dataset/image_folder.h"
#include "core/image/chart.h"
#include "core/image/png.h"
#include "core/run/ablation_accuracy.h"

namespace orderscope::cli {

namespace {

/// A line a unit over the order removed, with order 0 for the untouched network.
Chart chart_of(const AblationRun& result, const std::string& subtitle) {
  Chart chart;
  chart.title = "Accuracy against the order removed";
  chart.subtitle = subtitle;
  chart.x_label = "order removed (0: none)";
  chart.y_label = "top-1 accuracy";
  const double untouched = result.rows.front().top1;
  for (std::size_t r = 1; r < result.rows.size(); ++r) {
    const AblationAccuracy& row = result.rows[r];
    if (chart.lines.empty() || chart.lines.back().name != row.where)
      chart.lines.push_back({row.where, {0}, {untouched}});
    chart.lines.back().x.push_back(row.order);
    chart.lines.back().y.push_back(row.top1);
  }
  double highest = 0;
  for (const AblationAccuracy& row : result.rows) highest = std::max(highest, row.top1);
  chart.y_range = ChartRange{0, highest > 0 ? std::min(1.0, 1.1 * highest) : 1.0};
  return chart;
}

}  // namespace

Result<void> ablate_folder(const AblateOptions& options, const CommonOptions& common, const Model& model,
                           const OrderEdit& how, const Gates& gates, const JobContext& job) {
  if (options.cam || options.class_index)
    return fail(Error::Kind::InvalidInput, "--cam and --class belong to a single image", "--images");
  TRY(const ImageFolder folder, open_image_folder(options.images));
  if (!folder.labelled())
    return fail(Error::Kind::InvalidInput, "has no class folders, so nothing to compare with", options.images.string());
  LabelledImages images;
  for (const ImageFile& image : folder.images) {
    images.files.push_back(image.path);
    images.labels.push_back(image.label);
  }

  const auto chosen = [&](AblationScope scope) {
    return options.per.empty() ? scope != AblationScope::Block
                               : std::count(options.per.begin(), options.per.end(), to_string(scope)) > 0;
  };
  std::vector<AblatedOrder> sweep;
  for (const auto scope : {AblationScope::Network, AblationScope::Stage, AblationScope::Block}) {
    if (!chosen(scope)) continue;
    TRY(auto part, order_sweep(model, scope, how, gates));
    std::move(part.begin(), part.end(), std::back_inserter(sweep));
  }
  Preprocessing preprocessing = model.preprocessing;
  if (options.input.size > 0) preprocessing.size = options.input.size;
  TRY(const AblationRun result, ablation_accuracy(model, images, preprocessing, options.input.exif, sweep, job));
  for (const std::string& skipped : result.skipped) print_warning("left out: " + skipped);

  CsvWriter csv;
  for (const char* column : {"where", "order", "images", "top1", "top5", "loss", "top1_change", "loss_change"})
    csv.add(column);
  csv.end_row();
  nlohmann::json rows = nlohmann::json::array();
  const AblationAccuracy& untouched = result.rows.front();
  for (const AblationAccuracy& row : result.rows) {
    csv.add(row.where)
        .add(row.order)
        .add(result.images)
        .add(row.top1)
        .add(row.top5)
        .add(row.loss)
        .add(row.top1 - untouched.top1)
        .add(row.loss - untouched.loss)
        .end_row();
    rows.push_back(
        {{"where", row.where}, {"order", row.order}, {"top1", row.top1}, {"top5", row.top5}, {"loss", row.loss}});
  }
  TRY_VOID(write_file(common.output / "ablate.csv", std::string_view(csv.text())));
  const std::string subtitle =
      model.name + ", " + to_string(how.mode) + ", " + std::to_string(result.images) + " images";
  TRY(const Image figure, draw_chart(chart_of(result, subtitle)));
  TRY_VOID(write_png(common.output / "ablate.png", figure,
                     {{"program", version_text()}, {"model_sha256", model.sha256}, {"mode", to_string(how.mode)}}));
  const nlohmann::json json{{"images", result.images},  {"skipped", result.skipped}, {"mode", to_string(how.mode)},
                            {"block", how.blocks},      {"factor", how.factor},      {"rows", rows},
                            {"csv", "ablate.csv"},      {"picture", "ablate.png"},   {"model_sha256", model.sha256},
                            {"program", version_text()}};
  TRY_VOID(write_json(common.output / "ablate.json", json));
  if (common.json) {
    print_json(json);
    return {};
  }
  std::printf("%-14s %5s   %7s   %7s   %8s\n", "where", "order", "top-1", "top-5", "loss");
  for (const AblationAccuracy& row : result.rows)
    std::printf("%-14s %5d   %6.2f%%   %6.2f%%   %8.4f\n", row.where.c_str(), row.order, 100 * row.top1, 100 * row.top5,
                row.loss);
  return {};
}

}  // namespace orderscope::cli
