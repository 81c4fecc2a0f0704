// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "core/base/result.h"

namespace orderscope {

/// Absolute path in an environment variable; empty where it is unset or relative, as the XDG base directory
/// specification has it.
std::filesystem::path path_of_environment(const char* variable);

/// $XDG_CONFIG_HOME, ~/.config. Errors: FileAccess when this user has no home.
Result<std::filesystem::path> user_config_folder();

/// $XDG_DATA_HOME, ~/.local/share. Errors: as above.
Result<std::filesystem::path> user_data_folder();

}  // namespace orderscope
