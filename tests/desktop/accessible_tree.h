// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <vector>

#include "tests/desktop/desktop.h"

namespace orderscope::test {

enum class Look {
  Everything,
  Focus,  ///< names, roles and places of what has the focus only: half the time
};

/// What the program of this process tells assistive programs, over the message bus of our environment. Depth first.
std::vector<Accessible> accessible_tree(pid_t pid, Look look = Look::Everything);

}  // namespace orderscope::test
