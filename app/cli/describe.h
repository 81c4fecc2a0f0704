// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace orderscope::cli {

/// All commands and options as registered, from which man pages, shell completions and the reference in docs/ are made:
/// {"name", "help", "options": [{"names", "positional", "value", "choices", "default", "help", "required", "repeats",
/// "group", "excludes"}], "groups": [{"name", "help"}], "commands": [the same again]}. "value" is the kind of value,
/// empty for a switch; hidden options are left out.
nlohmann::json describe(const CLI::App& app);

}  // namespace orderscope::cli
