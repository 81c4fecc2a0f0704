// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/ablate.h"

#include <ATen/ATen.h>

#include <cmath>
#include <cstdio>

#include "app/cli/input.h"
#include "app/cli/map_files.h"
#include "app/cli/values_json.h"
#include "core/analysis/cam_layer.h"
#include "core/analysis/finite_logits.h"
#include "core/analysis/grad_cam.h"
#include "core/base/csv.h"
#include "core/base/files.h"
#include "core/checkpoint/npy.h"
#include "core/image/chart.h"
#include "core/image/plate.h"
#include "core/image/png.h"
#include "core/trace/trace.h"

namespace orderscope::cli {

Result<OrderEdit> AblateOptions::edit() const {
  OrderEdit how;
  how.blocks = block;
  how.order = order.value_or(0);
  how.factor = factor.value_or(0);
  if (order && *order < 1)
    return fail(Error::Kind::InvalidInput, "orders count from 1", "--order " + std::to_string(*order));
  const std::string implied = factor ? "scale" : other.empty() ? "zero" : "swap";
  const std::string chosen = mode.empty() ? implied : mode;
  if (factor && chosen != "scale")
    return fail(Error::Kind::InvalidInput, "--factor belongs to --mode scale", "--mode " + chosen);
  if (!other.empty() && chosen != "swap")
    return fail(Error::Kind::InvalidInput, "--other belongs to --mode swap", "--mode " + chosen);
  if (chosen == "scale" && !factor)
    return fail(Error::Kind::InvalidInput, "scale by what? give --factor", "--mode scale");
  if (chosen == "swap" && other.empty())
    return fail(Error::Kind::InvalidInput, "swap with what? give --other", "--mode swap");
  for (const auto mode : {GateReplacement::Zero, GateReplacement::Mean, GateReplacement::Scale, GateReplacement::Swap})
    if (to_string(mode) == chosen) how.mode = mode;
  return how;
}

Result<Gates> AblateOptions::gates(const Model& model, const OrderEdit& how, const JobContext& job) const {
  if (how.mode != GateReplacement::Swap) return Gates{};
  InputOptions file = input;
  const bool is_array = other.extension() == ".npy";
  file.image = is_array ? std::filesystem::path() : other;
  file.array = is_array ? other : std::filesystem::path();
  TRY(const ModelInput swapped, file.read_one(model));
  return record_gates(model, swapped.images.to(at::Device(model.device)), job);
}

namespace {

nlohmann::json to_json(const OrderEdit& how, const std::filesystem::path& other) {
  nlohmann::json json{{"block", how.blocks}, {"order", how.order}, {"mode", to_string(how.mode)}};
  if (how.order == 0) json["order"] = "each";
  if (how.mode == GateReplacement::Scale) json["factor"] = how.factor;
  if (how.mode == GateReplacement::Swap) json["other"] = other.string();
  return json;
}

/// What people read: "order 2 of stages.2.* set to zero".
std::string describe(const OrderEdit& how) {
  const std::string what = how.order == 0 ? "each order" : "order " + std::to_string(how.order);
  const std::string where = how.blocks == "*" ? "" : " in " + how.blocks;
  char factor[32];
  std::snprintf(factor, sizeof factor, "%g", how.factor);
  switch (how.mode) {
    case GateReplacement::Zero: return what + where + " set to zero";
    case GateReplacement::Mean: return what + where + " set to its spatial mean";
    case GateReplacement::Scale: return what + where + " times " + factor;
    case GateReplacement::Swap: return what + where + " taken from another image";
  }
  return {};
}

/// Where class activation maps are usually taken.
std::string last_layer(const Model& model) {
  return cam_layer_pattern(model, MethodValues(std::map<std::string, std::string>{{"layer", "last"}}));
}

/// Before, after and their difference.
Result<nlohmann::json> write_cams(const LoadedSubject& loaded, Trace& before, Trace& after, int class_index,
                                  const std::filesystem::path& folder, const JobContext& job) {
  const std::string layer = last_layer(*loaded.model);
  TRY_VOID(before.backward({class_index}, job));
  TRY_VOID(after.backward({class_index}, job));
  TRY(Map first, grad_cam(before, 0, layer));
  TRY(Map second, grad_cam(after, 0, layer));
  Map change = second;
  for (std::size_t i = 0; i < change.values.size(); ++i) change.values[i] -= first.values[i];

  nlohmann::json maps = nlohmann::json::object();
  const Map* const all[] = {&first, &second, &change};
  PlateRow row{"Grad-CAM", {}, scale_for(std::span(all)), "logit"};
  for (const auto& [name, map] : {std::pair{"before", &first}, {"after", &second}, {"change", &change}}) {
    map->provenance.parameters["class"] = std::to_string(class_index);
    map->provenance.parameters["edit"] = name;
    complete_provenance(*map, loaded.provenance());
    TRY(maps[name], write_map(*map, folder, std::string("cam.") + name));
    for (const std::string& warning : warnings_about(*map)) print_warning(std::string("cam ") + name + ": " + warning);
    row.tiles.push_back({map, name, std::nullopt});
  }
  PlateOptions plate;
  plate.title = "Grad-CAM at " + layer;
  plate.subtitle = loaded.model->name + ", " + loaded.model->class_name(class_index);
  TRY(const Image figure, draw_plate(loaded.input.picture, {row}, plate));
  TRY_VOID(write_png(folder / "cam.png", figure, second.provenance.fields()));
  maps["picture"] = "cam.png";
  return maps;
}

nlohmann::json score(const at::Tensor& logits, int class_index) {
  const at::Tensor cpu = logits[0].to(at::kCPU, at::kDouble);
  return {{"logit", cpu[class_index].item<double>()}, {"probability", at::softmax(cpu, 0)[class_index].item<double>()}};
}

Result<void> run_one(const AblateOptions& options, const CommonOptions& common, const LoadedSubject& loaded,
                     const OrderEdit& how, const Gates& gates, const JobContext& job) {
  const Model& model = *loaded.model;
  TRY(auto edits, order_edits(model, how, gates));
  std::vector<Probe> probes;
  if (options.cam) probes.push_back(grad_cam_probe(last_layer(model)));
  TRY(Trace before, Trace::forward(model.backbone, loaded.subject(common).image, probes, {}, job));
  TRY_VOID(check_finite_logits(before.logits()));
  TRY(const int class_index, choose_class(options.class_index, model, before.logits()));

  std::vector<std::string> taps;
  for (const Edit& edit : edits) taps.push_back(edit.tap);
  TRY(Trace after, before.rerun_from(taps.front(), std::move(edits), probes, job));
  TRY_VOID(write_npy(common.output / "logits.before.npy", before.logits()));
  TRY_VOID(write_npy(common.output / "logits.after.npy", after.logits()));
  if (!check_finite_logits(after.logits())) print_warning("the logits are NaN or infinite with this edit");

  nlohmann::json result{{"class", {{"index", class_index}, {"name", model.class_name(class_index)}}},
                        {"edit", to_json(how, options.other)},
                        {"taps", taps},
                        {"before", score(before.logits(), class_index)},
                        {"after", score(after.logits(), class_index)},
                        {"top5_before", top_five(model, before.logits())[0]},
                        {"top5_after", top_five(model, after.logits())[0]},
                        {"provenance", loaded.provenance().fields()}};
  for (const char* name : {"logit", "probability"})
    result["change"][name] = result["after"][name].get<double>() - result["before"][name].get<double>();
  if (options.cam) {
    TRY(result["cam"], write_cams(loaded, before, after, class_index, common.output, job));
  }
  TRY_VOID(write_json(common.output / "ablate.json", result));
  if (common.json) {
    print_json(result);
  } else {
    std::printf("%s: %s   logit %.4f -> %.4f   probability %.4f -> %.4f\n", describe(how).c_str(),
                model.class_name(class_index).c_str(), result["before"]["logit"].get<double>(),
                result["after"]["logit"].get<double>(), result["before"]["probability"].get<double>(),
                result["after"]["probability"].get<double>());
  }
  return {};
}

Result<Image> draw_effects(const Matrix& matrix, const std::string& subtitle) {
  MatrixFigure figure;
  figure.title = "Change of the class score without an order";
  figure.subtitle = subtitle;
  figure.rows = matrix.rows;
  figure.columns = matrix.columns;
  figure.values = matrix.values;
  figure.unit = matrix.unit;
  figure.write_values = true;
  float extent = 0;
  for (const double value : matrix.values)
    if (std::isfinite(value)) extent = std::max(extent, static_cast<float>(std::abs(value)));
  figure.scale = signed_scale(extent);
  return draw_matrix(figure);
}

Result<void> run_sweep(const AblateOptions& options, const CommonOptions& common, const LoadedSubject& loaded,
                       const OrderEdit& how, const Gates& gates, const JobContext& job) {
  const Model& model = *loaded.model;
  if (options.cam)
    return fail(Error::Kind::InvalidInput, "class activation maps are compared for one edit", "--cam",
                "name the order with --order");
  TRY(const auto sweep, order_sweep(model, AblationScope::Block, how, gates));
  TRY(const Trace trace, Trace::forward(model.backbone, loaded.subject(common).image, {}, {}, job));
  TRY(const int class_index, choose_class(options.class_index, model, trace.logits()));
  TRY(const auto effects, order_effects(trace, sweep, class_index, job));

  CsvWriter csv;
  for (const char* column : {"block", "order", "logit", "probability", "logit_change", "probability_change"})
    csv.add(column);
  csv.end_row();
  nlohmann::json list = nlohmann::json::array();
  for (const OrderEffect& effect : effects) {
    csv.add(effect.where)
        .add(effect.order)
        .add(effect.logit)
        .add(effect.probability)
        .add(effect.logit_change)
        .add(effect.probability_change)
        .end_row();
    list.push_back({{"block", effect.where},
                    {"order", effect.order},
                    {"logit", effect.logit},
                    {"probability", effect.probability},
                    {"logit_change", effect.logit_change},
                    {"probability_change", effect.probability_change}});
    if (!std::isfinite(effect.logit))
      print_warning("the logits are NaN or infinite with order " + std::to_string(effect.order) + " of " +
                    effect.where + " edited");
  }
  Matrix logits = effect_matrix(effects, &OrderEffect::logit_change, "logit_change");
  logits.unit = "logit";
  const Matrix probabilities = effect_matrix(effects, &OrderEffect::probability_change, "probability_change");
  const std::string subtitle = model.name + ", " + model.class_name(class_index) + ", " + describe(how);
  if (const auto figure = draw_effects(logits, subtitle); figure) {
    TRY_VOID(write_png(common.output / "ablate.png", *figure, loaded.provenance().fields()));
  } else {
    print_warning("no figure: " + figure.error().message());
  }
  TRY_VOID(write_file(common.output / "ablate.csv", std::string_view(csv.text())));
  const nlohmann::json result{{"class", {{"index", class_index}, {"name", model.class_name(class_index)}}},
                              {"edit", to_json(how, options.other)},
                              {"before", score(trace.logits(), class_index)},
                              {"top5_before", top_five(model, trace.logits())[0]},
                              {"effects", list},
                              {"matrices", {cli::to_json(logits), cli::to_json(probabilities)}},
                              {"csv", "ablate.csv"},
                              {"picture", "ablate.png"},
                              {"provenance", loaded.provenance().fields()}};
  TRY_VOID(write_json(common.output / "ablate.json", result));
  if (common.json) {
    print_json(result);
  } else {
    std::printf("%zu edits, %s: written to %s\n", effects.size(), describe(how).c_str(), common.output.c_str());
  }
  return {};
}

Result<void> run(const AblateOptions& options, const CommonOptions& common, const JobContext& job) {
  TRY(const OrderEdit how, options.edit());
  LoadedSubject loaded;
  TRY(loaded.model, options.model.load(common, job));
  // Names are checked before anything is computed or read.
  OrderEdit names = how;
  names.mode = GateReplacement::Zero;
  TRY_VOID(order_edits(*loaded.model, names));
  TRY(const Gates gates, options.gates(*loaded.model, how, job));
  if (!options.images.empty()) return ablate_folder(options, common, *loaded.model, how, gates, job);
  if (!options.per.empty())
    return fail(Error::Kind::InvalidInput, "a single image is always swept block by block", "--per");
  TRY(loaded.input, options.input.read_one(*loaded.model));
  return options.order ? run_one(options, common, loaded, how, gates, job)
                       : run_sweep(options, common, loaded, how, gates, job);
}

}  // namespace

Run make_ablate(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<AblateOptions>();
  options->model.add_to(app);
  options->input.add_to(app)->add_option("--images", options->images,
                                         "a folder with a folder a class: accuracy and loss without each order");
  app.add_option("--order", options->order, "which order, from 1; all, one after the other, unless given");
  app.add_option("--block", options->block, "a block, a stage (stages.2) or a pattern")->capture_default_str();
  app.add_option("--mode", options->mode, "what replaces the gate: zero, mean (over space), scale, swap")
      ->check(CLI::IsMember({"zero", "mean", "scale", "swap"}));
  app.add_option("--factor", options->factor, "factor of the gate; implies --mode scale");
  app.add_option("--other", options->other, "photo or .npy array whose gates are taken; implies --mode swap");
  app.add_option("--class", options->class_index, "class index; the most likely one unless given");
  app.add_flag("--cam", options->cam, "with --order: Grad-CAM before and after");
  app.add_option("--per", options->per, "with --images: what loses an order together; network and stage unless given")
      ->delimiter(',')
      ->check(CLI::IsMember({"network", "stage", "block"}));
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
