// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"

namespace orderscope::cli {

Run make_weights(CLI::App& app, CommonOptions& common);

}  // namespace orderscope::cli
