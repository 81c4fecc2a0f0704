// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stop_token>

namespace orderscope::cli {

/// A token that is stopped by the first Ctrl-C (SIGINT or SIGTERM); a second one ends the program at once.
std::stop_token stop_on_interrupt();

}  // namespace orderscope::cli
