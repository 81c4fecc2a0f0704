// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "app/cli/image_set.h"
#include "app/cli/values_json.h"
#include "core/analysis/array_difference.h"
#include "core/analysis/tensor_map.h"
#include "core/base/version.h"
#include "core/checkpoint/npy.h"
#include "core/image/plate.h"
#include "core/image/png.h"

namespace orderscope::cli {

namespace {

using nlohmann::json;

struct Options {
  std::filesystem::path a, b;
  std::vector<std::int64_t> slice;
  MethodOptions method;

  std::optional<double> tolerance() const {
    const std::string& text = method.text("tolerance");
    if (text.empty()) return std::nullopt;
    return std::strtod(text.c_str(), nullptr);
  }
};

/// The chosen part of both arrays; a map unless nobody chose and they have more than two dimensions.
Result<at::Tensor> slice_of(at::Tensor x, const std::vector<std::int64_t>& slice, const std::string& name) {
  for (const std::int64_t index : slice) {
    if (x.dim() == 0 || index < 0 || index >= x.size(0)) {
      return fail(
          Error::Kind::InvalidInput, "has no such slice", name,
          x.dim() == 0 ? "fewer indices" : "indices of this dimension are 0 to " + std::to_string(x.size(0) - 1));
    }
    x = x.select(0, index);
  }
  return x;
}

/// Three panels: one, the other, and what lies between them. No photograph is behind them.
Result<void> write_figure(const at::Tensor& a, const at::Tensor& b, const ArrayDifference& d, const Options& options,
                          const std::filesystem::path& path) {
  Map first = to_map(a), second = to_map(b), difference = to_map(d.difference);
  first.is_signed = second.is_signed = range_of(first).low < 0 || range_of(second).low < 0;
  difference.is_signed = true;
  const std::vector<const Map*> both{&first, &second};
  const int width = 320;
  Image ground;
  ground.width = width;
  ground.height = std::clamp(width * first.height / std::max(first.width, 1), 8, 4 * width);
  ground.rgb.assign(static_cast<std::size_t>(3) * ground.width * ground.height, 128);
  PlateOptions plate;
  plate.title = "Difference";
  plate.subtitle = options.a.filename().string() + " and " + options.b.filename().string();
  plate.tile_width = width;
  plate.bars = BarPlacement::Tile;
  plate.overlay.opacity = 1;
  plate.overlay.interpolation = Interpolation::Nearest;
  const PlateRow row{
      "",
      {{&first, "first", {}}, {&second, "second", {}}, {&difference, "first - second", scale_for(difference)}},
      scale_for(both),
      ""};
  TRY(const Image figure, draw_plate(ground, {row}, plate));
  return write_png(path, figure,
                   {{"program", version_text()}, {"first", options.a.string()}, {"second", options.b.string()}});
}

Result<void> run(const Options& options, const CommonOptions& common) {
  TRY(at::Tensor a, read_npy(options.a));
  TRY(at::Tensor b, read_npy(options.b));
  TRY(a, slice_of(a, options.slice, options.a.string()));
  TRY(b, slice_of(b, options.slice, options.b.string()));
  auto found = array_difference(a, b);
  if (!found) return fail(std::move(found.error()).on(options.a.string() + ", " + options.b.string()));
  const ArrayDifference& d = *found;

  json result{{"files", {options.a.string(), options.b.string()}},
              {"shape", a.sizes().vec()},
              {"values", d.values},
              {"max_abs", number_or_null(d.max_abs)},
              {"mean_abs", number_or_null(d.mean_abs)},
              {"relative", number_or_null(d.relative)},
              {"correlation", number_or_null(d.correlation)},
              {"largest", {d.max_a, d.max_b}},
              {"not_finite", {d.not_finite_a, d.not_finite_b}},
              {"not_finite_unlike", d.not_finite_unlike}};
  const std::optional<double> tolerance = options.tolerance();
  const bool beyond = tolerance && (!(d.max_abs <= *tolerance) || d.not_finite_unlike > 0);
  if (tolerance) result["tolerance"] = *tolerance, result["within"] = !beyond;
  if (d.not_finite_a + d.not_finite_b > 0) {
    print_warning("NaN or Inf at " + std::to_string(d.not_finite_a) + " places of the first and " +
                  std::to_string(d.not_finite_b) + " of the second; left out of the figures");
  }
  if (!common.output.empty()) {
    if (a.dim() == 2) {
      TRY_VOID(write_npy(common.output / "diff.npy", d.difference));
      TRY_VOID(write_figure(a, b, d, options, common.output / "diff.png"));
      result["difference"] = "diff.npy";
      result["picture"] = "diff.png";
    } else {
      print_warning("no difference map: the arrays have " + std::to_string(a.dim()) +
                    " dimensions (choose a map with --slice)");
    }
    TRY_VOID(write_json(common.output / "diff.json", result));
  }
  if (common.json) {
    print_json(result);
  } else {
    std::string shape;
    for (const std::int64_t size : a.sizes()) shape += (shape.empty() ? "" : " x ") + std::to_string(size);
    std::printf("shape                %s\n", shape.c_str());
    std::printf("max |a - b|          %.9g\n", d.max_abs);
    std::printf("mean |a - b|         %.9g\n", d.mean_abs);
    std::printf("max |a - b| / max|a| %.9g\n", d.relative);
    std::printf("Pearson correlation  %.9g\n", d.correlation);
    std::printf("NaN or Inf           %lld and %lld\n", static_cast<long long>(d.not_finite_a),
                static_cast<long long>(d.not_finite_b));
  }
  if (!beyond) return {};
  char text[96];
  std::snprintf(text, sizeof text, "differ by %.6g, more than the tolerance of %g", d.max_abs, *tolerance);
  return fail(Error::Kind::InvalidInput, d.max_abs <= *tolerance ? "differ in where they hold NaN or Inf" : text,
              options.a.string() + ", " + options.b.string());
}

}  // namespace

Run make_diff(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  app.add_option("A", options->a, "a .npy array, the reference")->required();
  app.add_option("B", options->b, "the array to compare with it")->required();
  app.add_option("--slice", options->slice, "indices of the first dimensions, e.g. 0,3: compare that part only")
      ->delimiter(',');
  options->method.add_to(app, array_difference_descriptor());
  return [=, &common](const JobContext&) { return run(*options, common); };
}

}  // namespace orderscope::cli
