// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <stdexcept>
#include <string>

#include "core/checkpoint/safetensors.h"
#include "core/models/dense/dense_network.h"
#include "tests/dense_golden.h"
#include "tests/formula.h"

namespace orderscope::test {

/// A UPerNet (or Mask R-CNN) of weights by formula with HorFPN on the small backbone of golden/dense, as a file in
/// `folder`. Beyond order 2 the gnConv of a UPerNet is twice as wide inside as behind (dim_ratio 2).
inline std::filesystem::path write_horfpn(const std::filesystem::path& folder, bool filter, bool detector = false,
                                          int order = 2) {
  const auto model = dense_model(detector ? "maskrcnn_small/checkpoint.pth" : "upernet_small_gf/checkpoint.pth");
  DenseArchitecture dense = *model->dense;
  GnModuleShape gn{4 * 16, order > 2 ? 32 : 16, 16, order, 5, std::nullopt, true, true};
  if (filter) gn.filter = FilterSize{6, 4};
  if (detector) {
    gn.in = gn.dim = gn.out = dense.neck->channels();
    gn.norm = false;
    dense.neck->gn_outputs.assign(dense.neck->outputs.size(), gn);
    dense.neck->outputs.clear();
  } else {
    dense.uper_head->gn_fusion = gn;
  }
  const auto network = make_dense_network(model->architecture, dense);
  fill_by_formula(**network);
  StateDict weights;
  for (const auto& p : (*network)->named_parameters()) {
    at::Tensor value = p.value().contiguous();
    if (p.key().ends_with("running_var")) value = value.abs() + 0.5;
    // Some of the ReLU behind HorFPN lets through, so that gradients come to it.
    if (p.key() == "decode_head.fpn_bottleneck.bn.bias") value = value.abs() + 1;
    weights.push_back({p.key(), value});
  }
  const std::filesystem::path file = folder / "horfpn.safetensors";
  if (!write_safetensors(file, weights)) throw std::runtime_error(file.string() + " cannot be written");
  return file;
}

}  // namespace orderscope::test
