// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/erf_mean.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "core/analysis/erf_units.h"
#include "core/analysis/tensor_map.h"
#include "core/base/guard.h"
#include "core/models/backbone.h"
#include "core/trace/find_taps.h"
#include "core/trace/glob.h"
#include "core/trace/input_gradient.h"

namespace orderscope {

namespace {

std::string gates_of(const ErfOptions& options) {
  std::string pattern;
  if (!options.by_order) return pattern;
  for (const std::string& block : split_patterns(options.blocks))
    pattern += (pattern.empty() ? "" : ",") + block + ".gnconv.gate.*";
  return pattern;
}

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

/// [N, 3, H, W] to [N, H, W].
at::Tensor over_colors(const at::Tensor& gradient, bool relu_each) {
  return relu_each ? at::relu(gradient).sum(1) : at::relu(gradient.mean(1));
}

/// One field as it grows.
struct Sum {
  at::Tensor total;                ///< [H, W], float64, on the device of the images
  std::vector<at::Tensor> single;  ///< the maps of the images, for the bootstrap; on the CPU
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

}  // namespace

/// What an ErfMean holds.
class ErfMean::State {
 public:
  State(std::shared_ptr<const Backbone> backbone, TensorSource images, ErfOptions options, std::string layer,
        int orders)
      : backbone_(std::move(backbone)),
        images_(std::move(images)),
        options_(std::move(options)),
        sequence_(sequence(images_.count, options_.protocol.random_images, options_.seed)) {
    report_.layer = std::move(layer);
    sums_.resize(options_.by_order ? orders + 2 : 1);
  }

  std::int64_t count() const { return options_.count > 0 ? options_.count : options_.protocol.images; }
  std::int64_t used() const { return static_cast<std::int64_t>(report_.images.size()); }

  /// images [N, 3, H, W], and their indices in the source.
  Result<void> add(const std::vector<std::int64_t>& indices, const at::Tensor& images, const JobContext& job) {
    TRY(InputGradient pass, InputGradient::forward(backbone_, images, report_.layer, gates_of(options_), job,
                                                   options_.edits, middle_place(images)));
    TRY(report_.grid, grid_of(pass.activation(), report_.layer, images));
    TRY_VOID(choose_units(images));
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
      for (std::size_t i = 0; i < indices.size(); ++i) {
        const auto n = static_cast<std::int64_t>(i);
        const bool finite =
            std::ranges::all_of(maps, [n](const at::Tensor& m) { return m[n].isfinite().all().item<bool>(); });
        if (!finite) {
          ++report_.skipped_nan;
          continue;
        }
        for (std::size_t f = 0; f < maps.size(); ++f) accumulate(sums_[f], maps[f][n]);
        report_.images.push_back(indices[i]);
      }
    });
  }

  Map mean(std::size_t field) const { return to_map(sums_[field].total / static_cast<double>(used())); }

  /// What the images that were left out, and those that are missing, mean for a reader.
  void add_warnings(ErfReport& report) const {
    if (options_.bootstrap > 0 && used() == 1) report.warnings.push_back("one image gives no interval");
    if (!keeps_single_)
      report.warnings.push_back("no intervals: the maps of so many images do not fit the memory set aside for them");
    if (used() < count())
      report.warnings.push_back("averaged over " + std::to_string(used()) + " images; " + std::to_string(count()) +
                                (options_.count > 0 ? " were asked for" : " are what the protocol wants"));
    if (report.skipped_nan > 0)
      report.warnings.push_back(std::to_string(report.skipped_nan) + " images left out: NaN or Inf in their gradient");
    for (const std::string& message : report.unreadable) report.warnings.push_back("left out: " + message);
  }

