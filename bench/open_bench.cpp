// SPDX-License-Identifier: GPL-3.0-or-later
// Opening a checkpoint of 90 MB against reading the file.
#include <ATen/ATen.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
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
  // The cheapest reading there is: into memory that is already there.
  std::vector<char> buffer(std::filesystem::file_size(file.path));
  bench::compare(
      state, [&] { benchmark::DoNotOptimize(load_model(file.path, options)); },
      [&] {
        const int descriptor = open(file.path.c_str(), O_RDONLY);
        for (std::size_t done = 0; done < buffer.size();) {
          const ssize_t n = read(descriptor, buffer.data() + done, buffer.size() - done);
          if (n <= 0) std::abort();
          done += static_cast<std::size_t>(n);
        }
        close(descriptor);
        benchmark::DoNotOptimize(buffer.data());
      });
  state.counters["MB"] = static_cast<double>(std::filesystem::file_size(file.path)) / (1 << 20);
}
BENCHMARK(OpenOverRead)->UseManualTime()->Iterations(15)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace orderscope
