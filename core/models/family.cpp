// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/family.h"

#include <algorithm>
#include <mutex>

namespace orderscope {

namespace {

struct Registered {
  std::mutex mutex;
  std::vector<std::shared_ptr<const BackboneFamily>> families;
};

Registered& registered() {
  static Registered all;
  return all;
}

const BackboneFamily* find_named(const std::string& name) {
  for (const BackboneFamily* family : registered_families())
    if (family->name == name) return family;
  return nullptr;
}

}  // namespace

std::vector<const BackboneFamily*> registered_families() {
  const std::lock_guard lock(registered().mutex);
  std::vector<const BackboneFamily*> all;
  for (const auto& family : registered().families) all.push_back(family.get());
  return all;
}

const BackboneFamily* find_family(const Architecture& architecture) {
  return architecture.family == Family::Plugin ? find_named(architecture.plugin_family) : nullptr;
}

Result<void> check_family(const BackboneFamily& family) {
  const auto refuse = [&](const std::string& what) { return fail(Error::Kind::InvalidInput, what, family.name); };
  const bool is_word = !family.name.empty() &&
                       family.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos;
  if (!is_word) return refuse("a family's name is a word of a-z, 0-9, - and _");
  if (family.name == to_string(Family::Plugin) || family_from_string(family.name) || find_named(family.name))
    return refuse("there is a family of this name already");
  if (!family.recognises || !family.read || !family.build || !family.blocks || !family.mixers)
    return refuse("a family needs recognises, read, build, blocks and mixers");
  return {};
}

Result<void> register_family(BackboneFamily family) {
  TRY_VOID(check_family(family));
  TRY_VOID(register_family_reader({family.name, family.recognises, family.read}));
  const std::lock_guard lock(registered().mutex);
  registered().families.push_back(std::make_shared<const BackboneFamily>(std::move(family)));
  return {};
}

}  // namespace orderscope
