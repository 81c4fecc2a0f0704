// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/models/backbone.h"
#include "core/trace/trace.h"

namespace orderscope::bench {

/// "hornet_t_7x7", "hornet_t_gf", "swin_t" or "convnext_t", at 224 x 224.
Architecture family_architecture(const std::string& name);

/// A Grad-CAM at every block, and for gnConv all order maps and contributions.
std::vector<Probe> everything_probes(const Backbone& backbone);

/// The machine's limit: one large product of as many multiply-adds.
class MatrixProduct {
 public:
  explicit MatrixProduct(std::int64_t macs);
  void run(int times = 1) const;
  double macs() const;  ///< to the next multiple of 2^20

 private:
  at::Tensor rows_, weight_;
};

}  // namespace orderscope::bench
