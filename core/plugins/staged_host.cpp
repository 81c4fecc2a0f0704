// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plugins/staged_host.h"

#include <set>

namespace orderscope {

namespace {

Result<void> check_method(const std::shared_ptr<const Method>& method) {
  if (!method || !method->finish) return fail(Error::Kind::InvalidInput, "a method needs a way to finish");
  const MethodDescriptor& descriptor = method->descriptor;
  const bool is_word = !descriptor.id.empty() &&
                       descriptor.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos;
  if (!is_word) return fail(Error::Kind::InvalidInput, "a method's id is a word of a-z, 0-9, - and _", descriptor.id);
  if (find_descriptor(descriptor.id))
    return fail(Error::Kind::InvalidInput, "there is a method of this id already", descriptor.id);
  // A default that the method itself would refuse leaves users without a way to run it.
  for (const MethodParameter& parameter : descriptor.parameters) {
    if (parameter.default_value.empty()) continue;
    MethodDescriptor alone{descriptor.id, {}, {}, {parameter}, false, false, {}};
    TRY_VOID(check_values(alone, {}));
  }
  return {};
}

template <class List, class NameOf>
Result<void> check_different(const List& list, const NameOf& name_of) {
  std::set<std::string> names;
  for (const auto& entry : list)
    if (!names.insert(name_of(entry)).second)
      return fail(Error::Kind::InvalidInput, "the plugin adds this twice", name_of(entry));
  return {};
}

}  // namespace

Result<void> StagedHost::check() const {
  for (const BackboneFamily& family : families_) TRY_VOID(check_family(family));
  for (const auto& method : methods_) TRY_VOID(check_method(method));
  for (const Colours& colours : colormaps_) TRY_VOID(check_colormap_name(colours.name));
  TRY_VOID(check_different(families_, [](const auto& family) { return family.name; }));
  TRY_VOID(check_different(methods_, [](const auto& method) { return method->descriptor.id; }));
  return check_different(colormaps_, [](const auto& colours) { return colours.name; });
}

Result<void> StagedHost::commit(LoadedPlugin& plugin) {
  if (families_.empty() && methods_.empty() && colormaps_.empty())
    return fail(Error::Kind::InvalidInput, "the plugin adds nothing");
  TRY_VOID(check());
  for (BackboneFamily& family : families_) {
    plugin.backbones.push_back(family.name);
    TRY_VOID(register_family(std::move(family)));
  }
  for (auto& method : methods_) {
    plugin.methods.push_back(method->descriptor.id);
    TRY_VOID(register_method(std::move(method)));
  }
  for (const Colours& colours : colormaps_) {
    plugin.colormaps.push_back(colours.name);
    TRY(const Colormap added, register_colormap(colours.name, colours.table, colours.diverging));
    static_cast<void>(added);
  }
  return {};
}

}  // namespace orderscope
