// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/folder.h"

#include <nlohmann/json.hpp>
#include <string>

#include "core/base/files.h"
#include "core/base/user_folders.h"

namespace orderscope {

namespace fs = std::filesystem;

namespace {

Result<fs::path> setting_file() {
  TRY(const fs::path folder, user_config_folder());
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
  TRY(const fs::path data, user_data_folder());
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
