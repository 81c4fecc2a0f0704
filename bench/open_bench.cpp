// SPDX-License-Identifier: GPL-3.0-or-later
// Opening a checkpoint of 90 MB against reading the file.
#include <ATen/ATen.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "bench/compare.h"
#include "core/checkpoint/safetensors.h"
#include "core/models/model.h"
#include "tests/formula.h"

namespace orderscope {
namespace {

struct TemporaryCheckpoint {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("orderscope-bench-" + std::to_string(getpid()) + ".safetensors");

  TemporaryCheckpoint() {
    const auto backbone = test::formula_backbone(test::hornet_architecture(64, true));
    StateDict tensors;
    for (const auto& item : backbone->named_parameters()) tensors.push_back({item.key(), item.value()});
    if (!write_safetensors(path, tensors)) std::abort();
  }
  ~TemporaryCheckpoint() { std::filesystem::remove(path); }
};

void OpenOverRead(benchmark::State& state) {
  const TemporaryCheckpoint file;
  LoadOptions options;
  options.hash = false;
  std::vector<char> buffer;
  bench::compare(
      state, [&] { benchmark::DoNotOptimize(load_model(file.path, options)); },
      [&] {
        std::ifstream stream(file.path, std::ios::binary);
        buffer = std::vector<char>(std::filesystem::file_size(file.path));
        stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        benchmark::DoNotOptimize(buffer.data());
      });
  state.counters["MB"] = static_cast<double>(std::filesystem::file_size(file.path)) / (1 << 20);
}
BENCHMARK(OpenOverRead)->UseManualTime()->Iterations(15)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace orderscope
