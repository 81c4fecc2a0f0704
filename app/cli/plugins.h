// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <vector>

#include "app/cli/command.h"

namespace orderscope::cli {

/// --plugins DIR, of which there may be several.
void add_plugins_option(CLI::App& app, std::vector<std::filesystem::path>& folders);

/// Loads the plugins that ORDERSCOPE_PLUGINS and --plugins name. The options of the other commands depend on what there
/// is to load: this has to come before they are made, so it reads the arguments by itself and leaves wrong usage to
/// who reads all of them.
void load_named_plugins(int argc, const char* const* argv);

/// What could not be loaded, as warnings.
void warn_of_plugins();

}  // namespace orderscope::cli
