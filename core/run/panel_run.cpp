// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/panel_run.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdio>

#include "core/analysis/method.h"
#include "core/image/ticks.h"
#include "core/run/model_input.h"

namespace orderscope {

struct PanelRunner::Loaded {
  std::shared_ptr<const Model> model;
  std::string image_name;
  ModelInput input;
  std::shared_ptr<Inspection> inspection;  ///< made when a view wants it
  std::map<int, ClassView> views;          ///< by class

  Result<Inspection*> inspect(const JobContext& job) {
    if (!inspection) {
      job.progress(0, 0, "forward pass");
      TRY(inspection, Inspection::run(model, input, job));
    }
    return inspection.get();
  }

  Result<const ClassView*> explain(int class_index, const JobContext& job) {
    auto found = views.find(class_index);
    if (found == views.end()) {
      job.progress(0, 0, "gradients");
      TRY(ClassView view, inspection->explain(class_index, job));
      found = views.emplace(class_index, std::move(view)).first;
    }
    return &found->second;
  }
};

namespace {

std::string probability_text(double probability) {
  char text[16];
  std::snprintf(text, sizeof text, "%.3f", probability);
  return text;
}

/// "tabby 0.912"
std::string score_text(const std::vector<ClassScore>& scores, int class_index) {
  for (const ClassScore& score : scores)
    if (score.index == class_index) return score.name + " " + probability_text(score.probability);
  return {};
}

std::string reduction_text(ChannelReduction reduction) {
  switch (reduction) {
    case ChannelReduction::Mean: return "mean";
    case ChannelReduction::MeanAbs: return "mean absolute value";
    case ChannelReduction::L2: return "L2 norm";
  }
  return {};
}

MapGroup order_group(const BlockOrderMaps& maps, OrderQuantity quantity, ChannelReduction reduction) {
  MapGroup group;
  group.title = to_string(quantity);
  if (quantity == OrderQuantity::Value) {
    group.maps.push_back({"value", std::to_string(maps.channels.front()) + " ch", *maps.find(quantity, 0, reduction)});
    return group;
  }
  for (int order = 1; order <= maps.order; ++order)
    group.maps.push_back({group.title + " " + std::to_string(order), "order " + std::to_string(order),
                          *maps.find(quantity, order, reduction)});
  return group;
}

}  // namespace

PanelRunner::PanelRunner(const SessionFile& session, OpenModel open)
    : models_(session.models), images_(session.images), open_(std::move(open)) {}
PanelRunner::~PanelRunner() = default;

Result<PanelRunner::Loaded*> PanelRunner::load(const FigurePanelPlan& panel, const JobContext& job) {
  if (panel.model < 0 || static_cast<std::size_t>(panel.model) >= models_.size())
    return fail(Error::Kind::InvalidInput, "a panel names no model", panel.view);
  if (panel.image < 0 || static_cast<std::size_t>(panel.image) >= images_.size())
    return fail(Error::Kind::InvalidInput, "a panel names no image", panel.view);
  auto& loaded = loaded_[{panel.model, panel.image}];
  if (loaded) return loaded.get();
  auto fresh = std::make_unique<Loaded>();
  job.progress(0, 0, "opening the model");
  TRY(fresh->model, open_(models_[static_cast<std::size_t>(panel.model)].path, job));
  const std::filesystem::path& image = images_[static_cast<std::size_t>(panel.image)].path;
  fresh->image_name = image.filename().string();
  TRY(fresh->input, read_image_input(image, fresh->model->preprocessing, ExifOrientation::Apply));
  loaded = std::move(fresh);
  return loaded.get();
}

Result<PanelResult> PanelRunner::run(const FigurePanelPlan& panel, const JobContext& job) {
  TRY(const PanelSettings settings, panel_settings(panel));
  if (panel.view == "orders") return run_orders(panel, settings, job);
  if (panel.view == "method") return run_method(panel, settings, job);
  if (panel.view == "scores") return run_scores(panel, settings, job);
  return fail(Error::Kind::InvalidInput, "no such view of a figure: " + panel.view, panel.title,
              "views are orders, method, scores and stored");
}

Result<PanelResult> PanelRunner::run_orders(const FigurePanelPlan& panel, const PanelSettings& settings,
                                            const JobContext& job) {
  TRY(Loaded * loaded, load(panel, job));
  TRY(Inspection * inspection, loaded->inspect(job));
  const Model& model = *loaded->model;
  const auto found = std::find_if(model.blocks.begin(), model.blocks.end(),
                                  [&](const BlockInfo& block) { return block.name == panel.block; });
  if (found == model.blocks.end())
    return fail(Error::Kind::InvalidInput, "the model has no block " + panel.block, model.name);
  const auto block = static_cast<std::size_t>(found - model.blocks.begin());
  const BlockOrderMaps& maps = inspection->order_maps()[block];
  const int class_index = panel.class_index.value_or(inspection->scores().front().index);
  if (class_index >= model.architecture.classes)
    return fail(Error::Kind::InvalidInput, "the model has no class " + std::to_string(class_index), model.name);
  TRY(const ClassView* view, loaded->explain(class_index, job));

  PanelResult result;
  const std::string class_name = model.class_name(class_index);
  for (const std::string& quantity : settings.quantities) {
    MapGroup group;
    if (quantity == "cam") {
      group.title = "Grad-CAM";
      group.subtitle = "of " + class_name;
      group.maps.push_back({"Grad-CAM", "block output", view->cams[block]});
      group.own_scale = true;
      group.same_line = !result.groups.empty() && result.groups.back().maps.size() == 1;
    } else if (maps.order == 0) {
      continue;
    } else if (quantity == "contribution") {
      group.title = quantity;
      group.subtitle = "to " + class_name;
      for (int order = 1; order <= maps.order; ++order)
        group.maps.push_back({"contribution " + std::to_string(order), "order " + std::to_string(order),
                              view->contributions[block][static_cast<std::size_t>(order - 1)]});
    } else {
      group = order_group(maps,
                          quantity == "value"  ? OrderQuantity::Value
                          : quantity == "gate" ? OrderQuantity::Gate
                                               : OrderQuantity::State,
                          settings.reduction);
    }
    result.groups.push_back(std::move(group));
  }
  if (result.groups.empty())
    return fail(Error::Kind::InvalidInput, "block " + panel.block + " has no gnConv, so it has no orders", model.name);
  result.picture = loaded->input.picture;
  result.title = model.name + "   " + panel.block;
  if (maps.order > 0) result.subtitle = "gnConv of order " + std::to_string(maps.order) + "  ·  ";
  result.subtitle += loaded->image_name + "  ·  " + score_text(inspection->scores(), class_index);
  if (maps.order > 0)
    result.notes.push_back("Value, gate and state: " + reduction_text(settings.reduction) +
                           " over channels. Contribution: sum over channels of gate × gradient of the class logit.");
  result.provenance = provenance_of(model, loaded->input);
  result.provenance.layer = panel.block;
  result.provenance.method = "orders";
  result.provenance.parameters = {{"class", std::to_string(class_index)}, {"reduction", to_string(settings.reduction)}};
  return result;
}

Result<PanelResult> PanelRunner::run_method(const FigurePanelPlan& panel, const PanelSettings& settings,
                                            const JobContext& job) {
  const Method* method = find_method(panel.method);
  if (method == nullptr)
    return fail(Error::Kind::InvalidInput, "no such method of one image: " + panel.method, panel.title,
                "orderscope-cli methods lists them");
  TRY(const MethodValues values, check_values(method->descriptor, panel.parameters));
  TRY(Loaded * loaded, load(panel, job));
  const Model& model = *loaded->model;
  const std::vector<MethodRequest> requests{{method, values}};
  job.progress(0, 0, method->descriptor.title);
  TRY(MethodsOutcome outcome, run_methods({loaded->model, loaded->input.images.to(at::Device(model.device))}, requests,
                                          panel.class_index, job));
  if (!outcome.results[0]) return tl::unexpected(outcome.results[0].error());
  MethodResult& found = *outcome.results[0];

  PanelResult result;
  result.provenance = provenance_of(model, loaded->input);
  result.provenance.method = method->descriptor.id;
  result.provenance.parameters = values.all();
  result.provenance.parameters["class"] = std::to_string(outcome.class_index);
  if (settings.part == "maps") {
    MapGroup group;
    group.title = method->descriptor.title;
    group.subtitle = model.class_name(outcome.class_index);
    for (NamedMap& named : found.maps) {
      complete_provenance(named.map, result.provenance);
      group.maps.push_back({method->descriptor.id + " " + named.name, named.name, std::move(named.map)});
    }
    if (!group.maps.empty()) result.groups.push_back(std::move(group));
  } else if (settings.part == "curves") {
    result.curves = std::move(found.curves);
  } else if (settings.part == "matrices") {
    result.matrices = std::move(found.matrices);
  } else {
    result.table.columns = {"quantity", "value", "unit"};
    for (const Number& number : found.numbers)
      result.table.rows.push_back({{number.name, {}}, {format_value(number.value), number.value}, {number.unit, {}}});
  }
  if (result.groups.empty() && result.curves.empty() && result.matrices.empty() && result.table.rows.empty())
    return fail(Error::Kind::InvalidInput, method->descriptor.title + " gives no " + settings.part, model.name);
  result.picture = loaded->input.picture;
  result.title = model.name + "   " + method->descriptor.title;
  result.subtitle = loaded->image_name;
  result.notes.push_back(method->descriptor.title + ": " + method->descriptor.citation + ".");
  for (const std::string& warning : found.warnings) result.notes.push_back(warning + ".");
  return result;
}

Result<PanelResult> PanelRunner::run_scores(const FigurePanelPlan& panel, const PanelSettings& settings,
                                            const JobContext& job) {
  TRY(Loaded * loaded, load(panel, job));
  TRY(Inspection * inspection, loaded->inspect(job));
  PanelResult result;
  result.table.columns = {"class", "index", "logit", "probability"};
  for (const ClassScore& score : inspection->scores()) {
    if (static_cast<int>(result.table.rows.size()) == settings.count) break;
    char logit[24];
    std::snprintf(logit, sizeof logit, "%.3f", score.logit);
    result.table.rows.push_back({{score.name, {}},
                                 {std::to_string(score.index), score.index},
                                 {logit, score.logit},
                                 {probability_text(score.probability), score.probability}});
  }
  result.picture = loaded->input.picture;
  result.title = loaded->model->name;
  result.subtitle = loaded->image_name;
  result.provenance = provenance_of(*loaded->model, loaded->input);
  result.provenance.method = "scores";
  return result;
}

}  // namespace orderscope
