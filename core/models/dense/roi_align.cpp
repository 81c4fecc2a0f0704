// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/roi_align.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace orderscope {

namespace {

/// What one row (or column) of bins takes of the rows (or columns) of the map: weights of `count` cells from `first`.
struct Strip {
  std::int64_t first = 0, count = 0;
  std::size_t weights = 0;  ///< where they start
};

/// The strips of all bins along one axis of one box. Weights of samples that fall on the same cell are added up.
class AxisSampling {
 public:
  AxisSampling(float low, float high, std::int64_t size, const RoiAlignOptions& options) {
    const std::int64_t bins = options.output_size;
    const auto scale = static_cast<float>(options.spatial_scale);
    const float offset = options.aligned ? 0.5F : 0.0F;
    const float start = low * scale - offset, end = high * scale - offset;
    float extent = end - start;
    if (!options.aligned) extent = std::max(extent, 1.0F);
    strips_.resize(bins);
    if (!std::isfinite(start) || !std::isfinite(extent)) return;
    const float bin = extent / static_cast<float>(bins);
    // The bound only keeps a senseless box from taking forever: an image has far fewer pixels.
    const auto samples = options.sampling_ratio > 0 ? options.sampling_ratio
                                                    : static_cast<std::int64_t>(std::clamp(std::ceil(bin), 0.0F, 1e6F));
    for (std::int64_t b = 0; b < bins; ++b) {
      Strip& strip = strips_[b];
      strip.weights = weights_.size();
      for (std::int64_t k = 0; k < samples; ++k) {
        const float at =
            start + static_cast<float>(b) * bin + (static_cast<float>(k) + 0.5F) * bin / static_cast<float>(samples);
        add(strip, at, size, 1.0F / static_cast<float>(samples));
      }
    }
  }

  const Strip& strip(std::int64_t bin) const { return strips_[bin]; }
  const float* weights(const Strip& strip) const { return weights_.data() + strip.weights; }

 private:
  void add(Strip& strip, float at, std::int64_t size, float share) {
    if (at < -1.0F || at > static_cast<float>(size)) return;
    at = std::max(at, 0.0F);
    auto low = static_cast<std::int64_t>(at);
    float rest = at - static_cast<float>(low);
    if (low >= size - 1) {
      low = size - 1;
      rest = 0;
    }
    // Samples come in rising order, so cells are only ever appended.
    if (strip.count == 0) strip.first = low;
    const std::int64_t last = rest > 0 ? low + 1 : low;
    while (strip.first + strip.count <= last) {
      weights_.push_back(0);
      ++strip.count;
    }
    float* own = weights_.data() + strip.weights;
    own[low - strip.first] += share * (1 - rest);
    if (rest > 0) own[low + 1 - strip.first] += share * rest;
  }

  std::vector<Strip> strips_;
  std::vector<float> weights_;
};

struct Roi {
  std::int64_t image;
  AxisSampling rows, columns;
};

Roi sampling_of(const float* roi, std::int64_t height, std::int64_t width, const RoiAlignOptions& options) {
  return {static_cast<std::int64_t>(roi[0]), AxisSampling(roi[2], roi[4], height, options),
          AxisSampling(roi[1], roi[3], width, options)};
}

/// Calls visit(bin row, bin column, map row, map column, weight) for every cell that a box reads.
template <typename Visit>
void for_each_cell(const Roi& roi, std::int64_t bins, Visit visit) {
  for (std::int64_t i = 0; i < bins; ++i) {
    const Strip& rows = roi.rows.strip(i);
    const float* row_weights = roi.rows.weights(rows);
    for (std::int64_t j = 0; j < bins; ++j) {
      const Strip& columns = roi.columns.strip(j);
      const float* column_weights = roi.columns.weights(columns);
      for (std::int64_t y = 0; y < rows.count; ++y)
        for (std::int64_t x = 0; x < columns.count; ++x)
          visit(i, j, rows.first + y, columns.first + x, row_weights[y] * column_weights[x]);
    }
  }
}

at::Tensor forward_kernel(const at::Tensor& features, const at::Tensor& rois, const RoiAlignOptions& options) {
  const std::int64_t bins = options.output_size, height = features.size(1), width = features.size(2),
                     channels = features.size(3);
  at::Tensor out = at::zeros({rois.size(0), bins, bins, channels}, features.options());
  const float* from = features.const_data_ptr<float>();
  const float* boxes = rois.const_data_ptr<float>();
  float* to = out.mutable_data_ptr<float>();
  at::parallel_for(0, rois.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) {
      const Roi roi = sampling_of(boxes + 5 * n, height, width, options);
      const float* image = from + roi.image * height * width * channels;
      float* own = to + n * bins * bins * channels;
      for_each_cell(roi, bins, [&](std::int64_t i, std::int64_t j, std::int64_t y, std::int64_t x, float weight) {
        const float* cell = image + (y * width + x) * channels;
        float* bin = own + (i * bins + j) * channels;
        for (std::int64_t c = 0; c < channels; ++c) bin[c] += weight * cell[c];
      });
    }
  });
  return out;
}

