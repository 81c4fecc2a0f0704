// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/erf.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "core/analysis/tensor_map.h"
#include "core/base/guard.h"
#include "core/models/backbone.h"
#include "core/trace/find_taps.h"
#include "core/trace/glob.h"
#include "core/trace/input_gradient.h"

namespace orderscope {

namespace {

std::string gates_of(const ErfOptions& options) { return options.by_order ? options.blocks + ".gnconv.gate.*" : ""; }

int order_of(const std::string& gate) { return std::stoi(gate.substr(gate.rfind('.') + 1)); }

/// The largest order of a gate that lies before the layer, or 0.
int largest_order(const Backbone& backbone, const std::string& layer, const std::string& gates) {
  int largest = 0;
  for (const Step& step : backbone.steps()) {
    for (const std::string& tap : step.taps) {
      if (glob_match(gates, tap)) largest = std::max(largest, order_of(tap));
      if (tap == layer) return largest;
    }
  }
  return largest;
}

/// Rows and columns of an activation [N, C, h, w] or of tokens [N, L, C].
Result<std::array<std::int64_t, 2>> grid_of(const at::Tensor& x, const std::string& layer, const at::Tensor& images) {
  if (x.dim() == 4 && x.size(0) == images.size(0) && !layer.ends_with(".attn.probs"))
    return std::array{x.size(2), x.size(3)};
  if (x.dim() == 3) {
    const auto [h, w] = token_grid(x.size(1), images.size(2), images.size(3));
    return std::array{h, w};
  }
  return fail(Error::Kind::InvalidInput, "has no places, so no centre", layer, "take the output of a block");
}

/// The scalar whose gradient is taken; one term an image. `weights` [cells], of the grid's cells row by row.
at::Tensor unit(const at::Tensor& x, const at::Tensor& weights, std::optional<int> channel, bool relu) {
  at::Tensor features = x.dim() == 4 ? x.flatten(2) : x.transpose(1, 2);  // [N, C, cells]
  if (channel) features = features.narrow(1, *channel, 1);
  const at::Tensor seen = relu ? at::relu(features).sum(1) : features.mean(1);
  return (seen * weights).sum();
}

/// 1 for one cell, 0 elsewhere.
at::Tensor one_cell(const std::array<std::int64_t, 2>& cell, const std::array<std::int64_t, 2>& grid) {
  at::Tensor weights = at::zeros({grid[0] * grid[1]});
  weights[cell[0] * grid[1] + cell[1]] = 1;
  return weights;
}

/// The mean place, (y, x), of the pixels inside.
std::array<double, 2> centroid(const at::Tensor& mask) {
  const at::Tensor places = mask.ne(0).nonzero().to(at::kDouble).mean(0);
  return {places[0].item<double>(), places[1].item<double>()};
}

/// [N, 3, H, W] to [N, H, W].
at::Tensor over_colors(const at::Tensor& gradient, bool relu_each) {
  return relu_each ? at::relu(gradient).sum(1) : at::relu(gradient.mean(1));
}

/// One field as it grows.
struct Sum {
  at::Tensor total;                ///< [H, W], float64
  std::vector<at::Tensor> single;  ///< the maps of the images, for the bootstrap
};

std::vector<AreaMeasure> measures(const at::Tensor& mean, ErfScale scale, ErfPrecision precision) {
  const auto found = area_ratios(erf_scaled(mean, scale, precision));
  std::vector<AreaMeasure> all;
  for (std::size_t t = 0; t < found.size(); ++t) all.push_back({kErfThresholds[t], found[t], false, {}, {}});
  return all;
}

/// In which order the images are taken.
std::vector<std::int64_t> sequence(std::int64_t count, bool random, std::uint64_t seed) {
  std::vector<std::int64_t> indices(count);
  std::iota(indices.begin(), indices.end(), 0);
  std::mt19937_64 generator(seed);
  for (std::int64_t i = count - 1; random && i > 0; --i)
    std::swap(indices[i], indices[static_cast<std::int64_t>(generator() % static_cast<std::uint64_t>(i + 1))]);
  return indices;
}

class Collector {
 public:
  Collector(std::shared_ptr<const Backbone> backbone, const ErfOptions& options, std::string layer, int orders)
      : backbone_(std::move(backbone)), options_(options) {
    report_.layer = std::move(layer);
    sums_.resize(options.by_order ? orders + 2 : 1);
  }

  std::int64_t used() const { return static_cast<std::int64_t>(report_.images.size()); }

