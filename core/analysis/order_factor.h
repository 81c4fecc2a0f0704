// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace orderscope {

/// A slider of the order mixer: what the gate of one order in one block is multiplied by. 1 leaves it alone.
struct OrderFactor {
  std::string block;  ///< "stages.2.5"
  int order = 1;      ///< from 1
  double factor = 1;
};

}  // namespace orderscope
