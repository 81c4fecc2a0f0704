// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_report.h"

#include <cstdio>

#include "app/cli/batch.h"

namespace orderscope::cli {

Run make_batch_report(CLI::App& app, CommonOptions& common) {
  struct Options {
    std::filesystem::path run;
    BatchReportOptions report;
    bool allow_outside = false;
  };
  const auto options = std::make_shared<Options>();
  app.add_option("RUN", options->run, "folder of a batch run")->required();
  app.add_option("--show", options->report.images, "images that the models disagree on, shown with their maps")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  app.add_flag("--allow-outside", options->allow_outside, kRunOutsideHelp);
  return [=, &common](const JobContext& job) -> Result<void> {
    const std::filesystem::path folder = common.output.empty() ? options->run : common.output;
    TRY(const BatchQuery query, BatchQuery::open(options->run));
    TRY(const BatchCounts counts, query.counts());
    if (counts.done < counts.images)
      print_warning("the run is not finished: the report is about " + std::to_string(counts.done) + " of " +
                    std::to_string(counts.images) + " images");
    if (!options->allow_outside) options->report.scope = scope_of_run(options->run);
    TRY(const BatchReport report, orderscope::make_batch_report(query, options->report, job));
    for (const std::string& warning : report.warnings) print_warning(warning);
    TRY_VOID(write_report_pdf(report, folder / "report.pdf"));
    TRY_VOID(write_report_html(report, folder / "report.html"));
    if (common.json) {
      print_json({{"pdf", (folder / "report.pdf").string()}, {"html", (folder / "report.html").string()}});
    } else {
      std::printf("report.pdf and report.html written to %s\n", folder.c_str());
    }
    return {};
  };
}

}  // namespace orderscope::cli
