// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/attention.h"

#include <ATen/ATen.h>

#include <charconv>
#include <cstdio>
#include <numeric>

#include "app/cli/input.h"
#include "app/cli/map_files.h"
#include "app/cli/values_json.h"
#include "core/analysis/finite_logits.h"
#include "core/analysis/tensor_map.h"
#include "core/base/csv.h"
#include "core/base/files.h"
#include "core/checkpoint/npy.h"
#include "core/image/plate.h"
#include "core/image/png.h"
#include "core/trace/trace.h"

namespace orderscope::cli {

namespace {

/// Square matrices of more tokens than this are written only for blocks that --block names: 64 MB each.
constexpr std::int64_t kTokensWritten = 4096;

struct Options {
  SubjectOptions subject;
  std::string pixel, block, head = "mean";
  bool rollout = false;
};

struct Pixel {
  std::int64_t x = 0, y = 0;
};

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<Pixel> parse_pixel(const std::string& text, const at::Tensor& image) {
  if (text.empty()) return Pixel{image.size(3) / 2, image.size(2) / 2};
  const std::size_t comma = text.find(',');
  const auto x = whole_number(std::string_view(text).substr(0, comma));
  const auto y = comma == std::string::npos ? std::nullopt : whole_number(std::string_view(text).substr(comma + 1));
  if (!x || !y) return fail(Error::Kind::InvalidInput, "is no pixel", "--pixel " + text, "write x,y");
  return Pixel{*x, *y};
}

/// Heads to show of a block: -1 is the mean.
Result<std::vector<std::int64_t>> parse_heads(const std::string& text, const BlockAttention& attention) {
  if (text == "mean") return std::vector<std::int64_t>{-1};
  if (text == "all") {
    std::vector<std::int64_t> all(static_cast<std::size_t>(attention.heads()));
    std::iota(all.begin(), all.end(), 0);
    return all;
  }
  const auto head = whole_number(text);
  if (!head || *head < 0)
    return fail(Error::Kind::InvalidInput, "is no head", "--head " + text, "a number from 0 on, mean or all");
  return std::vector<std::int64_t>{*head};
}

/// "s3b2" for layers.2.blocks.1: stages and blocks from 1.
std::string short_name(const BlockInfo& block) {
  return "s" + std::to_string(block.stage + 1) + "b" + std::to_string(block.index + 1);
}

std::string stage_name(int stage) { return "s" + std::to_string(stage + 1); }

Result<nlohmann::json> write_block(const BlockAttention& attention, const Pixel& pixel, const Options& options,
                                   const LoadedSubject& loaded, const std::filesystem::path& folder) {
  const std::string& name = attention.block.name;
  TRY(const auto heads, parse_heads(options.head, attention));
  std::vector<Map> maps;
  for (const std::int64_t head : heads) {
    TRY(Map map, attention.from_pixel(pixel.x, pixel.y, head));
    complete_provenance(map, loaded.provenance());
    maps.push_back(std::move(map));
  }
  std::vector<const Map*> shown;
  for (const Map& map : maps) shown.push_back(&map);
  PlateRow row{"", {}, scale_for(std::span<const Map* const>(shown)), "probability"};
  nlohmann::json files = nlohmann::json::array();
  for (std::size_t i = 0; i < maps.size(); ++i) {
    const std::string head = heads[i] < 0 ? "" : ".head." + std::to_string(heads[i]);
    TRY(nlohmann::json entry, write_map(maps[i], folder, name + ".attention" + head));
    entry["head"] = heads[i] < 0 ? nlohmann::json("mean") : nlohmann::json(heads[i]);
    files.push_back(std::move(entry));
    row.tiles.push_back(
        {&maps[i], heads[i] < 0 ? "mean over heads" : "head " + std::to_string(heads[i]), std::nullopt});
  }
  PlateOptions plate;
  plate.title = name + ", attention from pixel " + std::to_string(pixel.x) + ", " + std::to_string(pixel.y);
  plate.subtitle = loaded.model->name;
  plate.overlay.interpolation = Interpolation::Nearest;
  TRY(const Image figure, draw_plate(loaded.input.picture, {row}, plate));
  const std::string picture = name + ".attention.png";
  TRY_VOID(write_png(folder / picture, figure, maps.front().provenance.fields()));

  const std::vector<double> distances = attention.distances();
  const double mean = std::accumulate(distances.begin(), distances.end(), 0.0) / static_cast<double>(distances.size());
  return nlohmann::json{{"block", name},
                        {"stage", attention.block.stage},
                        {"grid", {attention.layout.height, attention.layout.width}},
                        {"window", attention.layout.window},
                        {"shift", attention.layout.shift},
                        {"heads", attention.heads()},
                        {"distance", distances},
                        {"distance_mean", mean},
                        {"maps", files},
                        {"picture", picture}};
}

Result<nlohmann::json> write_rollout(const std::vector<StageRollout>& stages, const LoadedSubject& loaded,
                                     const std::filesystem::path& folder) {
  nlohmann::json entries = nlohmann::json::array();
  const auto write = [&](const std::string& name, const at::Tensor& values, const std::string& what) -> Result<void> {
    TRY_VOID(write_npy(folder / (name + ".npy"), values));
    entries.push_back({{"file", name + ".npy"}, {"shape", values.sizes().vec()}, {"what", what}});
    return {};
  };
  const StageRollout& first = stages.front();
  std::vector<Map> maps;
  std::vector<std::string> captions;
  for (const StageRollout& stage : stages) {
    const std::string name = stage_name(stage.stage);
    TRY_VOID(write(name + ".rollout", stage.within, "rollout of the stage's own blocks, row = query"));
    const std::string all = stage.stage == first.stage ? name : stage_name(first.stage) + "_to_" + name;
    const at::Tensor mean = received(stage, first.height, first.width);
    if (stage.stage != first.stage)
      TRY_VOID(write(all + ".rollout", stage.from_first, "rollout from the first stage on, row = query"));
    TRY_VOID(write(all + ".received", mean, "mean over queries, on the first stage's tokens"));
    Map map = to_map(mean);
    map.unit = "probability";
    map.provenance.layer = name;
    map.provenance.method = "attention-rollout";
    complete_provenance(map, loaded.provenance());
    maps.push_back(std::move(map));
    captions.push_back("up to stage " + std::to_string(stage.stage + 1));
  }
  PlateRow row{"received", {}, {}, "probability"};
  for (std::size_t i = 0; i < maps.size(); ++i) row.tiles.push_back({&maps[i], captions[i], scale_for(maps[i])});
  PlateOptions plate;
  plate.title = "Attention rollout: how much each patch is attended to";
  plate.subtitle = loaded.model->name;
  plate.bars = BarPlacement::Tile;
  TRY(const Image figure, draw_plate(loaded.input.picture, {row}, plate));
  TRY_VOID(write_png(folder / "rollout.png", figure, maps.back().provenance.fields()));
  return nlohmann::json{{"arrays", entries}, {"picture", "rollout.png"}};
}

/// The attention matrices of whole blocks, which the rollout multiplies.
Result<nlohmann::json> write_full(const std::vector<BlockAttention>& blocks, bool named,
                                  const std::filesystem::path& folder) {
  nlohmann::json files = nlohmann::json::object();
  for (const BlockAttention& attention : blocks) {
    const std::string& name = attention.block.name;
    if (attention.layout.tokens() > kTokensWritten && !named) {
      print_warning(name + ": its attention matrix of " + std::to_string(attention.layout.tokens()) +
                    " tokens a side is left out; name the block with --block to have it");
      continue;
    }
    const std::string file = short_name(attention.block) + ".full_attention.npy";
    TRY_VOID(write_npy(folder / file, attention.full()));
    files[name] = file;
  }
  return files;
}

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  TRY(const LoadedSubject loaded, options.subject.load(common, job));
  const Model& model = *loaded.model;
  const std::string pattern = options.block.empty() ? "*" : options.block;
  TRY(const auto chosen, attention_blocks(model, pattern));
  TRY(const Pixel pixel, parse_pixel(options.pixel, loaded.input.images));
  const Subject subject = loaded.subject(common);
  TRY(const Trace trace,
      Trace::forward(model.backbone, subject.image, {attention_probe(options.rollout ? "*" : pattern)}, {}, job));
  TRY_VOID(check_finite_logits(trace.logits()));

