// SPDX-License-Identifier: GPL-3.0-or-later
// A plugin with the one fault that its target's macro names.
#include <stdexcept>

#include "core/plugin_abi.h"

using orderscope::Plugin;
using orderscope::PluginHost;

namespace {

[[maybe_unused]] void add([[maybe_unused]] PluginHost& host) {
#ifdef FAULT_THROWS_IN_ADD
  throw std::runtime_error("no luck today\nsecond line");
#endif
#ifdef FAULT_THROWS_NO_EXCEPTION
  throw 7;
#endif
}

}  // namespace

#if defined(FAULT_NO_ENTRY)
extern "C" const Plugin* another_name() { return nullptr; }
#elif defined(FAULT_GIVES_NOTHING)
extern "C" const Plugin* orderscope_plugin() { return nullptr; }
#elif defined(FAULT_THROWS_IN_ENTRY)
extern "C" const Plugin* orderscope_plugin() { throw std::runtime_error("not ready"); }
#elif defined(FAULT_OTHER_ABI)
extern "C" const Plugin* orderscope_plugin() {
  // All that another version is sure to share is the number; what follows may not even be there.
  static const std::uint32_t plugin = 4711;
  return reinterpret_cast<const Plugin*>(&plugin);
}
#elif defined(FAULT_OTHER_PROGRAM) || defined(FAULT_OTHER_TORCH) || defined(FAULT_NO_NAME)
extern "C" const Plugin* orderscope_plugin() {
  static Plugin plugin{orderscope::kPluginAbi,
                       ORDERSCOPE_CXX11_ABI,
                       ORDERSCOPE_PLUGIN_PROGRAM,
                       ORDERSCOPE_TORCH_VERSION,
                       "faulty",
                       "1.0",
                       "a fault",
                       add};
#if defined(FAULT_OTHER_PROGRAM)
  plugin.program = "0.0.1";
#elif defined(FAULT_OTHER_TORCH)
  plugin.torch = "1.0.0";
#else
  plugin.name = nullptr;
#endif
  return &plugin;
}
#else
#ifdef FAULT_MISSING_SYMBOL
extern "C" int nobody_has_this();
int touched = nobody_has_this();
#endif
ORDERSCOPE_PLUGIN("faulty", "1.0", "a fault", add)
#endif
