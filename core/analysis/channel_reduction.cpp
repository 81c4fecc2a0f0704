// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/channel_reduction.h"

#include <ATen/ATen.h>

#include <cmath>
#include <cstring>

#include "core/base/parallel.h"
#include "core/base/vectorised.h"
#include "core/cuda/operators.h"

namespace orderscope {

namespace {

/// Eight partial sums side by side: the compiler may not reorder a float sum by itself. Plain GCC vectors, which it
/// maps onto what the instruction set has. Functions take them by reference only: how a vector is passed by value
/// depends on the instruction set, and a function that is not inlined is compiled for one of them.
typedef float Lanes __attribute__((vector_size(32)));
constexpr int64_t kLanes = 8;

inline void load(const float* x, Lanes& lanes) { std::memcpy(&lanes, x, sizeof lanes); }

inline float total(const Lanes& lanes) {
  float sum = 0;
  for (int64_t j = 0; j < kLanes; ++j) sum += lanes[j];
  return sum;
}

/// Rows of `channels` values that begin `stride` apart: mean, mean absolute value and L2 norm of each.
ORDERSCOPE_VECTORISED
void reduce_rows(const float* x, int64_t stride, int64_t rows, int64_t channels, float* mean, float* mean_abs,
                 float* l2) {
  const float scale = 1.0F / static_cast<float>(channels);
  for (int64_t row = 0; row < rows; ++row, x += stride) {
    Lanes sums = {}, magnitudes = {}, squares = {};
    int64_t i = 0;
    for (; i + kLanes <= channels; i += kLanes) {
      Lanes v;
      load(x + i, v);
      sums += v;
      magnitudes += v < 0 ? -v : v;
      squares += v * v;
    }
    float sum = total(sums), magnitude = total(magnitudes), square = total(squares);
    for (; i < channels; ++i) {
      sum += x[i];
      magnitude += std::fabs(x[i]);
      square += x[i] * x[i];
    }
    mean[row] = sum * scale;
    mean_abs[row] = magnitude * scale;
    l2[row] = std::sqrt(square);
  }
}

ORDERSCOPE_VECTORISED
void dot_rows(const float* a, int64_t stride_a, const float* b, int64_t stride_b, int64_t rows, int64_t channels,
              float* out) {
  for (int64_t row = 0; row < rows; ++row, a += stride_a, b += stride_b) {
    Lanes sums = {};
    int64_t i = 0;
    for (; i + kLanes <= channels; i += kLanes) {
      Lanes x, y;
      load(a + i, x);
      load(b + i, y);
      sums += x * y;
    }
    float sum = total(sums);
    for (; i < channels; ++i) sum += a[i] * b[i];
    out[row] = sum;
  }
}

/// [N, C, h, w] as [N * h * w, C] with unit channel stride and one pixel stride, or undefined if it cannot be viewed
/// so.
at::Tensor pixel_rows(const at::Tensor& x) {
  if (x.scalar_type() != at::kFloat) return {};
  const at::Tensor last = x.dim() == 4 ? x.permute({0, 2, 3, 1}) : x;
  if (last.stride(-1) != 1 && last.size(-1) != 1) return {};
  int64_t expected = last.stride(-2) * last.size(-2);
  for (int64_t d = last.dim() - 3; d >= 0; --d) {
    if (last.size(d) != 1 && last.stride(d) != expected) return {};
    expected *= last.size(d);
  }
  const int64_t channels = last.size(-1);
  const int64_t pixels = last.numel() / std::max<int64_t>(channels, 1);
  const at::Tensor rows = last.as_strided({pixels, channels}, {last.stride(-2), 1});
  return x.is_cpu() || cuda::rows_fit(rows) ? rows : at::Tensor();
}

int64_t channel_dim(const at::Tensor& x) { return x.dim() == 4 ? 1 : -1; }

std::vector<int64_t> without_channels(const at::Tensor& x) {
  if (x.dim() == 4) return {x.size(0), x.size(2), x.size(3)};
  return {x.size(0), x.size(1)};
}

/// Pixels a chunk: a megabyte, so that the reading outlasts the waking of a thread.
int64_t grain(int64_t channels) { return std::max<int64_t>(1, 262144 / std::max<int64_t>(channels, 1)); }

}  // namespace

std::string to_string(ChannelReduction reduction) {
  switch (reduction) {
    case ChannelReduction::Mean: return "mean";
    case ChannelReduction::MeanAbs: return "mean_abs";
    case ChannelReduction::L2: return "l2";
  }
  return {};
}

Result<ChannelReduction> channel_reduction_from_string(const std::string& name) {
  for (const auto reduction : {ChannelReduction::Mean, ChannelReduction::MeanAbs, ChannelReduction::L2})
    if (to_string(reduction) == name) return reduction;
  return fail(Error::Kind::InvalidInput, "unknown reduction", name, "use mean, mean_abs or l2");
}

at::Tensor reduce_channels(const at::Tensor& input) {
  const at::Tensor x = input.detach();
  std::vector<int64_t> shape = without_channels(x);
  shape.insert(shape.begin(), 3);
  const at::Tensor rows = pixel_rows(x);
  if (!rows.defined()) {
    const int64_t dim = channel_dim(x);
    return at::stack({x.mean(dim), x.abs().mean(dim), at::linalg_vector_norm(x, 2, dim)});
  }
  const int64_t pixels = rows.size(0), channels = rows.size(1), stride = rows.stride(0);
  at::Tensor out = at::empty(shape, x.options());
  if (x.is_cuda()) {
    cuda::reduce_rows(rows, out);
    return out;
  }
  const float* in = rows.const_data_ptr<float>();
  float* mean = out.mutable_data_ptr<float>();
  parallel_for(pixels, grain(channels), [&](int64_t begin, int64_t end) {
    reduce_rows(in + begin * stride, stride, end - begin, channels, mean + begin, mean + pixels + begin,
                mean + 2 * pixels + begin);
  });
  return out;
}

at::Tensor channel_dot(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor rows_a = pixel_rows(a.detach()), rows_b = pixel_rows(b.detach());
  if (!rows_a.defined() || !rows_b.defined()) return (a.detach() * b.detach()).sum(channel_dim(a));
  const int64_t pixels = rows_a.size(0), channels = rows_a.size(1);
  at::Tensor out = at::empty(without_channels(a), a.options());
  if (a.is_cuda()) {
    cuda::dot_rows(rows_a, rows_b, out);
    return out;
  }
  const float* pa = rows_a.const_data_ptr<float>();
  const float* pb = rows_b.const_data_ptr<float>();
  float* result = out.mutable_data_ptr<float>();
  parallel_for(pixels, grain(channels), [&](int64_t begin, int64_t end) {
    dot_rows(pa + begin * rows_a.stride(0), rows_a.stride(0), pb + begin * rows_b.stride(0), rows_b.stride(0),
             end - begin, channels, result + begin);
  });
  return out;
}

}  // namespace orderscope
