// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cuda/operators.h"

#include <ATen/ATen.h>

#ifdef ORDERSCOPE_CUDA
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "core/cuda/kernels.h"
#endif

namespace orderscope::cuda {

#ifdef ORDERSCOPE_CUDA

bool depthwise_fits(const at::Tensor& x, const at::Tensor& weight) {
  if (!x.is_cuda() || x.device() != weight.device() || weight.scalar_type() != x.scalar_type()) return false;
  if (x.scalar_type() != at::kFloat && x.scalar_type() != at::kDouble) return false;
  if (x.dim() != 4 || weight.dim() != 4 || weight.size(0) != x.size(3) || weight.size(1) != 1) return false;
  const int64_t k = weight.size(3);
  return weight.size(2) == k && k % 2 == 1 && k >= 3 && k <= kLargestDepthwiseKernel && x.numel() > 0 &&
         x.size(0) <= kMostImages;
}

at::Tensor depthwise(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double scale,
                     bool mirrored) {
  const c10::cuda::CUDAGuard guard(x.device());
  const at::Tensor taps = weight.contiguous(), offset = bias.defined() ? bias.contiguous() : bias;
  at::Tensor y = at::empty(x.sizes(), x.options());
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "depthwise", [&] {
    const DeviceImages<scalar_t> images{x.const_data_ptr<scalar_t>(),
                                        x.stride(0),
                                        x.stride(1),
                                        x.stride(2),
                                        static_cast<int>(x.size(0)),
                                        static_cast<int>(x.size(1)),
                                        static_cast<int>(x.size(2)),
                                        static_cast<int>(x.size(3))};
    depthwise<scalar_t>(
        images, taps.const_data_ptr<scalar_t>(), offset.defined() ? offset.const_data_ptr<scalar_t>() : nullptr, scale,
        mirrored, y.mutable_data_ptr<scalar_t>(), static_cast<int>(weight.size(3)), c10::cuda::getCurrentCUDAStream());
  });
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return y;
}

bool rows_fit(const at::Tensor& rows) {
  return rows.is_cuda() && rows.scalar_type() == at::kFloat && rows.dim() == 2 && rows.stride(1) == 1 &&
         rows.numel() > 0;
}

void reduce_rows(const at::Tensor& rows, const at::Tensor& out) {
  const c10::cuda::CUDAGuard guard(rows.device());
  reduce_rows(rows.const_data_ptr<float>(), rows.stride(0), rows.size(0), static_cast<int>(rows.size(1)),
              out.mutable_data_ptr<float>(), c10::cuda::getCurrentCUDAStream());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
}

void dot_rows(const at::Tensor& a, const at::Tensor& b, const at::Tensor& out) {
  const c10::cuda::CUDAGuard guard(a.device());
  dot_rows(a.const_data_ptr<float>(), a.stride(0), b.const_data_ptr<float>(), b.stride(0), a.size(0),
           static_cast<int>(a.size(1)), out.mutable_data_ptr<float>(), c10::cuda::getCurrentCUDAStream());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
}

bool linear_fits(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const auto fits = [&](const at::Tensor& t) { return t.device() == x.device() && t.scalar_type() == at::kFloat; };
  if (!x.is_cuda() || !fits(x) || !fits(weight) || (bias.defined() && !fits(bias))) return false;
  if (x.dim() < 2 || weight.dim() != 2 || x.size(-1) != weight.size(1) || x.numel() == 0) return false;
  // Four values at a time are read, from 16 bytes on.
  const bool stored = weight.stride(1) == 1;
  if (!stored && weight.stride(0) != 1) return false;
  const int64_t between_rows = stored ? weight.stride(0) : weight.stride(1);
  const auto address = reinterpret_cast<std::uintptr_t>(weight.const_data_ptr<float>());
  if (address % 16 != 0 || between_rows % 4 != 0 || weight.size(1) % 4 != 0 || (!stored && weight.size(0) % 4 != 0))
    return false;
  // Beyond that there is work for every multiprocessor in a library's large tiles, which are better at it.
  constexpr int64_t kFewProducts = 130'000'000;
  return x.numel() * weight.size(0) <= kFewProducts;
}

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, bool with_gelu) {
  const c10::cuda::CUDAGuard guard(x.device());
  const at::Tensor rows = x.reshape({-1, x.size(-1)});
  const bool aligned = rows.stride(1) == 1 && rows.stride(0) % 4 == 0 &&
                       reinterpret_cast<std::uintptr_t>(rows.const_data_ptr<float>()) % 16 == 0;
  const at::Tensor a = aligned ? rows : rows.clone(at::MemoryFormat::Contiguous);
  const at::Tensor offset = bias.defined() ? bias.contiguous() : bias;
  const bool stored = weight.stride(1) == 1;
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = weight.size(0);
  at::Tensor y = at::empty(shape, x.options());
  matrix_product(a.const_data_ptr<float>(), a.stride(0), weight.const_data_ptr<float>(),
                 stored ? weight.stride(0) : weight.stride(1), stored,
                 offset.defined() ? offset.const_data_ptr<float>() : nullptr, with_gelu, y.mutable_data_ptr<float>(),
                 static_cast<int>(a.size(0)), static_cast<int>(weight.size(0)), static_cast<int>(a.size(1)),
                 c10::cuda::getCurrentCUDAStream());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return y;
}

#else

bool depthwise_fits(const at::Tensor&, const at::Tensor&) { return false; }
bool rows_fit(const at::Tensor&) { return false; }
bool linear_fits(const at::Tensor&, const at::Tensor&, const at::Tensor&) { return false; }

at::Tensor depthwise(const at::Tensor&, const at::Tensor&, const at::Tensor&, double, bool) {
  TORCH_CHECK(false, "built without CUDA");
}
at::Tensor linear(const at::Tensor&, const at::Tensor&, const at::Tensor&, bool) {
  TORCH_CHECK(false, "built without CUDA");
}
void reduce_rows(const at::Tensor&, const at::Tensor&) { TORCH_CHECK(false, "built without CUDA"); }
void dot_rows(const at::Tensor&, const at::Tensor&, const at::Tensor&) { TORCH_CHECK(false, "built without CUDA"); }

#endif

}  // namespace orderscope::cuda
