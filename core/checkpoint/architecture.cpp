// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/architecture.h"

#include "core/checkpoint/quote.h"

namespace orderscope {

std::string to_string(Family family) {
  switch (family) {
    case Family::HorNet: return "hornet";
    case Family::Swin: return "swin";
    case Family::ConvNeXt: return "convnext";
    case Family::Plugin: return "plugin";
  }
  return {};
}

Result<Family> family_from_string(const std::string& name) {
  for (const Family family : {Family::HorNet, Family::Swin, Family::ConvNeXt})
    if (to_string(family) == name) return family;
  return fail(Error::Kind::InvalidInput, "no family is named " + quote(name), {}, "hornet, swin or convnext");
}

std::string family_name(const Architecture& architecture) {
  return architecture.family == Family::Plugin ? architecture.plugin_family : to_string(architecture.family);
}

}  // namespace orderscope
