// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/version.h"

namespace orderscope {

std::string version_number() { return ORDERSCOPE_VERSION; }

std::string version_text() { return "OrderScope " ORDERSCOPE_VERSION; }

}  // namespace orderscope