at::Tensor backward_kernel(const at::Tensor& gradient, const at::Tensor& rois, at::IntArrayRef shape,
                           const RoiAlignOptions& options) {
  const std::int64_t bins = options.output_size, height = shape[1], width = shape[2], channels = shape[3];
  at::Tensor out = at::zeros(shape, gradient.options());
  const float* from = gradient.const_data_ptr<float>();
  const float* boxes = rois.const_data_ptr<float>();
  float* to = out.mutable_data_ptr<float>();
  // Boxes overlap, so they take turns; gradients are asked for a box or two.
  for (std::int64_t n = 0; n < rois.size(0); ++n) {
    const Roi roi = sampling_of(boxes + 5 * n, height, width, options);
    float* image = to + roi.image * height * width * channels;
    const float* own = from + n * bins * bins * channels;
    for_each_cell(roi, bins, [&](std::int64_t i, std::int64_t j, std::int64_t y, std::int64_t x, float weight) {
      float* cell = image + (y * width + x) * channels;
      const float* bin = own + (i * bins + j) * channels;
      for (std::int64_t c = 0; c < channels; ++c) cell[c] += weight * bin[c];
    });
  }
  return out;
}

struct RoiAlignFunction : torch::autograd::Function<RoiAlignFunction> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& features,
                            const at::Tensor& rois, std::int64_t output_size, double spatial_scale,
                            std::int64_t sampling_ratio, bool aligned) {
    context->save_for_backward({rois});
    context->saved_data["shape"] = features.sizes().vec();
    context->saved_data["output_size"] = output_size;
    context->saved_data["spatial_scale"] = spatial_scale;
    context->saved_data["sampling_ratio"] = sampling_ratio;
    context->saved_data["aligned"] = aligned;
    return forward_kernel(features.contiguous(), rois, {output_size, spatial_scale, sampling_ratio, aligned});
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    auto& saved = context->saved_data;
    const RoiAlignOptions options{saved["output_size"].toInt(), saved["spatial_scale"].toDouble(),
                                  saved["sampling_ratio"].toInt(), saved["aligned"].toBool()};
    const at::Tensor to_features = backward_kernel(gradients[0].contiguous(), context->get_saved_variables()[0],
                                                   saved["shape"].toIntVector(), options);
    return {to_features, {}, {}, {}, {}, {}};
  }
};

/// Rows of weights over the cells of one axis, [n, output_size, size].
at::Tensor dense_strips(const at::Tensor& rois, int low, std::int64_t size, const RoiAlignOptions& options) {
  const std::int64_t bins = options.output_size;
  at::Tensor all = at::zeros({rois.size(0), bins, size});
  const float* boxes = rois.const_data_ptr<float>();
  float* to = all.mutable_data_ptr<float>();
  for (std::int64_t n = 0; n < rois.size(0); ++n) {
    const AxisSampling axis(boxes[5 * n + low], boxes[5 * n + low + 2], size, options);
    for (std::int64_t b = 0; b < bins; ++b, to += size) {
      const Strip& strip = axis.strip(b);
      std::copy_n(axis.weights(strip), strip.count, to + strip.first);
    }
  }
  return all;
}

}  // namespace

at::Tensor roi_align(const at::Tensor& features, const at::Tensor& rois, const RoiAlignOptions& options) {
  if (!features.is_cpu()) return roi_align_by_operations(features, rois, options);
  return RoiAlignFunction::apply(features, rois.to(at::kFloat).contiguous(), options.output_size, options.spatial_scale,
                                 options.sampling_ratio, options.aligned);
}

at::Tensor roi_align_by_operations(const at::Tensor& features, const at::Tensor& rois, const RoiAlignOptions& options) {
  const std::int64_t bins = options.output_size, height = features.size(1), width = features.size(2),
                     channels = features.size(3);
  const at::Tensor boxes = rois.to(at::kCPU, at::kFloat).contiguous();
  const at::Tensor rows = dense_strips(boxes, 2, height, options).to(features.device());
  const at::Tensor columns = dense_strips(boxes, 1, width, options).to(features.device());
  const at::Tensor images = boxes.select(1, 0).to(features.device(), at::kLong);
  // The product over rows is bins x width x channels a box: a few boxes at a time bound it to about 64 MB.
  const std::int64_t chunk = std::max<std::int64_t>(1, (std::int64_t{1} << 24) / (bins * width * channels));
  std::vector<at::Tensor> parts;
  for (std::int64_t begin = 0; begin < boxes.size(0); begin += chunk) {
    const std::int64_t end = std::min(begin + chunk, boxes.size(0));
    const at::Tensor maps = features.size(0) == 1 ? features[0] : features.index_select(0, images.slice(0, begin, end));
    const at::Tensor by_row = at::matmul(rows.slice(0, begin, end), maps.flatten(-2));
    parts.push_back(
        at::matmul(columns.slice(0, begin, end).unsqueeze(1), by_row.view({end - begin, bins, width, channels})));
  }
  if (parts.empty()) return at::zeros({0, bins, bins, channels}, features.options());
  return at::cat(parts);
}

}  // namespace orderscope
