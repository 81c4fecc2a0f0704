// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <cstdio>

#include "app/cli/command.h"
#include "core/base/files.h"
#include "core/image/chart.h"
#include "core/image/png.h"
#include "core/train/training_state.h"

namespace orderscope::cli {

namespace {

struct Options {
  std::vector<std::filesystem::path> runs;
  std::vector<std::string> names;
  std::string quantity = "val-top1";
};

double value_of(const EpochLog& row, const std::string& quantity) {
  if (quantity == "loss") return row.train_loss;
  if (quantity == "lr") return row.learning_rate;
  const auto& accuracy = quantity == "val-top1" ? row.val_top1 : row.val_top5;
  return accuracy ? 100 * *accuracy : std::nan("");
}

std::string axis_label(const std::string& quantity) {
  if (quantity == "loss") return "training loss";
  if (quantity == "lr") return "learning rate";
  return quantity == "val-top1" ? "validation top-1, %" : "validation top-5, %";
}

Result<void> run(const Options& options, const CommonOptions& common) {
  Chart chart;
  chart.title = "Training";
  chart.x_label = "epoch";
  chart.y_label = axis_label(options.quantity);
  for (std::size_t i = 0; i < options.runs.size(); ++i) {
    std::filesystem::path log = options.runs[i];
    if (std::filesystem::is_directory(log)) log /= "log.csv";
    TRY(const std::string text, read_text_file(log));
    TRY(const auto rows, parse_log_csv(text, log.string()));
    ChartLine line;
    line.name = i < options.names.size() ? options.names[i] : log.parent_path().filename().string();
    for (const EpochLog& row : rows) {
      line.x.push_back(row.epoch);
      line.y.push_back(value_of(row, options.quantity));
    }
    chart.lines.push_back(std::move(line));
  }
  TRY(const Image figure, draw_chart(chart));
  return write_png(common.output, figure);
}

}  // namespace

Run make_curves(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  app.add_option("RUN", options->runs, "folders of trainings, or their log.csv")->required();
  app.add_option("--name", options->names, "what the runs are called, in the same order");
  app.add_option("--quantity", options->quantity, "what is drawn over the epochs")
      ->check(CLI::IsMember({"val-top1", "val-top5", "loss", "lr"}))
      ->capture_default_str();
  require_output(app);
  return [=, &common](const JobContext&) { return run(*options, common); };
}

}  // namespace orderscope::cli
