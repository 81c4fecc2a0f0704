// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <torch/version.h>

#include <cstdint>

namespace orderscope {

class PluginHost;

/// Raised whenever a plugin built before would misread what it is given, or be misread.
inline constexpr std::uint32_t kPluginAbi = 2;

/// What the entry point of a plugin points to: plain data that can be read before anything else is known of the
/// library. `abi` stays the first member in every version; nothing behind it is read if it differs.
struct Plugin {
  std::uint32_t abi;
  std::uint32_t cxx11_abi;  ///< of libstdc++'s strings: 0 or 1
  const char* program;      ///< version of OrderScope it was built against, "0.1.0"
  const char* torch;        ///< version of LibTorch it was built against, "2.13.0"
  const char* name;         ///< "gnconv-vit"
  const char* version;
  const char* description;        ///< one line
  void (*add)(PluginHost& host);  ///< called once, if all of the above fits
};

}  // namespace orderscope

#define ORDERSCOPE_TEXT_OF(x) #x
#define ORDERSCOPE_TEXT(x) ORDERSCOPE_TEXT_OF(x)
#define ORDERSCOPE_TORCH_VERSION       \
  ORDERSCOPE_TEXT(TORCH_VERSION_MAJOR) \
  "." ORDERSCOPE_TEXT(TORCH_VERSION_MINOR) "." ORDERSCOPE_TEXT(TORCH_VERSION_PATCH)

#ifdef _GLIBCXX_USE_CXX11_ABI
#define ORDERSCOPE_CXX11_ABI _GLIBCXX_USE_CXX11_ABI
#else
#define ORDERSCOPE_CXX11_ABI 1
#endif

/// The one symbol that a plugin has to export.
#define ORDERSCOPE_PLUGIN_ENTRY "orderscope_plugin"

/// Defines the entry point: ORDERSCOPE_PLUGIN("gnconv-vit", "1.0", "one line", add) with `void add(PluginHost& host)`.
/// ORDERSCOPE_PLUGIN_PROGRAM comes from orderscope_add_plugin (CMake).
#define ORDERSCOPE_PLUGIN(name, version, description, add)                                          \
  extern "C" __attribute__((visibility("default"))) const orderscope::Plugin* orderscope_plugin() { \
    static const orderscope::Plugin plugin{orderscope::kPluginAbi,                                  \
                                           ORDERSCOPE_CXX11_ABI,                                    \
                                           ORDERSCOPE_PLUGIN_PROGRAM,                               \
                                           ORDERSCOPE_TORCH_VERSION,                                \
                                           name,                                                    \
                                           version,                                                 \
                                           description,                                             \
                                           add};                                                    \
    return &plugin;                                                                                 \
  }
