// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/descriptor.h"

#include "core/analysis/grad_cam.h"
#include "core/analysis/order_contribution.h"
#include "core/analysis/order_maps.h"

namespace orderscope {

const std::vector<const MethodDescriptor*>& methods() {
  static const std::vector<const MethodDescriptor*> all{&order_maps_descriptor(), &order_contribution_descriptor(),
                                                        &grad_cam_descriptor()};
  return all;
}

const MethodDescriptor* find_method(const std::string& id) {
  for (const MethodDescriptor* method : methods())
    if (method->id == id) return method;
  return nullptr;
}

}  // namespace orderscope
