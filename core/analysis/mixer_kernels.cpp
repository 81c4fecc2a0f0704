// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/mixer_kernels.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "core/base/guard.h"
#include "core/models/backbone.h"
#include "core/models/global_local_filter.h"
#include "core/models/gnconv.h"

namespace orderscope {

namespace {

/// Splits the gate channels first .. first + count of a global-local filter into their local and global halves: output
/// channel 2i is local channel i, 2i + 1 global channel i.
void split(OrderKernels& order, std::int64_t first, std::int64_t count, const at::Tensor& local,
           const at::Tensor& filters, std::int64_t height, std::int64_t width) {
  std::vector<std::int64_t> local_rows, global_rows;
  for (std::int64_t c = first; c < first + count; ++c) {
    const bool is_local = c % 2 == 0;
    (is_local ? local_rows : global_rows).push_back(c / 2);
    (is_local ? order.channels : order.global_channels).push_back(static_cast<int>(c - first));
  }
  order.kernels = local.index_select(0, at::tensor(local_rows, at::kLong));
  const std::array<std::int64_t, 2> size{height, width};
  const at::Tensor response =
      at::fft_irfft2(filters.index_select(0, at::tensor(global_rows, at::kLong)), size, {-2, -1});
  order.impulse = at::fft_fftshift(response, at::IntArrayRef{-2, -1});
  order.magnitude = at::fft_fftshift(at::fft_fft2(response).abs(), at::IntArrayRef{-2, -1});
}

}  // namespace

const MethodDescriptor& mixer_kernels_descriptor() {
  static const MethodDescriptor descriptor{
      "kernels",
      "Kernels and filters behind the orders",
      "the weights of Rao et al., HorNet, NeurIPS 2022, and of its global-local filter (after GFNet, NeurIPS 2021)",
      {{"block", MethodParameter::Type::Layer, "block, or a pattern", "*", {}, 0, 0}},
      /*needs_gradient=*/false,
      /*needs_gnconv=*/false,
      "arrays by order"};
  return descriptor;
}

Result<MixerKernels> mixer_kernels(const Model& model, const BlockInfo& block, std::int64_t height,
                                   std::int64_t width) {
  const Architecture& a = model.architecture;
  if (a.family == Family::Swin && !block.in_head) {
    return fail(Error::Kind::InvalidInput, "attention has no kernels: its weights depend on the image", block.name,
                "`forward --taps '*.attn.probs'` writes them for an image");
  }
  if (a.family == Family::Plugin && !block.in_head &&
      (block.order == 0 || static_cast<std::size_t>(block.stage) >= a.filters.size()))
    return fail(Error::Kind::Unsupported, "the kernels of this plugin's networks are not known", block.name);
  TRY_VOID(model.backbone->check_input(height, width));
  MixerKernels result;
  result.block = block.name;
  result.kind = model.mixers[block.stage];
  result.height = static_cast<int>(height / block.stride);
  result.width = static_cast<int>(width / block.stride);
  TRY_VOID(guarded([&] {
    const at::NoGradGuard no_grad;
    const auto parameters = model.backbone->named_parameters();
    if (a.family == Family::ConvNeXt && !block.in_head) {
      OrderKernels all;
      all.kernels = parameters[block.name + ".dwconv.weight"].detach().squeeze(1).cpu();
      for (int c = 0; c < block.channels; ++c) all.channels.push_back(c);
      result.orders.push_back(std::move(all));
      return;
    }
    // The parameters of HorFPN's gnConvs stand in the module itself.
    const std::string conv = block.name + (block.in_head ? ".dwconv." : ".gnconv.dwconv.");
    const bool global = result.kind == "gnconv-gf";
    const at::Tensor weight = parameters[conv + (global ? "dw.weight" : "weight")].detach().squeeze(1).cpu();
    const at::Tensor filters = global
                                   ? GlobalLocalFilter::interpolated(parameters[conv + "complex_weight"].detach().cpu(),
                                                                     result.height, result.width)
                                   : at::Tensor();
    std::int64_t first = 0;
    const auto dims = GnConv::dims(block.channels, block.order);
    for (std::size_t k = 0; k < dims.size(); ++k) {
      OrderKernels order;
      order.order = static_cast<int>(k + 1);
      if (global) {
        split(order, first, dims[k], weight, filters, result.height, result.width);
      } else {
        order.kernels = weight.slice(0, first, first + dims[k]);
        for (std::int64_t c = 0; c < dims[k]; ++c) order.channels.push_back(static_cast<int>(c));
      }
      first += dims[k];
      result.orders.push_back(std::move(order));
    }
  }));
  return result;
}

}  // namespace orderscope
