// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdio>

#include "app/cli/image_set.h"
#include "app/cli/input.h"
#include "app/cli/values_json.h"
#include "core/analysis/layer_statistics.h"
#include "core/image/chart.h"
#include "core/image/png.h"

namespace orderscope::cli {

namespace {

using nlohmann::json;

struct Options {
  SubjectOptions subject;
  MethodOptions method;
};

/// A row a layer, a column a quantity, from numbers called LAYER.QUANTITY.
Matrix table_of(const std::vector<Number>& numbers) {
  Matrix table;
  table.name = "layers";
  for (const Number& number : numbers) {
    const std::size_t dot = number.name.rfind('.');
    const std::string layer = number.name.substr(0, dot), quantity = number.name.substr(dot + 1);
    if (table.rows.empty() || table.rows.back() != layer) table.rows.push_back(layer);
    if (table.rows.size() == 1) table.columns.push_back(quantity);
    table.values.push_back(number.value);
  }
  return table;
}

/// One chart a quantity, over depth; nothing where there is no value.
Result<json> write_charts(const MethodResult& found, const Model& model, const PngText& text,
                          const std::filesystem::path& folder) {
  json pictures = json::array();
  for (const Curve& curve : found.curves) {
    if (std::ranges::none_of(curve.y, [](double y) { return std::isfinite(y); })) continue;
    Chart chart;
    chart.title = curve.name + " by layer";
    chart.subtitle = model.name;
    chart.x_label = "layer, in the order of the network";
    chart.y_label = curve.y_label.empty() ? curve.name : curve.name + ", " + curve.y_label;
    chart.lines.push_back({model.name, curve.x, curve.y});
    const std::string name = "layers." + curve.name + ".png";
    TRY(const Image drawn, draw_chart(chart));
    TRY_VOID(write_png(folder / name, drawn, text));
    pictures.push_back(name);
  }
  return pictures;
}

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  const Method& method = layer_statistics_method();
  TRY(const MethodValues values, options.method.for_method(method.descriptor));
  TRY(const LoadedSubject loaded, options.subject.load(common, job));
  const std::vector<MethodRequest> requests{{&method, values}};
  TRY(const MethodsOutcome outcome, run_methods(loaded.subject(common), requests, std::nullopt, job));
  if (!outcome.results[0]) return tl::unexpected(outcome.results[0].error());
  const MethodResult& found = *outcome.results[0];
  for (const std::string& warning : found.warnings) print_warning(warning);

  Provenance provenance = loaded.provenance();
  provenance.method = method.descriptor.id;
  provenance.parameters = values.all();
  const Matrix table = table_of(found.numbers);
  TRY_VOID(write_csv(common.output / "layers.csv", table));
  TRY(const json pictures, write_charts(found, *loaded.model, provenance.fields(), common.output));
  json layers = json::array();
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    json entry{{"layer", table.rows[r]}};
    for (std::size_t c = 0; c < table.columns.size(); ++c) entry[table.columns[c]] = number_or_null(table.at(r, c));
    layers.push_back(std::move(entry));
  }
  const json result{{"layers", layers},
                    {"table", "layers.csv"},
                    {"pictures", pictures},
                    {"warnings", found.warnings},
                    {"provenance", provenance.fields()}};
  TRY_VOID(write_json(common.output / "layers.json", result));
  if (common.json) {
    print_json(result);
    return {};
  }
  std::printf("%-40s", "");
  for (const std::string& column : table.columns) std::printf("  %14s", column.c_str());
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    std::printf("\n%-40s", table.rows[r].c_str());
    for (std::size_t c = 0; c < table.columns.size(); ++c) std::printf("  %14.5g", table.at(r, c));
  }
  std::printf("\nwritten to %s\n", common.output.c_str());
  return {};
}

}  // namespace

Run make_layers(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  options->subject.add_to(app);
  options->method.add_to(app, layer_statistics_method().descriptor);
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
