// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_measure.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/analysis/faithfulness.h"
#include "core/analysis/grad_cam.h"
#include "core/analysis/tensor_map.h"
#include "core/base/guard.h"
#include "core/models/backbone.h"
#include "core/models/describe.h"
#include "core/run/batch_figures.h"

namespace orderscope {

namespace {
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
}  // namespace

FigureTable::FigureTable(const std::vector<BatchFigure>& known) {
  for (const BatchFigure& figure : known) place(figure);
}

std::size_t FigureTable::place(const BatchFigure& figure) {
  const auto [at, added] = places_.emplace(figure.name, figures_.size());
  if (added) figures_.push_back(figure);
  return at->second;
}

bool BatchMeasure::keeps(const std::string& kind) const {
  return std::find(config_.maps.begin(), config_.maps.end(), kind) != config_.maps.end();
}

Result<BatchMeasure> BatchMeasure::make(int index, std::shared_ptr<const Model> model, const BatchConfig& config,
                                        const std::vector<BatchFigure>& known) {
  BatchMeasure measure;
  measure.index_ = index;
  measure.model_ = std::move(model);
  measure.config_ = config;
  measure.figures_ = FigureTable(known);
  const Model& m = *measure.model_;
  measure.probes_ = {order_figures_probe(measure.keeps("orders"))};
  if (config.gradients) {
    // A box is read from one level or two, which are known once it is found.
    measure.cam_layer_ = m.is_detector() ? "neck.fpn_convs.*" : usual_cam_layer(m);
    measure.probes_.push_back(order_contribution_figures_probe(measure.keeps("contribution")));
    measure.probes_.push_back(grad_cam_probe(measure.cam_layer_));
  }
  const bool has_orders = std::any_of(m.blocks.begin(), m.blocks.end(), [](const BlockInfo& b) { return b.order > 0; });
  if (has_orders && m.is_classifier()) {
    for (const auto scope : {AblationScope::Network, AblationScope::Stage, AblationScope::Block}) {
      if (std::find(config.ablate.begin(), config.ablate.end(), to_string(scope)) == config.ablate.end()) continue;
      TRY(auto part, order_sweep(m, scope, {}));
      std::move(part.begin(), part.end(), std::back_inserter(measure.sweep_));
    }
  }
  std::map<std::string, int> times;
  for (const BatchMethod& asked : config.methods) {
    const Method* method = find_method(asked.id);
    if (!method) return fail(Error::Kind::InvalidInput, "there is no such method", asked.id);
    TRY(MethodValues values, check_values(method->descriptor, asked.parameters));
    measure.methods_.push_back({method, std::move(values)});
    const int time = ++times[asked.id];
    measure.method_names_.push_back(asked.id + (time > 1 ? "." + std::to_string(time) : ""));
  }
  return measure;
}

void BatchMeasure::put(StoredResult& result, const BatchFigure& figure, double value) {
  const std::size_t place = figures_.place(figure);
  if (result.figures.size() <= place) result.figures.resize(place + 1, std::numeric_limits<float>::quiet_NaN());
  result.figures[place] = static_cast<float>(value);
}

void BatchMeasure::put_map(StoredResult& result, const std::string& name, const Map& map, bool keep) {
  for (const Number& number : map_figures(map))
    put(result, {name + "." + number.name, number.unit, {}, {}, 0, number.name}, number.value);
  if (keep) result.maps.emplace_back(name, map);
}

void BatchMeasure::add_orders(const Trace& trace, std::int64_t n, StoredResult& result) {
  for (const BlockInfo& block : model_->blocks) {
    for (const std::string quantity : {"gate", "state"}) {
      std::vector<OrderFigures> orders;
      double sum = 0;
      for (int k = 1; k <= block.order; ++k) {
        const std::string tap = block.name + ".gnconv." + quantity + "." + std::to_string(k);
        orders.push_back(read_order_figures(trace, kOrdersProbe, tap, n, block));
        sum += orders.back().energy;
        if (quantity == "gate" && config_.gradients)
          orders.back().contribution = read_order_contribution(trace, kContributionProbe, tap, n);
        if (keeps("orders"))
          if (auto map = read_order_map(trace, kOrdersProbe, tap, n)) result.maps.emplace_back(tap, std::move(*map));
        if (quantity == "gate" && keeps("contribution")) {
          if (auto map = read_contribution_map(trace, kContributionProbe, tap, n))
            result.maps.emplace_back(tap + ".contribution", std::move(*map));
        }
      }
      for (int k = 1; k <= block.order; ++k) {
        const OrderFigures& f = orders[static_cast<std::size_t>(k - 1)];
        const auto add = [&](const char* kind, const char* unit, double value) {
          put(result,
              {block.name + "." + quantity + "." + std::to_string(k) + "." + kind, unit, block.name, quantity, k, kind},
              value);
        };
        add("energy", "activation^2", f.energy);
        add("share", "", f.energy / sum);
        add("entropy", "", f.entropy);
        add("scale", "pixel", f.scale);
        if (quantity == "gate" && config_.gradients) add("contribution", "logit", f.contribution);
      }
    }
  }
}

Result<void> BatchMeasure::add_faithfulness(const OneImage& image, const std::string& prefix, const Map& map,
                                            const JobContext& job) {
  TRY(const MethodValues values, check_values(faithfulness_descriptor(), {}));
  const auto result = faithfulness(image.subject, map, image.class_index, FaithfulnessSettings::of(values), job);
  if (!result) {
    if (result.error().kind == Error::Kind::OutOfMemory) return tl::unexpected(result.error());
    if (image.result.note.empty()) image.result.note = prefix + ".faithfulness: " + result.error().message();
    return {};
  }
  for (const Number& number : result->numbers)
    put(image.result, {prefix + ".faithfulness." + number.name, number.unit, {}, {}, 0, number.name}, number.value);
  return {};
}

Result<void> BatchMeasure::add_cam(const Trace& trace, std::int64_t n, const OneImage& image, const JobContext& job) {
  auto map = grad_cam(trace, kCamProbe, cam_layer_, static_cast<int>(n));
  if (!map) {
    if (image.result.note.empty()) image.result.note = "cam: " + map.error().message();
    return {};
  }
  put_map(image.result, "cam", *map, keeps("cam"));
  if (config_.faithfulness) return add_faithfulness(image, "cam", *map, job);
  return {};
}

Result<void> BatchMeasure::add_ablations(const Trace& trace, std::vector<StoredResult>& results,
                                         const JobContext& job) {
  for (const AblatedOrder& one : sweep_) {
    TRY(const Trace edited, trace.rerun_from(one.edits.front().tap, one.edits, {}, job));
    const at::Tensor probabilities = at::softmax(edited.logits().to(at::kCPU, at::kDouble), 1).contiguous();
    const std::int64_t classes = probabilities.size(1);
    const std::string name = "ablation." + one.where + "." + std::to_string(one.order) + ".";
    for (std::size_t n = 0; n < results.size(); ++n) {
      const double* p = probabilities.const_data_ptr<double>() + static_cast<std::int64_t>(n) * classes;
      const auto predicted = static_cast<int>(std::max_element(p, p + classes) - p);
      const bool finite = std::none_of(p, p + classes, [](double value) { return std::isnan(value); });
      const auto add = [&](const char* kind, double value) {
        put(results[n], {name + kind, "", one.where, "ablation", one.order, kind}, finite ? value : kNone);
      };
      const auto& label = results[n].label;
      add("predicted", predicted);
      add("probability", results[n].predicted ? p[*results[n].predicted] : kNone);
      add("label_probability", label ? p[*label] : kNone);
      add("correct", label ? (predicted == *label ? 1 : 0) : kNone);
    }
  }
  return {};
}

Result<void> BatchMeasure::add_methods(const OneImage& image, const JobContext& job) {
  // Requests for the same class share one pass; almost always that is all of them.
  std::map<int, std::vector<std::size_t>> by_class;
  for (std::size_t i = 0; i < methods_.size(); ++i) {
    const auto& values = methods_[i].values.all();
    const auto asked = values.find("class");
    const bool said = asked != values.end() && !asked->second.empty();
    by_class[said ? static_cast<int>(methods_[i].values.integer("class")) : image.class_index].push_back(i);
  }
  for (const auto& [class_index, places] : by_class) {
    std::vector<MethodRequest> requests;
    for (const std::size_t i : places) requests.push_back(methods_[i]);
    TRY(const MethodsOutcome outcome, run_methods(image.subject, requests, class_index, job));
    for (std::size_t k = 0; k < places.size(); ++k) {
      const std::string& name = method_names_[places[k]];
      const Result<MethodResult>& result = outcome.results[k];
      if (!result) {
        if (result.error().kind == Error::Kind::OutOfMemory) return tl::unexpected(result.error());
        if (image.result.note.empty()) image.result.note = name + ": " + result.error().message();
        continue;
      }
      for (const Number& number : result->numbers)
        put(image.result, {name + "." + number.name, number.unit, {}, {}, 0, number.name}, number.value);
      for (const NamedMap& map : result->maps)
        put_map(image.result, name + "." + map.name, map.map, keeps(methods_[places[k]].method->descriptor.id));
      if (config_.faithfulness && !result->maps.empty()) {
        const OneImage same{image.subject, class_index, image.result};
        TRY_VOID(add_faithfulness(same, name, result->maps.front().map, job));
      }
    }
  }
  return {};
}

Result<MeasuredBatch> BatchMeasure::measure(const at::Tensor& images, const std::vector<int>& labels,
                                            const JobContext& job) {
  MeasuredBatch batch;
  batch.results.resize(labels.size());
  const at::Tensor input = images.to(at::Device(model_->device));
  TRY(Trace trace, Trace::forward(model_->backbone, input, probes_, {}, job));
  batch.logits = trace.logits().to(at::kCPU);
  std::vector<std::int64_t> classes;
  for (std::size_t n = 0; n < labels.size(); ++n) {
    StoredResult& result = batch.results[n];
    result.model = index_;
    if (labels[n] >= 0) result.label = labels[n];
    add_scores(batch.logits[static_cast<std::int64_t>(n)], result);
    classes.push_back(result.predicted.value_or(0));
  }
  if (config_.gradients) TRY_VOID(trace.backward(classes, job));
  TRY_VOID(trace.move_results_to_cpu());

  Result<void> rest;
  TRY_VOID(guarded([&] {
    for (std::size_t i = 0; i < labels.size() && rest; ++i) {
      const auto n = static_cast<std::int64_t>(i);
      StoredResult& result = batch.results[i];
      add_orders(trace, n, result);
      const OneImage image{{model_, input.narrow(0, n, 1)}, static_cast<int>(classes[i]), result};
      if (!result.predicted) continue;
      if (config_.gradients) rest = add_cam(trace, n, image, job);
      if (rest && !methods_.empty()) rest = add_methods(image, job);
    }
    if (rest) rest = add_ablations(trace, batch.results, job);
  }));
  TRY_VOID(std::move(rest));
  return batch;
}

}  // namespace orderscope
