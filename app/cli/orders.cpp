// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/cli/command.h"
#include "app/cli/input.h"
#include "app/cli/map_files.h"
#include "app/cli/order_decomposition.h"
#include "app/cli/target.h"
#include "core/analysis/block_patterns.h"
#include "core/analysis/order_contribution.h"
#include "core/analysis/order_maps.h"
#include "core/image/plate.h"
#include "core/image/png.h"
#include "core/trace/trace.h"

namespace orderscope::cli {

namespace {

struct Options {
  SubjectOptions subject;
  TargetOptions target;
  MethodOptions method;
  std::string decompose, origin = to_string(OrderOrigin::NormBias);
};

std::string reduction_text(ChannelReduction reduction) {
  switch (reduction) {
    case ChannelReduction::Mean: return "mean";
    case ChannelReduction::MeanAbs: return "mean absolute value";
    case ChannelReduction::L2: return "L2 norm";
  }
  return {};
}

/// One row a quantity, one tile an order, one scale a row: orders are comparable at a glance.
std::vector<PlateRow> plate_rows(const BlockOrderMaps& maps, const std::vector<Map>& contributions,
                                 ChannelReduction reduction) {
  std::vector<PlateRow> rows;
  for (const OrderQuantity quantity :
       {OrderQuantity::Value, OrderQuantity::Gate, OrderQuantity::State, OrderQuantity::Contribution}) {
    PlateRow row;
    row.label = to_string(quantity);
    std::vector<const Map*> shown;
    const auto add = [&](const Map* map, const std::string& caption) {
      shown.push_back(map);
      row.tiles.push_back({map, caption, std::nullopt});
      row.unit = map->unit;
    };
    if (quantity == OrderQuantity::Value)
      add(maps.find(quantity, 0, reduction), std::to_string(maps.channels.front()) + " ch");
    for (int k = 1; k <= maps.order && quantity != OrderQuantity::Value; ++k) {
      const Map* map =
          quantity == OrderQuantity::Contribution ? &contributions[k - 1] : maps.find(quantity, k, reduction);
      add(map, "order " + std::to_string(k) + ", " + std::to_string(maps.channels[k - 1]) + " ch");
    }
    row.scale = scale_for(shown);
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<nlohmann::json> write_block(const BlockOrderMaps& maps, const std::vector<Map>& contributions,
                                   ChannelReduction reduction, const ModelInput& input, const std::string& subtitle,
                                   const PngText& provenance, const std::filesystem::path& folder) {
  nlohmann::json entries = nlohmann::json::array();
  const auto write = [&](const Map& map, OrderQuantity quantity, int order) -> Result<void> {
    std::string name = maps.block + "." + to_string(quantity);
    if (order > 0) name += "." + std::to_string(order);
    TRY(nlohmann::json entry, write_map(map, folder, name));
    entry["quantity"] = to_string(quantity);
    if (order > 0) entry["order"] = order;
    entries.push_back(std::move(entry));
    return {};
  };
  TRY_VOID(write(*maps.find(OrderQuantity::Value, 0, reduction), OrderQuantity::Value, 0));
  for (int k = 1; k <= maps.order; ++k) {
    TRY_VOID(write(*maps.find(OrderQuantity::Gate, k, reduction), OrderQuantity::Gate, k));
    TRY_VOID(write(*maps.find(OrderQuantity::State, k, reduction), OrderQuantity::State, k));
    TRY_VOID(write(contributions[k - 1], OrderQuantity::Contribution, k));
  }
  const std::string picture = maps.block + ".png";
  PlateOptions plate;
  plate.title = maps.block + ", gnConv of order " + std::to_string(maps.order);
  plate.subtitle = subtitle;
  TRY(const Image figure, draw_plate(input.picture, plate_rows(maps, contributions, reduction), plate));
  TRY_VOID(write_png(folder / picture, figure, provenance));
  return nlohmann::json{{"block", maps.block},
                        {"order", maps.order},
                        {"channels", maps.channels},
                        {"picture", picture},
                        {"maps", entries}};
}

/// Maps of nothing, or of NaN, look like findings: the user is told.
std::vector<std::string> warnings_about(const BlockOrderMaps& maps, const std::vector<Map>& contributions) {
  const auto any = [](const Map& map, auto&& wanted) { return std::ranges::any_of(map.values, wanted); };
  const auto odd = [](float value) { return !std::isfinite(value); };
  bool finite = !any(maps.value.front(), odd), zero = true;
  for (const auto* quantity : {&maps.gate, &maps.state})
    for (const auto& reductions : *quantity) finite &= !any(reductions.front(), odd);
  for (const Map& map : contributions) {
    finite &= !any(map, odd);
    zero &= !any(map, [](float value) { return value != 0; });
  }
  if (!finite) return {maps.block + ": the activations or their gradients hold NaN or Inf, and so do its maps"};
  if (zero) return {maps.block + ": no gradient of the class reaches it, so all contributions are zero"};
  return {};
}

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  if (!options.decompose.empty()) {
    TRY(const OrderTerms by, order_terms_from_string(options.decompose));
    TRY(const OrderOrigin origin, order_origin_from_string(options.origin));
    return run_order_decomposition(options.subject, options.target, options.method.text("block"), {by, origin},
                                   options.method.integer("class"), common, job);
  }
  TRY(const LoadedSubject loaded, options.subject.load(common, job, Accepts::AnyModel));
  const auto& model = loaded.model;
  const ModelInput& input = loaded.input;
  TRY(const auto wanted, find_gnconv_blocks(*model, options.method.text("block")));
  TRY(const ChannelReduction reduction, channel_reduction_from_string(options.method.text("reduction")));
  Subject subject = loaded.subject(common);
  TRY(const auto box, options.target.find_box(loaded, job));
  TRY(subject.target, options.target.chooser(loaded, box));
  TRY(Trace trace,
      Trace::forward(model->backbone, subject.image, {order_maps_probe(), order_contribution_probe()}, {}, job));
  TRY(const Target target, choose_target(subject, trace, options.method.integer("class")));
  const int class_index = target.class_index;
  TRY_VOID(trace.backward(target, job));
  auto maps = order_maps(trace, 0, *model);
  auto contributions = order_contributions(trace, 1, *model);

  const std::string subtitle = model->name + ", " + reduction_text(reduction) + " over channels, contribution to " +
                               model->class_name(class_index) +
                               (subject.target ? " (" + target.description + ")" : std::string());
  nlohmann::json blocks = nlohmann::json::array();
  std::vector<std::string> warnings;
  Provenance provenance = loaded.provenance();
  if (subject.target) provenance.parameters["target"] = target.description;
  for (std::size_t b = 0; b < maps.size(); ++b) {
    if (std::ranges::none_of(wanted, [&](const BlockInfo& block) { return block.name == maps[b].block; })) continue;
    TRY_VOID(job.check());
    for (std::string& warning : warnings_about(maps[b], contributions[b])) {
      print_warning(warning);
      warnings.push_back(std::move(warning));
    }
    job.progress(static_cast<std::int64_t>(b), static_cast<std::int64_t>(maps.size()), "writing " + maps[b].block);
    TRY(nlohmann::json block,
        write_block(maps[b], contributions[b], reduction, input, subtitle, provenance.fields(), common.output));
    blocks.push_back(std::move(block));
  }
  const nlohmann::json result{{"class", {{"index", class_index}, {"name", model->class_name(class_index)}}},
                              {"target", target.description},
                              {"top5", top_five(*model, trace.logits())[0]},
                              {"reduction", to_string(reduction)},
                              {"blocks", blocks},
                              {"warnings", warnings},
                              {"provenance", provenance.fields()}};
  TRY_VOID(write_json(common.output / "orders.json", result));
  if (common.json) {
    print_json(result);
  } else {
    std::printf("%zu %s for %s written to %s\n", blocks.size(), blocks.size() == 1 ? "block" : "blocks",
                model->class_name(class_index).c_str(), common.output.c_str());
  }
  return {};
}

}  // namespace

Run make_orders(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  options->subject.add_to(app, Accepts::AnyModel);
  options->target.add_to(app, &options->subject.input);
  options->method.add_to(app, order_maps_descriptor());
  options->method.add_to(app, order_contribution_descriptor());
  CLI::Option* decompose =
      app.add_option("--decompose", options->decompose,
                     "take the output apart exactly instead: degree (7x7 form), or gates (both forms)")
          ->check(CLI::IsMember({"degree", "gates"}));
  const MethodParameter origin = order_origin_parameter();
  app.add_option("--origin", options->origin, origin.help)
      ->check(CLI::IsMember(origin.choices))
      ->needs(decompose)
      ->capture_default_str();
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
