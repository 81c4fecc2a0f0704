// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace orderscope {

struct LoadedPlugin {
  std::filesystem::path file;
  std::string name, version, description;
  std::vector<std::string> backbones, methods, colormaps;  ///< what it added, by name
};

/// What became of the plugins of this process. An error's subject is the file or folder that was refused.
struct PluginReport {
  std::vector<LoadedPlugin> loaded;
  std::vector<Error> failures;
};

/// Loads every plugin that lies directly in one of the folders, in the order of the folders and, in a folder, of the
/// names; a file that was met before is passed over. A plugin is a regular file NAME.so. Folder and file must belong
/// to the user or to root and not be writable by anybody else, as code in them runs with the user's rights; what is
/// refused or cannot be loaded becomes a failure, and the others are loaded all the same. Not for several threads at
/// once.
void load_plugins(const std::vector<std::filesystem::path>& folders);

/// The folders in the environment variable ORDERSCOPE_PLUGINS, separated by colons. Relative ones are dropped and
/// reported as failures: they would mean another folder wherever the program is started.
std::vector<std::filesystem::path> plugin_folders_of_environment();

/// Everything that has been loaded so far, and everything that has failed.
const PluginReport& plugin_report();

/// ", with gnconv-vit 1.0" for the provenance of results; "" without plugins.
std::string plugin_versions_text();

}  // namespace orderscope
