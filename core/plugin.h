// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>

#include "core/analysis/method.h"
#include "core/image/colormap.h"
#include "core/models/family.h"
#include "core/plugin_abi.h"

namespace orderscope {

/// What a plugin adds itself to, see docs/plugins.md. Nothing takes effect before the plugin's `add` has returned; if
/// it throws, or one name is taken, nothing does.
class PluginHost {
 public:
  virtual void add_backbone(BackboneFamily family) = 0;
  virtual void add_method(std::shared_ptr<const Method> method) = 0;
  virtual void add_colormap(std::string name, const ColorTable& table, bool diverging = false) = 0;

 protected:
  ~PluginHost() = default;
};

}  // namespace orderscope
