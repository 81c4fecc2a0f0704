// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <cstdio>

#include "app/cli/command.h"
#include "app/cli/input.h"
#include "core/analysis/block_patterns.h"
#include "core/analysis/order_flow.h"
#include "core/base/csv.h"
#include "core/base/files.h"
#include "core/image/chart.h"
#include "core/image/png.h"

namespace orderscope::cli {

namespace {

struct Options {
  SubjectOptions subject;
  MethodOptions method;
};

struct Figure {
  const char* name;
  double FlowEntry::*value;
  const char* label;
};
constexpr Figure kFigures[] = {
    {"energy", &FlowEntry::energy, "mean square activation"},
    {"share", &FlowEntry::share, "share of energy"},
    {"contribution", &FlowEntry::contribution, "contribution (logit)"},
    {"entropy", &FlowEntry::entropy, "spatial entropy (1: even)"},
    {"mean_frequency", &FlowEntry::mean_frequency, "mean frequency (cycles a pixel)"},
    {"autocorrelation_length", &FlowEntry::autocorrelation_length, "autocorrelation length (pixels)"},
};

nlohmann::json to_json(const std::vector<FlowEntry>& entries) {
  nlohmann::json all = nlohmann::json::array();
  for (const FlowEntry& entry : entries) {
    nlohmann::json json{{"tap", entry.tap}, {"order", entry.order}, {"channels", entry.channels}};
    for (const Figure& figure : kFigures) json[figure.name] = entry.*figure.value;
    json["spectrum"] = entry.spectrum;
    all.push_back(std::move(json));
  }
  return all;
}

std::string csv_of(const std::vector<BlockFlow>& flows) {
  CsvWriter csv;
  csv.add("block").add("quantity").add("order").add("channels");
  for (const Figure& figure : kFigures) csv.add(figure.name);
  csv.end_row();
  for (const BlockFlow& flow : flows) {
    for (const auto* entries : {&flow.gates, &flow.states}) {
      for (const FlowEntry& entry : *entries) {
        csv.add(flow.block).add(entry.quantity).add(entry.order).add(entry.channels);
        for (const Figure& figure : kFigures) csv.add(entry.*figure.value);
        csv.end_row();
      }
    }
  }
  return csv.text();
}

Result<bool> write_profile(const std::vector<BlockFlow>& flows, const std::string& quantity, const Figure& figure,
                           const std::string& subtitle, const PngText& provenance, const std::filesystem::path& file) {
  Chart chart;
  chart.title = quantity + "s: " + figure.label + " by depth";
  chart.subtitle = subtitle;
  chart.x_label = "block, from " + flows.front().block + " to " + flows.back().block;
  chart.y_label = figure.label;
  bool any = false;
  for (Curve& curve : depth_profile(flows, quantity, figure.value, figure.label)) {
    bool drawn = false;
    for (double& y : curve.y) {
      if (std::isinf(y)) y = std::nan("");
      drawn |= std::isfinite(y);
    }
    any |= drawn;
    if (drawn) chart.lines.push_back({curve.name, std::move(curve.x), std::move(curve.y)});
  }
  if (!any) return false;
  TRY(const Image image, draw_chart(chart));
  TRY_VOID(write_png(file, image, provenance));
  return true;
}

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  TRY(const LoadedSubject loaded, options.subject.load(common, job));
  const Model& model = *loaded.model;
  TRY(const auto blocks, find_gnconv_blocks(model, options.method.text("block")));
  TRY(Trace trace,
      Trace::forward(model.backbone, loaded.subject(common).image, order_flow_probes(model, blocks), {}, job));
  TRY(const int class_index, choose_class(options.method.integer("class"), model, trace.logits()));
  TRY_VOID(trace.backward({class_index}, job));
  const auto flows = order_flow(trace, 0, blocks);

  Provenance provenance = loaded.provenance();
  provenance.method = order_flow_method().descriptor.id;
  provenance.parameters["class"] = std::to_string(class_index);
  const std::string subtitle = model.name + ", contribution to " + model.class_name(class_index);
  std::vector<std::string> warnings;
  nlohmann::json json_blocks = nlohmann::json::array(), pictures = nlohmann::json::array();
  for (const BlockFlow& flow : flows) {
    for (std::string& warning : warnings_about(flow)) {
      print_warning(warning);
      warnings.push_back(std::move(warning));
    }
    json_blocks.push_back({{"block", flow.block},
                           {"order", flow.order},
                           {"stride", flow.stride},
                           {"gate_entropy", flow.gate_entropy},
                           {"state_entropy", flow.state_entropy},
                           {"gates", to_json(flow.gates)},
                           {"states", to_json(flow.states)}});
  }
  for (const std::string quantity : {"gate", "state"}) {
    for (const Figure& figure : kFigures) {
      const std::string name = "flow." + quantity + "." + figure.name + ".png";
      TRY(const bool written,
          write_profile(flows, quantity, figure, subtitle, provenance.fields(), common.output / name));
      if (written) pictures.push_back(name);
    }
  }
  const nlohmann::json result{{"class", {{"index", class_index}, {"name", model.class_name(class_index)}}},
                              {"top5", top_five(model, trace.logits())[0]},
                              {"blocks", json_blocks},
                              {"pictures", pictures},
                              {"warnings", warnings},
                              {"provenance", provenance.fields()}};
  TRY_VOID(write_file(common.output / "flow.csv", std::string_view(csv_of(flows))));
  TRY_VOID(write_json(common.output / "flow.json", result));
  if (common.json) {
    print_json(result);
  } else {
    std::printf("%zu %s measured for %s, written to %s\n", flows.size(), flows.size() == 1 ? "block" : "blocks",
                model.class_name(class_index).c_str(), common.output.c_str());
  }
  return {};
}

}  // namespace

Run make_flow(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  options->subject.add_to(app);
  options->method.add_to(app, order_flow_method().descriptor);
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
