// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace orderscope {

std::string version_number();  ///< "0.1.0"
std::string version_text();    ///< "OrderScope 0.1.0"

}  // namespace orderscope
