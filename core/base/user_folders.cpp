// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/user_folders.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace orderscope {

namespace fs = std::filesystem;

namespace {

Result<fs::path> base_folder(const char* variable, const char* below_home) {
  if (fs::path given = path_of_environment(variable); !given.empty()) return given;
  fs::path home = path_of_environment("HOME");
  if (home.empty())
    if (const passwd* user = getpwuid(getuid()); user != nullptr && user->pw_dir != nullptr) home = user->pw_dir;
  if (!home.is_absolute())
    return fail(Error::Kind::FileAccess, "this user has no home folder", {}, std::string("set ") + variable);
  return home / below_home;
}

}  // namespace

fs::path path_of_environment(const char* variable) {
  const char* value = std::getenv(variable);
  const fs::path path = value == nullptr ? "" : value;
  return path.is_absolute() ? path : fs::path();
}

Result<fs::path> user_config_folder() { return base_folder("XDG_CONFIG_HOME", ".config"); }

Result<fs::path> user_data_folder() { return base_folder("XDG_DATA_HOME", ".local/share"); }

}  // namespace orderscope
