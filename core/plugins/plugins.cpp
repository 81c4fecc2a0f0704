// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plugins/plugins.h"

#include <dlfcn.h>

#include <cstdlib>
#include <exception>
#include <set>

#include "core/base/version.h"
#include "core/plugins/plugin_file.h"
#include "core/plugins/staged_host.h"

namespace orderscope {

namespace fs = std::filesystem;

namespace {

PluginReport& report() {
  static PluginReport all;
  return all;
}

std::string text_of(const char* text) { return text ? text : "none"; }

/// What a plugin's own code throws, as an error: nothing of it may end the program.
template <class Code>
Result<void> caught(const std::string& where, const Code& code) {
  try {
    code();
    return {};
  } catch (const std::exception& error) {
    const std::string what = error.what();
    return fail(Error::Kind::InvalidInput, where + " throws: " + what.substr(0, what.find('\n')));
  } catch (...) {
    return fail(Error::Kind::InvalidInput, where + " throws something that is no exception");
  }
}

Result<void> check_versions(const Plugin& plugin) {
  const auto built_for = [](const std::string& what, const std::string& theirs, const std::string& ours) {
    return fail(Error::Kind::Unsupported, "built for " + what + " " + theirs + ", this is " + ours, {},
                "build the plugin again");
  };
  if (plugin.abi != kPluginAbi)
    return built_for("plugin interface", std::to_string(plugin.abi), std::to_string(kPluginAbi));
  if (text_of(plugin.program) != version_number())
    return built_for("OrderScope", text_of(plugin.program), version_number());
  if (text_of(plugin.torch) != ORDERSCOPE_TORCH_VERSION)
    return built_for("LibTorch", text_of(plugin.torch), ORDERSCOPE_TORCH_VERSION);
  if (plugin.cxx11_abi != ORDERSCOPE_CXX11_ABI)
    return built_for("the C++11 ABI", std::to_string(plugin.cxx11_abi), std::to_string(ORDERSCOPE_CXX11_ABI));
  if (!plugin.name || !*plugin.name || !plugin.add)
    return fail(Error::Kind::Broken, "the plugin's description lacks its name or what adds it");
  return {};
}

std::string last_loader_error(const fs::path& file) {
  const char* error = dlerror();
  std::string text = error ? error : "cannot be loaded";
  if (text.starts_with(file.string() + ": ")) text.erase(0, file.string().size() + 2);
  return text.substr(0, text.find('\n'));
}

Result<LoadedPlugin> load(const fs::path& file) {
  TRY_VOID(check_plugin_file(file));
  // A path with a slash: the loader searches nowhere else. All symbols now, so that a missing one fails here.
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) return fail(Error::Kind::Broken, last_loader_error(file), file.string());

  using Entry = const Plugin* (*)();
  const auto entry = reinterpret_cast<Entry>(dlsym(library, ORDERSCOPE_PLUGIN_ENTRY));
  const Plugin* plugin = nullptr;
  Result<void> fits;
  if (!entry) {
    fits = fail(Error::Kind::NotThisFormat, "has no entry point " ORDERSCOPE_PLUGIN_ENTRY);
  } else {
    fits = caught("its entry point", [&] { plugin = entry(); });
    if (fits && !plugin) fits = fail(Error::Kind::Broken, "its entry point gives nothing");
    if (fits) fits = check_versions(*plugin);
  }
  if (!fits) {
    dlclose(library);
    return fail(std::move(fits.error()).on(file.string()));
  }

  // From here on its code may be referred to from anywhere: it stays loaded, even if it fails.
  LoadedPlugin loaded;
  StagedHost host;
  Result<void> added = caught("it", [&] {
    loaded = {file, plugin->name, text_of(plugin->version), text_of(plugin->description), {}, {}, {}};
    plugin->add(host);
  });
  if (added) added = host.commit(loaded);
  if (!added) {
    Error& error = added.error();
    const std::string on = error.subject.empty() ? "" : " (" + error.subject + ")";
    return fail(error.kind, error.what + on, file.string(), error.advice);
  }
  return loaded;
}

/// Whether this file is met for the first time: one that failed would only fail again.
bool is_new(const fs::path& file) {
  static std::set<fs::path> met;
  return met.insert(file).second;
}

Result<void> load_folder(const fs::path& named) {
  if (named.empty()) return fail(Error::Kind::InvalidInput, "a plugin folder without a name");
  std::error_code error;
  const fs::path folder = fs::canonical(named, error);
  if (error) return fail(Error::Kind::FileAccess, error.message(), named.string());
  TRY_VOID(check_plugin_folder(folder));
  TRY(const auto files, plugin_files(folder));
  for (const fs::path& file : files) {
    if (!is_new(file)) continue;
    auto loaded = load(file);
    if (loaded) {
      report().loaded.push_back(std::move(*loaded));
    } else {
      report().failures.push_back(std::move(loaded.error()));
    }
  }
  return {};
}

}  // namespace

void load_plugins(const std::vector<fs::path>& folders) {
  for (const fs::path& folder : folders)
    if (auto loaded = load_folder(folder); !loaded) report().failures.push_back(std::move(loaded.error()));
}

std::vector<fs::path> plugin_folders_of_environment() {
  const char* variable = std::getenv("ORDERSCOPE_PLUGINS");
  std::vector<fs::path> folders;
  std::string rest = variable ? variable : "";
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const fs::path folder = rest.substr(0, end);
    rest.erase(0, end + 1);
    if (folder.empty()) continue;
    if (folder.is_absolute()) {
      folders.push_back(folder);
    } else {
      report().failures.push_back({Error::Kind::InvalidInput, "refused: a relative folder in ORDERSCOPE_PLUGINS",
                                   folder.string(), "give its full path"});
    }
  }
  return folders;
}

const PluginReport& plugin_report() { return report(); }

std::string plugin_versions_text() {
  std::string text;
  for (const LoadedPlugin& plugin : report().loaded)
    text += (text.empty() ? ", with " : ", ") + plugin.name + " " + plugin.version;
  return text;
}

}  // namespace orderscope
