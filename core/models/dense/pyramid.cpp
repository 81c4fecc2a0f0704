// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/pyramid.h"

namespace orderscope {

std::string level_name(int stage) { return "norm" + std::to_string(stage); }

Step pyramid_step(const std::string& name, std::shared_ptr<LayerNorm> norm) {
  return {name,
          [name, norm = std::move(norm)](const Activations& in, Taps* taps) {
            Activations out = in;
            out.aside[name] = TapScope(taps, "").as_nchw(name, norm->forward(in.x));
            return out;
          },
          {name},
          Reach{0, 1}};
}

std::vector<at::Tensor> levels_of(const Activations& at_hand, const Architecture& architecture) {
  std::vector<at::Tensor> levels;
  for (const int stage : architecture.levels) levels.push_back(at_hand.aside.at(level_name(stage)));
  return levels;
}

}  // namespace orderscope
