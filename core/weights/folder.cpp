// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/folder.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "core/base/files.h"

namespace orderscope {

namespace fs = std::filesystem;

namespace {

/// Empty unless the variable holds an absolute path; the XDG specification has others ignored.
fs::path path_of_environment(const char* variable) {
  const char* value = std::getenv(variable);
  const fs::path path = value == nullptr ? "" : value;
  return path.is_absolute() ? path : fs::path();
}

Result<fs::path> base_folder(const char* variable, const char* below_home) {
  if (fs::path given = path_of_environment(variable); !given.empty()) return given;
  fs::path home = path_of_environment("HOME");
  if (home.empty())
    if (const passwd* user = getpwuid(getuid()); user != nullptr && user->pw_dir != nullptr) home = user->pw_dir;
  if (!home.is_absolute())
    return fail(Error::Kind::FileAccess, "this user has no home folder", {}, std::string("set ") + variable);
  return home / below_home;
}

Result<fs::path> setting_file() {
  TRY(const fs::path folder, base_folder("XDG_CONFIG_HOME", ".config"));
  return folder / "orderscope" / "weights.json";
}

}  // namespace

Result<fs::path> weights_folder() {
  if (fs::path given = path_of_environment("ORDERSCOPE_WEIGHTS"); !given.empty()) return given;
  TRY(const fs::path setting, setting_file());
  std::error_code error;
  if (fs::exists(setting, error)) {
    TRY(const std::string text, read_text_file(setting));
    const auto json = nlohmann::json::parse(text, nullptr, false);
    const auto folder = json.is_object() ? json.find("folder") : json.end();
    if (!json.is_object() || folder == json.end() || !folder->is_string() ||
        !fs::path(folder->get<std::string>()).is_absolute())
      return fail(Error::Kind::Broken, "it names no folder", setting.string(),
                  "remove it, or set it with `orderscope-cli weights where --set DIR`");
    return fs::path(folder->get<std::string>());
  }
  TRY(const fs::path data, base_folder("XDG_DATA_HOME", ".local/share"));
  return data / "orderscope" / "weights";
}

Result<void> set_weights_folder(const fs::path& folder) {
  if (!folder.is_absolute())
    return fail(Error::Kind::InvalidInput, "the folder for weights must be an absolute path", folder.string());
  TRY(const fs::path setting, setting_file());
  const nlohmann::json json{{"folder", folder.string()}};
  return write_file(setting, std::string_view(json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace)));
}

}  // namespace orderscope
