// SPDX-License-Identifier: GPL-3.0-or-later
// What a batch run costs beside its bare forward passes, how long a million files take to list, and that memory does
// not grow with the number of images.
#include <ATen/ATen.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "bench/compare.h"
#include "bench/families.h"
#include "core/base/threads.h"
#include "core/checkpoint/safetensors.h"
#include "core/image/png.h"
#include "core/models/backbone.h"
#include "core/run/batch_measure.h"
#include "core/run/batch_runner.h"
#include "tests/formula.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<const Model> formula_model(const fs::path& file, const Architecture& architecture) {
  const auto backbone = test::formula_backbone(architecture);
  StateDict tensors;
  for (const auto& item : backbone->named_parameters()) tensors.push_back({item.key(), item.value()});
  if (!write_safetensors(file, tensors)) std::abort();
  LoadOptions options;
  options.hash = false;
  auto loaded = load_model(file, options);
  if (!loaded) std::abort();
  return *loaded;
}

struct Setup {
  test::TemporaryFolder folder;
  std::shared_ptr<const Model> model;

  Setup() {
    set_up_compute_threads();
    model = formula_model(folder / "hornet.safetensors", test::hornet_architecture(64, false));
  }
};

const Setup& setup() {
  static const Setup instance;
  return instance;
}

/// Forward with every order's energy, share, entropy and scale, images a pass: state.range(0).
struct Summaries {
  explicit Summaries(const benchmark::State& state)
      : batch(state.range(0)),
        images(test::formula_input(224, 224).expand({batch, 3, 224, 224}).contiguous()),
        labels(static_cast<std::size_t>(batch), 0) {
    BatchConfig config;
    config.gradients = false;
    auto made = BatchMeasure::make(0, setup().model, config, {});
    if (!made) std::abort();
    measure.emplace(std::move(*made));
  }

  void run() {
    auto measured = measure->measure(images, labels);
    if (!measured) std::abort();
    benchmark::DoNotOptimize(measured->results.data());
  }

  std::int64_t batch;
  at::Tensor images;
  std::vector<int> labels;
  std::optional<BatchMeasure> measure;
};

void SummariesOverBareForward(benchmark::State& state) {
  Summaries summaries(state);
  bench::compare(
      state, [&] { summaries.run(); },
      [&] {
        const at::NoGradGuard no_grad;
        benchmark::DoNotOptimize(setup().model->backbone->forward(summaries.images));
      });
  state.counters["rate_over_bare"] = 1 / state.counters["ratio"];
}
BENCHMARK(SummariesOverBareForward)
    ->Arg(1)
    ->Arg(4)
    ->Arg(8)
    ->Arg(16)
    ->UseManualTime()
    ->Iterations(7)
    ->Unit(benchmark::kMillisecond);

/// 1 / ratio is the share of the machine's limit that is reached.
void SummariesOverLimit(benchmark::State& state) {
  Summaries summaries(state);
  const bench::MatrixProduct limit(summaries.batch * setup().model->backbone->macs(224, 224));
  bench::compare(
      state, [&] { summaries.run(); }, [&] { limit.run(); });
}
BENCHMARK(SummariesOverLimit)->Arg(16)->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);

/// A million empty files in a thousand folders.
void ListAMillionFiles(benchmark::State& state) {
  const test::TemporaryFolder folder;
  const int folders = 1000, files = static_cast<int>(state.range(0)) / folders;
  for (int c = 0; c < folders; ++c) {
    char name[32];
    std::snprintf(name, sizeof name, "n%08d", c);
    fs::create_directories(folder / name);
    for (int i = 0; i < files; ++i) std::ofstream(folder / name / ("ILSVRC2012_val_" + std::to_string(i) + ".JPEG"));
  }
  double memory = 0;
  std::size_t found = 0;
  for (auto _ : state) {
    memory = bench::peak_memory_mb([&] {
      const fs::path paths[] = {folder.path()};
      auto images = list_batch_images(paths, {});
      if (!images) std::abort();
      found = images->images.size();
    });
  }
  state.counters["files"] = static_cast<double>(found);
  state.counters["memory_mb"] = memory;
}
BENCHMARK(ListAMillionFiles)->Arg(1000000)->Iterations(1)->Unit(benchmark::kSecond);

/// Peak memory of whole runs over few and many images, the same few files named again and again.
void MemoryOfManyImages(benchmark::State& state) {
  const test::TemporaryFolder folder;
  BatchConfig config;
  {
    Architecture small = test::hornet_architecture(8, false);
    formula_model(folder / "small.safetensors", small);
  }
  config.models = {{folder / "small.safetensors", {}}};
  config.size = 64;
  std::ofstream list(folder / "list.txt");
  Image image{96, 96, std::vector<std::uint8_t>(96 * 96 * 3)};
  for (std::size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = static_cast<std::uint8_t>(i * 2654435761u >> 13);
  if (!write_png(folder / "image.png", image)) std::abort();
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    const std::string name = "link" + std::to_string(i) + ".png";
    fs::create_hard_link(folder / "image.png", folder / name);
    list << name << '\n';
  }
  list.close();
  config.images = {folder / "list.txt"};
  double memory = 0;
  for (auto _ : state) {
    memory = bench::peak_memory_mb([&] {
      const auto outcome = run_batch(folder / "run", config);
      if (!outcome) std::abort();
    });
  }
  state.counters["memory_mb"] = memory;
}
BENCHMARK(MemoryOfManyImages)->Arg(500)->Arg(500)->Arg(10000)->Iterations(1)->Unit(benchmark::kSecond);

/// A page of 50 rows from the middle of a table of a million, sorted by confidence.
void WindowOfAMillionRows(benchmark::State& state) {
  const test::TemporaryFolder folder;
  constexpr std::int64_t rows = 1000000;
  BatchStore::Start start;
  start.config = "{}";
  start.models = {{0, "a", "a", "0", "HorNet", {}, {}}};
  for (std::int64_t i = 0; i < rows; ++i) start.images.push_back({"images/" + std::to_string(i) + ".jpg", -1, {}});
  auto store = BatchStore::create(folder.path(), start);
  if (!store || !store->begin()) std::abort();
  std::uint32_t random = 1;
  for (std::int64_t i = 0; i < rows; ++i) {
    ImageRecord record{i, std::string(64, 'a'), 10, 10, {}, {}, {}, 1};
    StoredResult result;
    random = random * 1664525u + 1013904223u;
    result.confidence = random / 4294967296.0;
    result.predicted = static_cast<int>(random >> 24);
    record.results.push_back(std::move(result));
    if (!store->add(record)) std::abort();
  }
  if (!store->commit(0, rows, 1)) std::abort();
  const auto query = BatchQuery::open(folder.path());
  const auto begin = std::chrono::steady_clock::now();
  const auto ids = query->select({}, {"confidence", true});
  state.counters["select_s"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  for (auto _ : state) benchmark::DoNotOptimize(query->rows(ids->data() + rows / 2, 50));
}
BENCHMARK(WindowOfAMillionRows)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace orderscope
