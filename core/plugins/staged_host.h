// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/plugin.h"
#include "core/plugins/plugins.h"

namespace orderscope {

/// Collects what a plugin adds, so that it counts as a whole or not at all.
class StagedHost final : public PluginHost {
 public:
  void add_backbone(BackboneFamily family) override { families_.push_back(std::move(family)); }
  void add_method(std::shared_ptr<const Method> method) override { methods_.push_back(std::move(method)); }
  void add_colormap(std::string name, const ColorTable& table, bool diverging) override {
    colormaps_.push_back({std::move(name), table, diverging});
  }

  /// Registers everything and lists it in `plugin`. Errors: InvalidInput, before anything is registered, if a name is
  /// taken or malformed or something is missing.
  Result<void> commit(LoadedPlugin& plugin);

 private:
  struct Colours {
    std::string name;
    ColorTable table;
    bool diverging;
  };

  Result<void> check() const;

  std::vector<BackboneFamily> families_;
  std::vector<std::shared_ptr<const Method>> methods_;
  std::vector<Colours> colormaps_;
};

}  // namespace orderscope