  Result<ErfField> measure(std::size_t f, bool intervals, const JobContext& job) const {
    ErfField field;
    if (f > 0) field.order = static_cast<int>(f) - 1;
    const ErfScale scale = options_.protocol.scale;
    // The measures are those of the float32 map that is written, so that they can be made again from the file.
    const at::Tensor mean = (sums_[f].total / static_cast<double>(used())).to(at::kCPU, at::kFloat);
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
    if (intervals && options_.bootstrap > 0 && used() > 1 && keeps_single_) {
      job.progress(static_cast<std::int64_t>(f), static_cast<std::int64_t>(sums_.size()), "resampling the images");
      TRY_VOID(bootstrap_ratios(sums_[f].single, scale, options_.bootstrap, options_.seed, field.ratios, job));
    }
    return field;
  }

  friend class ErfMean;

 private:
  /// The unit in the middle, if that is what is looked at and the size of its map is known beforehand: only what it
  /// depends on must be computed.
  std::optional<Part> middle_place(const at::Tensor& images) const {
    if (options_.region) return std::nullopt;
    const auto grid = grid_at(*backbone_, report_.layer, images.size(2), images.size(3));
    if (!grid) return std::nullopt;
    const auto [y, x] = middle_cell(*grid);
    return Part{y, x, y + 1, x + 1};
  }

  static std::array<std::int64_t, 2> middle_cell(const std::array<std::int64_t, 2>& grid) {
    return {grid[0] / 2, grid[1] / 2};
  }

