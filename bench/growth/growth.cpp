// SPDX-License-Identifier: GPL-3.0-or-later
// How cost grows with image size, batch and depth: orderscope-growth FOLDER measures and draws growth-size.png,
// growth-batch.png and growth-depth.png there, with the figures in growth.csv. Formula-filled weights, float32.
#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>

#include "bench/families.h"
#include "core/base/csv.h"
#include "core/base/files.h"
#include "core/base/free_memory.h"
#include "core/base/threads.h"
#include "core/image/chart.h"
#include "core/image/png.h"
#include "core/trace/trace.h"
#include "tests/formula.h"

namespace orderscope {
namespace {

constexpr int kRuns = 5;

struct Family {
  const char *name, *title;
};
constexpr Family kFamilies[] = {
    {"hornet_t_7x7", "HorNet-T"}, {"hornet_t_gf", "HorNet-T-GF"}, {"convnext_t", "ConvNeXt-T"}};

double median_ms(const std::function<void()>& task) {
  task();
  std::vector<double> times;
  for (int i = 0; i < kRuns; ++i) {
    const auto start = std::chrono::steady_clock::now();
    task();
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::ranges::nth_element(times, times.begin() + kRuns / 2);
  return times[kRuns / 2];
}

/// Of n images of side x side: the forward pass alone, or both passes with every map (see bench::everything_probes).
double cost(const std::shared_ptr<Backbone>& backbone, std::int64_t n, std::int64_t side, bool everything) {
  const at::Tensor input = test::formula_input(side, side).expand({n, 3, side, side}).contiguous();
  return median_ms([&] {
    if (!everything) {
      const at::NoGradGuard no_grad;
      backbone->forward(input);
      return;
    }
    auto trace = Trace::forward(backbone, input, bench::everything_probes(*backbone));
    if (!trace || !trace->backward({0})) std::abort();
  });
}

struct Growth {
  std::string file;  ///< without ending
  Chart chart;
};

class Measurement {
 public:
  explicit Measurement(Growth growth) : growth_(std::move(growth)) {
    growth_.chart.width = 720;
    growth_.chart.height = 420;
  }

  /// `scale` turns milliseconds into what is drawn.
  void add(const std::string& line, double x, double milliseconds, double scale) {
    auto& lines = growth_.chart.lines;
    auto found = std::ranges::find(lines, line, &ChartLine::name);
    if (found == lines.end()) found = lines.insert(lines.end(), ChartLine{line, {}, {}});
    found->x.push_back(x);
    found->y.push_back(milliseconds * scale);
    csv_.add(growth_.file).add(line).add(x).add(milliseconds).end_row();
    std::printf("%-14s %-34s %6.0f %10.2f ms\n", growth_.file.c_str(), line.c_str(), x, milliseconds);
  }

  Result<std::string> write(const std::filesystem::path& folder) {
    growth_.chart.y_range = ChartRange{0, largest()};
    TRY(const Image image, draw_chart(growth_.chart));
    TRY_VOID(write_png(folder / (growth_.file + ".png"), image, {}));
    return csv_.text();
  }

 private:
  double largest() const {
    double most = 0;
    for (const ChartLine& line : growth_.chart.lines) most = std::max(most, *std::ranges::max_element(line.y));
    return most;
  }

  Growth growth_;
  CsvWriter csv_;
};

Measurement with_size() {
  Measurement growth(
      {"growth-size", {.title = "Image size", .x_label = "side, pixels", .y_label = "ms a megapixel", .lines = {}}});
  for (const Family& family : kFamilies) {
    const auto backbone = test::formula_backbone(bench::family_architecture(family.name));
    for (const bool everything : {false, true})
      for (const std::int64_t side : {128, 224, 320, 448, 640, 896})
        growth.add(std::string(family.title) + (everything ? ", everything" : ", forward"), static_cast<double>(side),
                   cost(backbone, 1, side, everything), 1e6 / static_cast<double>(side * side));
  }
  return growth;
}

Measurement with_batch() {
  Measurement growth({"growth-batch", {.title = "Batch", .x_label = "images", .y_label = "ms an image", .lines = {}}});
  for (const Family& family : kFamilies) {
    const auto backbone = test::formula_backbone(bench::family_architecture(family.name));
    for (const std::int64_t n : {1, 2, 4, 8, 16, 32})
      growth.add(std::string(family.title) + ", forward", static_cast<double>(n), cost(backbone, n, 224, false),
                 1.0 / static_cast<double>(n));
  }
  return growth;
}

Measurement with_depth() {
  Measurement growth(
      {"growth-depth", {.title = "Depth", .x_label = "blocks in the third stage", .y_label = "ms", .lines = {}}});
  for (const bool everything : {false, true})
    for (const int blocks : {2, 6, 12, 18, 27, 36}) {
      const auto backbone = test::formula_backbone(test::hornet_architecture(64, false, {2, 3, blocks, 2}));
      growth.add(std::string("HorNet-T") + (everything ? ", everything" : ", forward"), blocks,
                 cost(backbone, 1, 224, everything), 1);
    }
  return growth;
}

Result<void> run(const std::filesystem::path& folder) {
  std::string table = "chart,line,x,milliseconds\n";
  for (const auto& measure : {with_size, with_batch, with_depth}) {
    Measurement growth = measure();
    TRY(const std::string rows, growth.write(folder));
    table += rows;
  }
  return write_file(folder / "growth.csv", table);
}

}  // namespace
}  // namespace orderscope

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "orderscope-growth FOLDER\n");
    return 2;
  }
  orderscope::keep_free_memory();
  orderscope::set_up_compute_threads();
  if (const auto done = orderscope::run(argv[1]); !done) {
    std::fprintf(stderr, "%s\n", done.error().message().c_str());
    return 1;
  }
  return 0;
}