  Result<void> add(std::int64_t index, const at::Tensor& image, const JobContext& job) {
    if (image.dim() != 4 || image.size(0) != 1)
      return fail(Error::Kind::InvalidInput, "the source must give one image at a time");
    TRY(InputGradient pass,
        InputGradient::forward(backbone_, image, report_.layer, gates_of(options_), job, options_.edits));
    TRY(report_.grid, grid_of(pass.activation(), report_.layer, image));
    TRY_VOID(choose_units(image));
    if (options_.channel) {
      const std::int64_t channels = pass.activation().size(pass.activation().dim() == 4 ? 1 : 2);
      if (*options_.channel < 0 || *options_.channel >= channels)
        return fail(Error::Kind::InvalidInput, "has no channel " + std::to_string(*options_.channel), report_.layer,
                    "channels are 0 to " + std::to_string(channels - 1));
    }
    std::vector<at::Tensor> maps;
    for (std::size_t f = 0; f < sums_.size(); ++f) {
      TRY(at::Tensor map, field_map(pass, f, job));
      maps.push_back(std::move(map));
    }
    return guarded([&] {
      const bool finite =
          std::ranges::all_of(maps, [](const at::Tensor& m) { return m.isfinite().all().item<bool>(); });
      if (!finite) {
        ++report_.skipped_nan;
        return;
      }
      for (std::size_t f = 0; f < maps.size(); ++f) accumulate(sums_[f], maps[f]);
      report_.images.push_back(index);
    });
  }

  void unreadable(const Error& error) { report_.unreadable.push_back(error.message()); }

  Map mean(std::size_t field) const { return to_map(sums_[field].total / static_cast<double>(used())); }

  Result<ErfReport> finish(const JobContext& job) {
    for (std::size_t f = 0; f < sums_.size(); ++f) {
      TRY_VOID(job.check());
      ErfField field;
      if (f > 0) field.order = static_cast<int>(f) - 1;
      const ErfScale scale = options_.protocol.scale;
      // The measures are those of the float32 map that is written, so that they can be made again from the file.
      const at::Tensor mean = (sums_[f].total / static_cast<double>(used())).to(at::kFloat);
      field.mean = to_map(mean);
      field.mean.unit = "gradient";
      field.mean.provenance.layer = report_.layer;
      field.mean.provenance.method = erf_descriptor().id;
      field.mean.provenance.parameters = {{"protocol", options_.protocol.id}, {"images", std::to_string(used())}};
      if (field.order) field.mean.provenance.parameters["order"] = std::to_string(*field.order);
      field.ratios = measures(mean, scale, ErfPrecision::Float64);
      field.ratios_f32 = measures(mean, scale, ErfPrecision::Float32);
      field.ratios_linear = measures(mean, ErfScale::Linear, ErfPrecision::Float64);
      field.profile = radial_profile(field.mean, report_.centre[0], report_.centre[1]);
      if (options_.bootstrap > 0 && used() > 1 && keeps_single_) {
        job.progress(static_cast<std::int64_t>(f), static_cast<std::int64_t>(sums_.size()), "resampling the images");
        TRY_VOID(bootstrap_ratios(sums_[f].single, scale, options_.bootstrap, options_.seed, field.ratios, job));
      }
      for (std::string& warning : warnings_about(field.mean)) {
        if (field.order) warning += " (order " + std::to_string(*field.order) + ")";
        report_.warnings.push_back(std::move(warning));
      }
      report_.fields.push_back(std::move(field));
    }
    if (options_.bootstrap > 0 && used() == 1) report_.warnings.push_back("one image gives no interval");
    if (!keeps_single_)
      report_.warnings.push_back("no intervals: the maps of so many images do not fit the memory set aside for them");
    return std::move(report_);
  }

 private:
  /// Which units of the layer are looked at, and where they lie.
  Result<void> choose_units(const at::Tensor& image) {
    report_.cell = {report_.grid[0] / 2, report_.grid[1] / 2};
    at::Tensor mask;
    if (options_.region) {
      TRY(mask, options_.region(image));
    }
    return guarded([&] {
      const std::array<double, 2> middle = mask.defined() ? centroid(mask) : std::array<double, 2>{};
      for (int axis = 0; axis < 2; ++axis) {
        const double stride = static_cast<double>(image.size(2 + axis)) / static_cast<double>(report_.grid[axis]);
        if (mask.defined()) {
          report_.cell[axis] = std::min(static_cast<std::int64_t>((middle[axis] + 0.5) / stride), report_.grid[axis] - 1);
          report_.centre[axis] = middle[axis];
        } else {
          report_.centre[axis] = (static_cast<double>(report_.cell[axis]) + 0.5) * stride - 0.5;
        }
      }
      const at::Tensor inside = mask.defined() ? mask.ne(0).to(at::kFloat).unsqueeze(0).unsqueeze(0) : mask;
      const at::Tensor weights = mask.defined()
                                     ? at::adaptive_avg_pool2d(inside, {report_.grid[0], report_.grid[1]}).flatten()
                                     : one_cell(report_.cell, report_.grid);
      weights_ = weights.to(image.device());
    });
  }

