// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/order_decomposition.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/cli/values_json.h"
#include "core/checkpoint/npy.h"
#include "core/image/chart.h"
#include "core/image/plate.h"
#include "core/image/png.h"

namespace orderscope::cli {

namespace {

std::string format(const char* how, double value) {
  char text[48];
  std::snprintf(text, sizeof text, how, value);
  return text;
}

std::string caption_of(const BlockDecomposition& block, std::size_t term) {
  const int power = block.powers[term];
  if (block.settings.by == OrderTerms::Gates)
    return power == 0 ? "bias" : std::to_string(power) + (power == 1 ? " gate" : " gates");
  return "degree " + std::to_string(power) + (power > 0 ? " (order " + std::to_string(power - 1) + ")" : "");
}

/// Energy of each term in a scale of its own, for they differ by orders of magnitude; contributions in one scale; every
/// tile with its bar.
std::vector<PlateRow> plate_rows(const BlockDecomposition& block) {
  PlateRow energy{"energy", {}, scale_for(block.energy.front()), {}};
  PlateRow contribution{"contribution", {}, {}, {}};
  std::vector<const Map*> signed_maps;
  for (std::size_t i = 0; i < block.names.size(); ++i) {
    energy.tiles.push_back({&block.energy[i], caption_of(block, i) + format(", %.1f %%", 100 * block.shares[i]),
                            scale_for(block.energy[i])});
    contribution.tiles.push_back({&block.contribution[i], format("%+.4g", block.contributions[i]), std::nullopt});
    signed_maps.push_back(&block.contribution[i]);
  }
  contribution.scale = scale_for(signed_maps);
  const std::string unit = block.mean_order.unit;
  PlateRow mean{
      "mean " + unit,
      {{&block.mean_order, format("%.3f", block.mean_power), std::nullopt}},
      ColorScale{Colormap::Viridis, 0, static_cast<float>(*std::max_element(block.powers.begin(), block.powers.end()))},
      {}};
  return {energy, contribution, mean};
}

at::Tensor stacked(const std::vector<Map>& maps) {
  std::vector<at::Tensor> all;
  for (const Map& map : maps)
    all.push_back(at::from_blob(const_cast<float*>(map.values.data()), {map.height, map.width}, at::kFloat));
  return at::stack(all);
}

Result<nlohmann::json> write_block(const BlockDecomposition& block, const LoadedSubject& loaded,
                                   const std::string& subtitle, const std::filesystem::path& folder) {
  const std::string name = block.block + ".by_" + to_string(block.settings.by);
  nlohmann::json files = nlohmann::json::object();
  const auto write = [&](const std::string& what, const std::string& suffix, const at::Tensor& array) -> Result<void> {
    files[what] = name + suffix + ".npy";
    return write_npy(folder / (name + suffix + ".npy"), array);
  };
  TRY_VOID(write("terms", "", block.terms.cpu().contiguous()));
  TRY_VOID(write("contribution_map", "_map", stacked(block.contribution)));
  TRY_VOID(write("energy_map", "_energy", stacked(block.energy)));
  TRY_VOID(write("mean_order", "_mean_order", stacked({block.mean_order})[0]));

  PlateOptions plate;
  plate.title =
      block.block + ", gnConv of order " + std::to_string(block.order) + ", by " + to_string(block.settings.by);
  plate.subtitle = subtitle;
  plate.bars = BarPlacement::Tile;
  plate.ranges = false;
  TRY(const Image figure, draw_plate(loaded.input.picture, plate_rows(block), plate));
  Map described = block.mean_order;
  complete_provenance(described, loaded.provenance());
  TRY_VOID(write_png(folder / (name + ".png"), figure, described.provenance.fields()));
  nlohmann::json json{{"block", block.block},
                      {"order", block.order},
                      {"terms", block.names},
                      {"powers", block.powers},
                      {"shape", block.terms.sizes().vec()},
                      {"energies", block.energies},
                      {"shares", block.shares},
                      {"contributions", block.contributions},
                      {"sum_contribution", block.sum_contribution},
                      {"output_energy", block.output_energy},
                      {"mean_order", block.mean_power},
                      {"largest_defect", block.largest_defect},
                      {"files", files},
                      {"picture", name + ".png"}};
  return json;
}

/// Nothing is drawn where no value is finite.
Result<std::optional<std::string>> write_matrix(const Matrix& matrix, bool is_signed, const std::string& title,
                                                const std::string& subtitle, const PngText& provenance,
                                                const std::string& name, const std::filesystem::path& folder) {
  float largest = 0;
  for (const double v : matrix.values)
    if (std::isfinite(v)) largest = std::max(largest, static_cast<float>(std::abs(v)));
  if (largest == 0) return std::nullopt;
  MatrixFigure figure;
  figure.title = title;
  figure.subtitle = subtitle;
  figure.rows = matrix.rows;
  figure.columns = matrix.columns;
  figure.values = matrix.values;
  figure.unit = matrix.unit;
  figure.scale = is_signed ? signed_scale(largest) : ColorScale{Colormap::Viridis, 0, 1};
  figure.write_values = true;
  TRY(const Image image, draw_matrix(figure));
  TRY_VOID(write_png(folder / name, image, provenance));
  return name;
}

}  // namespace

Result<void> run_order_decomposition(const SubjectOptions& options, const TargetOptions& region,
                                     const std::string& pattern, DecompositionSettings settings,
                                     std::optional<int> asked, const CommonOptions& common, const JobContext& job) {
  TRY(const LoadedSubject loaded, options.load(common, job, Accepts::AnyModel));
  const Model& model = *loaded.model;
  Subject subject = loaded.subject(common);
  TRY(const auto box, region.find_box(loaded, job));
  TRY(subject.target, region.chooser(loaded, box));
  std::vector<std::string> warnings;
  TRY(const auto blocks, decomposable_blocks(model, pattern, settings.by, warnings));
  TRY(Trace trace, Trace::forward(model.backbone, subject.image, decomposition_probes(model, blocks, true), {}, job));
  TRY(const Target target, choose_target(subject, trace, asked));
  const int class_index = target.class_index;
  TRY_VOID(trace.backward(target, job));

  const bool by_degree = settings.by == OrderTerms::Degree;
  const std::string subtitle = model.name + (by_degree ? ", origin " + to_string(settings.origin) : std::string()) +
                               ", contribution to " + model.class_name(class_index);
  nlohmann::json entries = nlohmann::json::array();
  std::vector<BlockDecomposition> all;
  const auto use = [&](BlockDecomposition& block) -> Result<void> {
    TRY(nlohmann::json entry, write_block(block, loaded, subtitle, common.output));
    entries.push_back(std::move(entry));
    warnings.insert(warnings.end(), block.warnings.begin(), block.warnings.end());
    block.terms = at::Tensor();
    block.energy.clear();
    block.contribution.clear();
    all.push_back(std::move(block));
    return {};
  };
  TRY_VOID(decompose_orders(trace, 0, model, blocks, settings, use, true, job));
  for (const std::string& warning : warnings) print_warning(warning);

  Provenance provenance = loaded.provenance();
  provenance.method = order_decomposition_method().descriptor.id;
  provenance.parameters["decompose"] = to_string(settings.by);
  if (by_degree) provenance.parameters["origin"] = to_string(settings.origin);
  provenance.parameters["class"] = std::to_string(class_index);
  nlohmann::json matrices = nlohmann::json::object(), pictures = nlohmann::json::array();
  for (const Matrix& matrix : {share_matrix(all), energy_matrix(all), contribution_matrix(all)}) {
    matrices[matrix.name] = to_json(matrix);
    if (matrix.name == "energies") continue;
    const bool is_signed = matrix.name == "contributions";
    const std::string name = "by_" + to_string(settings.by) + "." + matrix.name + ".png";
    TRY(const auto picture,
        write_matrix(matrix, is_signed, is_signed ? "Contribution by block and order" : "Share by block and order",
                     subtitle, provenance.fields(), name, common.output));
    if (picture) pictures.push_back(*picture);
  }
  nlohmann::json result{{"class", {{"index", class_index}, {"name", model.class_name(class_index)}}},
                        {"target", target.description},
                        {"top5", top_five(model, trace.logits())[0]},
                        {"decompose", to_string(settings.by)},
                        {"blocks", entries},
                        {"matrices", matrices},
                        {"pictures", pictures},
                        {"warnings", warnings},
                        {"provenance", provenance.fields()}};
  if (by_degree) result["origin"] = to_string(settings.origin);
  TRY_VOID(write_json(common.output / "orders.json", result));
  if (common.json) {
    print_json(result);
  } else {
    std::printf("%zu %s taken apart by %s for %s, written to %s\n", entries.size(),
                entries.size() == 1 ? "block" : "blocks", to_string(settings.by).c_str(),
                model.class_name(class_index).c_str(), common.output.c_str());
  }
  return {};
}

}  // namespace orderscope::cli
