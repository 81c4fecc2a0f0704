// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/dense_architecture.h"

namespace orderscope {

int DenseArchitecture::classes() const {
  // One logit tells two classes apart: what it is of, and the rest, which comes first.
  if (uper_head) return uper_head->classes == 1 ? 2 : uper_head->classes;
  return box_heads.empty() ? 0 : box_heads.front().classes;
}

bool DenseArchitecture::has_gn() const {
  return (uper_head && uper_head->gn_fusion) || (neck && !neck->gn_outputs.empty());
}

std::string DenseArchitecture::name() const {
  std::string name;
  if (uper_head) name = "UPerNet";
  if (is_detector()) {
    name = mask_heads.empty() ? (box_heads.size() > 1 ? "R-CNN" : "Faster R-CNN") : "Mask R-CNN";
    if (box_heads.size() > 1) name = "Cascade " + name;
  }
  return !name.empty() && has_gn() ? name + " with HorFPN" : name;
}

}  // namespace orderscope
