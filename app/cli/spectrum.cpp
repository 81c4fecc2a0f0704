// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/cli/command.h"
#include "app/cli/input.h"
#include "core/analysis/order_spectrum.h"
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

constexpr double kFloor = 1e-12;  ///< of the chart: under it a share is float64 rounding

std::string degree_text(const OrderSpectrum& spectrum) {
  return spectrum.degree ? std::to_string(*spectrum.degree) : std::string("series");
}

std::string csv_of(const std::vector<OrderSpectrum>& spectra) {
  CsvWriter csv;
  csv.add("block").add("mixer").add("kind").add("origin").add("degree");
  for (int d = 0; d < OrderSpectrum::kDegrees; ++d) csv.add("unexplained_" + std::to_string(d));
  csv.end_row();
  for (const OrderSpectrum& s : spectra) {
    csv.add(s.block).add(s.module).add(s.kind).add(to_string(s.origin)).add(degree_text(s));
    for (const double share : s.unexplained) csv.add(share);
    csv.end_row();
  }
  return csv.text();
}

/// A line a block, a colour a stage; only the first of a stage is named where there are many.
Result<bool> write_chart(const std::vector<OrderSpectrum>& spectra, const Model& model, const PngText& provenance,
                         const std::filesystem::path& file) {
  Chart chart;
  chart.title = "Order spectrum of the token mixers";
  chart.subtitle = model.name + ": energy of mixer(o + t delta) that a polynomial in t leaves unexplained";
  chart.x_label = "degree";
  chart.y_label = "log10 of the unexplained share";
  int last_stage = -1;
  for (const OrderSpectrum& s : spectra) {
    const auto info = std::find_if(model.blocks.begin(), model.blocks.end(),
                                   [&](const BlockInfo& block) { return block.name == s.block; });
    ChartLine line;
    if (spectra.size() <= 6 || info->stage != last_stage) line.name = s.block;
    last_stage = info->stage;
    line.color = model_color(static_cast<std::size_t>(info->stage));
    for (std::size_t d = 0; d < s.unexplained.size(); ++d) {
      if (!std::isfinite(s.unexplained[d])) continue;
      line.x.push_back(static_cast<double>(d));
      line.y.push_back(std::log10(std::max(s.unexplained[d], kFloor)));
    }
    if (!line.x.empty()) chart.lines.push_back(std::move(line));
  }
  if (chart.lines.empty()) return false;
  TRY(const Image image, draw_chart(chart));
  TRY_VOID(write_png(file, image, provenance));
  return true;
}

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  TRY(const LoadedSubject loaded, options.subject.load(common, job, Accepts::AnyModel));
  const Model& model = *loaded.model;
  TRY(const OrderOrigin origin, order_origin_from_string(options.method.text("origin")));
  TRY(Trace trace, Trace::forward(model.backbone, loaded.subject(common).image, {}, {}, job));
  TRY(const auto spectra, order_spectra(trace, model, options.method.text("block"), origin, job));

  Provenance provenance = loaded.provenance();
  provenance.method = order_spectrum_method().descriptor.id;
  provenance.parameters["origin"] = to_string(origin);
  nlohmann::json blocks = nlohmann::json::array();
  for (const OrderSpectrum& s : spectra) {
    for (const std::string& warning : s.warnings) print_warning(warning);
    nlohmann::json block{{"block", s.block},      {"mixer", s.module},
                         {"kind", s.kind},        {"origin", to_string(s.origin)},
                         {"series", !s.degree},   {"unexplained", s.unexplained},
                         {"warnings", s.warnings}};
    if (s.degree) {
      block["degree"] = *s.degree;
      block["energies"] = s.energies;
    }
    blocks.push_back(std::move(block));
  }
  TRY(const bool drawn, write_chart(spectra, model, provenance.fields(), common.output / "spectrum.png"));
  nlohmann::json result{{"blocks", blocks}, {"provenance", provenance.fields()}};
  if (drawn) result["picture"] = "spectrum.png";
  TRY_VOID(write_file(common.output / "spectrum.csv", std::string_view(csv_of(spectra))));
  TRY_VOID(write_json(common.output / "spectrum.json", result));
  if (common.json) {
    print_json(result);
    return {};
  }
  std::printf("%-20s %-18s %-12s %6s  %10s %10s %10s\n", "block", "mixer", "origin", "degree", "beyond 1", "beyond 4",
              "beyond 8");
  for (const OrderSpectrum& s : spectra)
    std::printf("%-20s %-18s %-12s %6s  %10.3g %10.3g %10.3g\n", s.block.c_str(), s.kind.c_str(),
                to_string(s.origin).c_str(), degree_text(s).c_str(), s.unexplained[1], s.unexplained[4],
                s.unexplained[8]);
  return {};
}

}  // namespace

Run make_spectrum(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  options->subject.add_to(app, Accepts::AnyModel);
  options->method.add_to(app, order_spectrum_method().descriptor);
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