  Result<at::Tensor> field_map(InputGradient& pass, std::size_t field, const JobContext& job) const {
    const ErfProtocol& protocol = options_.protocol;
    const auto objective = [&](const at::Tensor& x) {
      return unit(x, weights_, options_.channel, protocol.relu_features);
    };
    std::function<bool(const std::string&)> closed;
    if (field > 0)
      closed = [open = static_cast<int>(field) - 1](const std::string& gate) { return order_of(gate) != open; };
    TRY(const at::Tensor gradient, pass.of(objective, closed, job));
    at::Tensor map;
    TRY_VOID(guarded([&] {
      const at::NoGradGuard no_grad;
      map = over_colors(gradient, protocol.relu_each_color)[0].to(at::kCPU);
    }));
    return map;
  }

  void accumulate(Sum& sum, const at::Tensor& map) {
    sum.total = sum.total.defined() ? sum.total.add_(map) : map.to(at::kDouble);
    if (options_.bootstrap <= 0 || !keeps_single_) return;
    held_ += static_cast<std::int64_t>(map.nbytes());
    if (held_ <= options_.memory_budget) {
      sum.single.push_back(map);
      return;
    }
    keeps_single_ = false;
    for (Sum& each : sums_) each.single.clear();
  }

  std::shared_ptr<const Backbone> backbone_;
  const ErfOptions& options_;
  ErfReport report_;
  std::vector<Sum> sums_;
  at::Tensor weights_;  ///< of the layer's cells
  bool keeps_single_ = true;
  std::int64_t held_ = 0;
};

}  // namespace

Result<ErfReport> effective_receptive_field(const std::shared_ptr<const Backbone>& backbone, const TensorSource& images,
                                            const ErfOptions& options, const JobContext& job) {
  const std::string wanted = options.layer == "last" ? backbone->last_block() : options.layer;
  TRY(const std::string layer, find_tap(*backbone, wanted));
  int orders = 0;
  if (options.by_order) {
    orders = largest_order(*backbone, layer, gates_of(options));
    if (orders == 0) {
      return fail(Error::Kind::InvalidInput, "there is no gnConv before this layer, so there are no orders", layer,
                  options.blocks == "*" ? "" : "blocks are named like stages.2.1, not " + options.blocks);
    }
  }
  Collector collector(backbone, options, layer, orders);
  const std::int64_t count = options.count > 0 ? options.count : options.protocol.images;
  std::array<std::int64_t, 2> size{};
  std::optional<Error> last_error;
  for (const std::int64_t index : sequence(images.count, options.protocol.random_images, options.seed)) {
    if (collector.used() == count) break;
    TRY_VOID(job.check());
    job.progress(collector.used(), std::min(count, images.count), "effective receptive field");
    auto image = images.image(index);
    if (!image) {
      if (image.error().kind == Error::Kind::Cancelled || image.error().kind == Error::Kind::OutOfMemory)
        return fail(std::move(image.error()));
      collector.unreadable(image.error());
      last_error = std::move(image.error());
      continue;
    }
    if (size[0] == 0) size = {image->size(2), image->size(3)};
    if (image->size(2) != size[0] || image->size(3) != size[1])
      return fail(Error::Kind::InvalidInput, "the images have different sizes, so their fields have no mean", {},
                  "bring them to one with --size N");
    TRY_VOID(collector.add(index, *image, job));
    if (options.on_mean && collector.used() > 0) options.on_mean(collector.mean(0), collector.used());
  }
  if (collector.used() == 0) {
    if (last_error) return fail(std::move(*last_error));
    return fail(Error::Kind::InvalidInput,
                images.count == 0 ? "there are no images" : "the gradient holds NaN or Inf for every image", layer);
  }
  TRY(ErfReport report, collector.finish(job));
  const auto used = static_cast<std::int64_t>(report.images.size());
  if (used < count) {
    report.warnings.push_back("averaged over " + std::to_string(used) + " images; " + std::to_string(count) +
                              (options.count > 0 ? " were asked for" : " are what the protocol wants"));
  }
  if (report.skipped_nan > 0)
    report.warnings.push_back(std::to_string(report.skipped_nan) + " images left out: NaN or Inf in their gradient");
  for (const std::string& message : report.unreadable) report.warnings.push_back("left out: " + message);
  return report;
}

Result<std::shared_ptr<const Backbone>> random_control(const Backbone& backbone, std::uint64_t seed,
                                                       double layer_scale) {
  TRY(const std::shared_ptr<Backbone> control, make_backbone(backbone.architecture()));
  TRY_VOID(guarded([&] {
    at::manual_seed(seed);
    initialize(*control, layer_scale);
    control->eval();
    for (at::Tensor& parameter : control->parameters()) parameter.set_requires_grad(false);
    const auto parameters = backbone.parameters();
    if (!parameters.empty()) control->to(parameters.front().device());
  }));
  return control;
}

}  // namespace orderscope
