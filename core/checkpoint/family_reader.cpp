// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/family_reader.h"

#include <memory>
#include <mutex>

#include "core/base/guard.h"
#include "core/checkpoint/architecture.h"
#include "core/checkpoint/quote.h"

namespace orderscope {

namespace {

struct Registered {
  std::mutex mutex;
  std::vector<std::shared_ptr<const FamilyReader>> readers;
};

Registered& registered() {
  static Registered all;
  return all;
}

std::vector<std::shared_ptr<const FamilyReader>> all_readers() {
  const std::lock_guard lock(registered().mutex);
  return registered().readers;
}

}  // namespace

Result<void> register_family_reader(FamilyReader reader) {
  if (!reader.recognises || !reader.read)
    return fail(Error::Kind::InvalidInput, "a family needs a way to recognise and to read it", reader.family);
  const std::lock_guard lock(registered().mutex);
  for (const auto& other : registered().readers)
    if (other->family == reader.family)
      return fail(Error::Kind::InvalidInput, "there is a family of this name already", reader.family);
  registered().readers.push_back(std::make_shared<const FamilyReader>(std::move(reader)));
  return {};
}

const FamilyReader* find_family_reader(const StateDict& state_dict, std::vector<std::string>* warnings) {
  const FamilyReader* found = nullptr;
  const auto warn = [&](std::string text) {
    if (warnings) warnings->push_back(std::move(text));
  };
  for (const auto& reader : all_readers()) {
    bool fits = false;
    const auto asked = guarded([&] { fits = reader->recognises(state_dict); });
    if (!asked) warn("the family " + quote(reader->family) + " could not look at it: " + asked.error().what);
    if (!fits) continue;
    if (found) warn("read as " + quote(found->family) + ", though " + quote(reader->family) + " recognises it too");
    if (!found) found = reader.get();
  }
  return found;
}

}  // namespace orderscope
