// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/order_origin.h"

namespace orderscope {

std::string to_string(OrderOrigin origin) {
  switch (origin) {
    case OrderOrigin::Zero: return "zero";
    case OrderOrigin::NormBias: return "norm-bias";
    case OrderOrigin::SpatialMean: return "spatial-mean";
  }
  return {};
}

Result<OrderOrigin> order_origin_from_string(const std::string& name) {
  for (const auto origin : {OrderOrigin::Zero, OrderOrigin::NormBias, OrderOrigin::SpatialMean})
    if (to_string(origin) == name) return origin;
  return fail(Error::Kind::InvalidInput, "unknown origin", name, "use zero, norm-bias or spatial-mean");
}

MethodParameter order_origin_parameter() {
  return {"origin",
          MethodParameter::Type::Choice,
          "around which constant input the degrees are counted",
          "norm-bias",
          {"zero", "norm-bias", "spatial-mean"},
          0,
          0};
}

}  // namespace orderscope
