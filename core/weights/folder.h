// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "core/base/result.h"

namespace orderscope {

/// Where downloaded weights are kept: $ORDERSCOPE_WEIGHTS, else what set_weights_folder wrote, else orderscope/weights
/// in the user's data folder ($XDG_DATA_HOME, ~/.local/share). The folder need not exist. Errors: FileAccess when there
/// is no home or the setting cannot be read.
Result<std::filesystem::path> weights_folder();

/// Kept in orderscope/weights.json of the user's configuration folder ($XDG_CONFIG_HOME, ~/.config). Nothing is moved.
/// Errors: FileAccess; InvalidInput for a relative path.
Result<void> set_weights_folder(const std::filesystem::path& folder);

}  // namespace orderscope
