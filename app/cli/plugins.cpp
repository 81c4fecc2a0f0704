// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/plugins.h"

#include <cstdio>

#include "core/plugins/plugins.h"

namespace orderscope::cli {

namespace {

using nlohmann::json;

json describe(const PluginReport& report) {
  json loaded = json::array(), failed = json::array();
  for (const LoadedPlugin& plugin : report.loaded)
    loaded.push_back({{"file", plugin.file.string()},
                      {"name", plugin.name},
                      {"version", plugin.version},
                      {"description", plugin.description},
                      {"backbones", plugin.backbones},
                      {"methods", plugin.methods},
                      {"colormaps", plugin.colormaps}});
  for (const Error& error : report.failures)
    failed.push_back({{"file", error.subject}, {"reason", error.what}, {"advice", error.advice}});
  return {{"loaded", loaded}, {"failed", failed}};
}

std::string list(const char* what, const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? std::string("; ") + what + " " : ", ") + name;
  return text;
}

void print(const PluginReport& report) {
  for (const LoadedPlugin& plugin : report.loaded) {
    std::printf("loaded %s %s: %s%s%s%s\n    %s\n", plugin.name.c_str(), plugin.version.c_str(),
                plugin.description.c_str(), list("backbone", plugin.backbones).c_str(),
                list("method", plugin.methods).c_str(), list("colour map", plugin.colormaps).c_str(),
                plugin.file.c_str());
  }
  for (const Error& error : report.failures) std::printf("failed %s\n", error.message().c_str());
  if (report.loaded.empty() && report.failures.empty())
    std::printf("no plugins; --plugins DIR and ORDERSCOPE_PLUGINS name folders of them\n");
}

}  // namespace

void add_plugins_option(CLI::App& app, std::vector<std::filesystem::path>& folders) {
  app.add_option("--plugins", folders, "folder of plugins to load; may be given again")
      ->allow_extra_args(false)
      ->type_name("DIR");
}

void load_named_plugins(int argc, const char* const* argv) {
  load_plugins(plugin_folders_of_environment());
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<std::filesystem::path> folders;
  add_plugins_option(app, folders);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError&) {
    return;
  }
  load_plugins(folders);
}

void warn_of_plugins() {
  for (const Error& error : plugin_report().failures) print_warning("plugin not loaded: " + error.message());
}

Run make_plugins(CLI::App&, CommonOptions& common) {
  return [&common](const JobContext&) -> Result<void> {
    const json report = describe(plugin_report());
    if (!common.output.empty()) TRY_VOID(write_json(common.output / "plugins.json", report));
    if (common.json) {
      print_json(report);
    } else {
      print(plugin_report());
    }
    return {};
  };
}

}  // namespace orderscope::cli
