// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include <cstdio>

#include "app/cli/command.h"
#include "core/analysis/block_patterns.h"
#include "core/analysis/mixer_kernels.h"
#include "core/analysis/tensor_map.h"
#include "core/base/version.h"
#include "core/checkpoint/npy.h"
#include "core/image/plate.h"
#include "core/image/png.h"

namespace orderscope::cli {

namespace {

struct Options {
  ModelOptions model;
  std::string block;
  std::vector<int> size;  ///< one or two sides; empty: the model's own
};

struct Part {
  const char* name;
  at::Tensor OrderKernels::*array;
  bool is_signed;
};
constexpr Part kParts[] = {{"kernel", &OrderKernels::kernels, true},
                           {"magnitude", &OrderKernels::magnitude, false},
                           {"impulse", &OrderKernels::impulse, true}};

/// The root mean square over channels: what the order's kernels reach, whatever their signs.
Map rms_map(const at::Tensor& kernels) { return to_map(kernels.square().mean(0).sqrt()); }

Result<nlohmann::json> write_block(const MixerKernels& found, const Model& model, const Provenance& provenance,
                                   const std::filesystem::path& folder) {
  nlohmann::json orders = nlohmann::json::array();
  std::vector<Map> maps;
  maps.reserve(found.orders.size() * std::size(kParts));  // tiles point into it
  std::vector<PlateRow> rows;
  for (const Part& part : kParts) {
    PlateRow row;
    row.label = part.name;
    std::vector<const Map*> shown;
    for (const OrderKernels& order : found.orders) {
      const at::Tensor& array = order.*part.array;
      if (!array.defined() || array.size(0) == 0) continue;
      maps.push_back(rms_map(array));
      shown.push_back(&maps.back());
      const std::string which = order.order > 0 ? "order " + std::to_string(order.order) + ", " : std::string();
      row.tiles.push_back({&maps.back(), which + std::to_string(array.size(0)) + " ch", std::nullopt});
    }
    if (shown.empty()) continue;
    row.scale = scale_for(shown);
    rows.push_back(std::move(row));
  }
  for (const OrderKernels& order : found.orders) {
    nlohmann::json entry{{"channels", order.channels}};
    if (order.order > 0) entry["order"] = order.order;
    if (order.magnitude.defined()) entry["global_channels"] = order.global_channels;
    for (const Part& part : kParts) {
      const at::Tensor& array = order.*part.array;
      if (!array.defined()) continue;
      std::string file = found.block + "." + part.name;
      if (order.order > 0) file += "." + std::to_string(order.order);
      TRY_VOID(write_npy(folder / (file + ".npy"), array.contiguous()));
      entry[part.name] = {{"file", file + ".npy"}, {"shape", array.sizes().vec()}};
    }
    orders.push_back(std::move(entry));
  }
  PlateOptions plate;
  plate.title = found.block + ", " + found.kind;
  plate.subtitle = model.name + ", root mean square over channels";
  plate.overlay.opacity = 1;
  plate.overlay.interpolation = Interpolation::Nearest;
  Image ground;
  ground.width = ground.height = 224;
  ground.rgb.assign(std::size_t{3} * 224 * 224, 255);
  TRY(const Image figure, draw_plate(ground, rows, plate));
  TRY_VOID(write_png(folder / (found.block + ".kernels.png"), figure, provenance.fields()));
  return nlohmann::json{{"block", found.block},
                        {"kind", found.kind},
                        {"map", {found.height, found.width}},
                        {"orders", orders},
                        {"picture", found.block + ".kernels.png"}};
}

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  TRY(const auto model, options.model.load(common, job, Accepts::AnyModel));
  TRY(const auto blocks, find_blocks(*model, options.block));
  const int own = model->architecture.image_size;
  const int height = options.size.empty() ? own : options.size.front();
  const int width = options.size.empty() ? own : options.size.back();
  Provenance provenance;
  provenance.program = version_text();
  provenance.model_sha256 = model->sha256;
  provenance.architecture = to_string(model->architecture.family);
  provenance.method = "kernels";
  nlohmann::json entries = nlohmann::json::array();
  for (const BlockInfo& block : blocks) {
    TRY_VOID(job.check());
    TRY(const MixerKernels found, mixer_kernels(*model, block, height, width));
    provenance.layer = block.name;
    TRY(nlohmann::json entry, write_block(found, *model, provenance, common.output));
    entries.push_back(std::move(entry));
  }
  provenance.layer.clear();
  const nlohmann::json result{{"blocks", entries}, {"provenance", provenance.fields()}};
  TRY_VOID(write_json(common.output / "kernels.json", result));
  if (common.json) {
    print_json(result);
  } else {
    std::printf("kernels of %zu %s written to %s\n", entries.size(), entries.size() == 1 ? "block" : "blocks",
                common.output.c_str());
  }
  return {};
}

}  // namespace

Run make_kernels(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  options->model.add_to(app);
  app.add_option("--block", options->block, "block, or a pattern")->required();
  app.add_option("--size", options->size, "side, or height and width, of the input that global filters are made for")
      ->expected(1, 2)
      ->check(CLI::Range(1, 16384));
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