  /// Which units of the layer are looked at, and where they lie: in all images of a batch the same.
  Result<void> choose_units(const at::Tensor& image) {
    report_.cell = middle_cell(report_.grid);
    at::Tensor mask;
    if (options_.region) {
      TRY(mask, options_.region(image));
    }
    return guarded([&] {
      const std::array<double, 2> middle = mask.defined() ? centroid(mask) : std::array<double, 2>{};
      for (int axis = 0; axis < 2; ++axis) {
        const double stride = static_cast<double>(image.size(2 + axis)) / static_cast<double>(report_.grid[axis]);
        if (mask.defined()) {
          report_.cell[axis] =
              std::min(static_cast<std::int64_t>((middle[axis] + 0.5) / stride), report_.grid[axis] - 1);
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

  /// [N, H, W]
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
      map = over_colors(gradient, protocol.relu_each_color);
    }));
    return map;
  }

  void accumulate(Sum& sum, const at::Tensor& map) {
    sum.total = sum.total.defined() ? sum.total.add_(map) : map.to(at::kDouble);
    if (options_.bootstrap <= 0 || !keeps_single_) return;
    held_ += map.numel() * static_cast<std::int64_t>(map.element_size());
    if (held_ <= options_.memory_budget) {
      // A copy: a view would keep the maps of the whole batch.
      sum.single.push_back(map.is_cpu() ? map.clone() : map.to(at::kCPU));
      return;
    }
    keeps_single_ = false;
    for (Sum& each : sums_) each.single.clear();
  }

  std::shared_ptr<const Backbone> backbone_;
  TensorSource images_;
  ErfOptions options_;
  std::vector<std::int64_t> sequence_;  ///< in which order the images are taken
  std::size_t next_ = 0;                ///< in the sequence
  std::array<std::int64_t, 2> size_{};  ///< of all images; 0: none was seen
  std::optional<Error> last_error_;     ///< why an image could not be read
  ErfReport report_;                    ///< what is known before anything is measured
  std::vector<Sum> sums_;
  at::Tensor weights_;  ///< of the layer's cells
  bool keeps_single_ = true;
  std::int64_t held_ = 0;  ///< bytes of the single maps
};

ErfMean::ErfMean(std::unique_ptr<State> state) : state_(std::move(state)) {}
ErfMean::ErfMean(ErfMean&&) noexcept = default;
ErfMean& ErfMean::operator=(ErfMean&&) noexcept = default;
ErfMean::~ErfMean() = default;

Result<ErfMean> ErfMean::start(std::shared_ptr<const Backbone> backbone, TensorSource images, ErfOptions options) {
  const std::string wanted = options.layer == "last" ? backbone->last_block() : options.layer;
  TRY(std::string layer, find_tap(*backbone, wanted));
  int orders = 0;
  if (options.by_order) {
    orders = largest_order(*backbone, layer, gates_of(options));
    if (orders == 0) {
      return fail(Error::Kind::InvalidInput, "there is no gnConv before this layer, so there are no orders", layer,
                  options.blocks == "*" ? "" : "blocks are named like stages.2.1, not " + options.blocks);
    }
  }
  return ErfMean(
      std::make_unique<State>(std::move(backbone), std::move(images), std::move(options), std::move(layer), orders));
}

std::int64_t ErfMean::used() const { return state_->used(); }
std::int64_t ErfMean::wanted() const { return std::min(state_->count(), state_->images_.count); }
bool ErfMean::done() const { return used() >= state_->count() || state_->next_ == state_->sequence_.size(); }
void ErfMean::set_count(std::int64_t count) { state_->options_.count = count; }
Map ErfMean::mean() const { return state_->mean(0); }

Result<void> ErfMean::add_next(const JobContext& job) {
  if (done()) return {};
  TRY_VOID(job.check());
  State& state = *state_;
  const std::int64_t most = state.options_.region ? 1 : std::max<std::int64_t>(state.options_.batch, 1);
  const auto wanted = static_cast<std::size_t>(std::min(most, state.count() - used()));
  std::vector<std::int64_t> indices;
  std::vector<at::Tensor> images;
  std::vector<Error> unreadable;
  std::size_t next = state.next_;
  std::array<std::int64_t, 2> size = state.size_;
  for (; next < state.sequence_.size() && indices.size() < wanted; ++next) {
    auto image = state.images_.image(state.sequence_[next]);
    if (!image) {
      if (image.error().kind == Error::Kind::Cancelled || image.error().kind == Error::Kind::OutOfMemory)
        return fail(std::move(image.error()));
      unreadable.push_back(std::move(image.error()));
      // Said at once, however many follow.
      if (indices.empty()) {
        ++next;
        break;
      }
      continue;
    }
    if (image->dim() != 4 || image->size(0) != 1)
      return fail(Error::Kind::InvalidInput, "the source must give one image at a time");
    const std::array found{image->size(2), image->size(3)};
    if (size[0] == 0) size = found;
    if (size != found)
      return fail(Error::Kind::InvalidInput, "the images have different sizes, so their fields have no mean", {},
                  "bring them to one with --size N");
    indices.push_back(state.sequence_[next]);
    images.push_back(std::move(*image));
  }
  if (!images.empty()) {
    at::Tensor batch;
    TRY_VOID(guarded([&] { batch = images.size() == 1 ? images[0] : at::cat(images); }));
    TRY_VOID(state.add(indices, batch, job));
  }
  state.size_ = size;
  state.next_ = next;
  for (Error& error : unreadable) {
    state.report_.unreadable.push_back(error.message());
    state.last_error_ = std::move(error);
  }
  return {};
}

Result<ErfReport> ErfMean::report(bool intervals, const JobContext& job) const {
  if (used() == 0) {
    if (state_->last_error_) return fail(*state_->last_error_);
    return fail(Error::Kind::InvalidInput,
                state_->images_.count == 0 ? "there are no images" : "the gradient holds NaN or Inf for every image",
                state_->report_.layer);
  }
  ErfReport report = state_->report_;
  for (std::size_t f = 0; f < state_->sums_.size(); ++f) {
    TRY_VOID(job.check());
    TRY(ErfField field, state_->measure(f, intervals, job));
    for (std::string& warning : warnings_about(field.mean)) {
      if (field.order) warning += " (order " + std::to_string(*field.order) + ")";
      report.warnings.push_back(std::move(warning));
    }
    report.fields.push_back(std::move(field));
  }
  state_->add_warnings(report);
  return report;
}

}  // namespace orderscope