  nlohmann::json entries = nlohmann::json::array();
  CsvWriter csv;
  for (const char* column : {"block", "head", "distance_px"}) csv.add(column);
  csv.end_row();
  std::vector<BlockAttention> blocks;
  for (const BlockInfo& block : chosen) {
    TRY_VOID(job.check());
    job.progress(std::ssize(blocks), std::ssize(chosen), "writing " + block.name);
    TRY(BlockAttention attention, block_attention(trace, 0, model, block));
    TRY(nlohmann::json entry, write_block(attention, pixel, options, loaded, common.output));
    for (std::size_t h = 0; h < entry["distance"].size(); ++h)
      csv.add(block.name).add(h).add(entry["distance"][h].get<double>()).end_row();
    entries.push_back(std::move(entry));
    blocks.push_back(std::move(attention));
  }
  TRY_VOID(write_file(common.output / "attention.csv", std::string_view(csv.text())));
  nlohmann::json result{{"pixel", {pixel.x, pixel.y}},
                        {"blocks", entries},
                        {"distance_unit", "px"},
                        {"top5", top_five(model, trace.logits())[0]},
                        {"provenance", loaded.provenance().fields()}};
  if (options.rollout) {
    TRY(const auto stages, attention_rollout(trace, 0, model, 0, job));
    TRY(result["rollout"], write_rollout(stages, loaded, common.output));
    TRY(result["rollout"]["full_attention"], write_full(blocks, !options.block.empty(), common.output));
  }
  TRY_VOID(write_json(common.output / "attention.json", result));
  if (common.json) {
    print_json(result);
    return {};
  }
  for (const nlohmann::json& entry : entries)
    std::printf("%-20s mean attention distance %7.2f px\n", entry["block"].get<std::string>().c_str(),
                entry["distance_mean"].get<double>());
  return {};
}

}  // namespace

Run make_attention(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  options->subject.add_to(app);
  app.add_option("--pixel", options->pixel, "x,y in the model's input, from 0; its centre unless given");
  app.add_option("--block", options->block, "a block, e.g. layers.2.blocks.5, or a pattern; all unless given");
  app.add_option("--head", options->head, "a head from 0 on, mean, or all")->capture_default_str();
  app.add_flag("--rollout", options->rollout, "multiply the attention through the network (Abnar and Zuidema)");
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
