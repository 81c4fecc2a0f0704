// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pickle.h"

#include "core/checkpoint/pickle_machine.h"
#include "core/checkpoint/quote.h"

namespace orderscope {

const PickleValue* PickleValue::find(std::string_view key) const {
  if (kind != Kind::Dict) return nullptr;
  for (std::size_t i = items.size(); i >= 2; i -= 2)
    if (items[i - 2]->kind == Kind::String && items[i - 2]->text == key) return items[i - 1];
  return nullptr;
}

std::string_view PickleValue::global_name() const {
  if (kind == Kind::Global) return text;
  if (kind == Kind::Object && !items.empty() && items[0]->kind == Kind::Global) return items[0]->text;
  return {};
}

std::string PickleValue::description() const {
  switch (kind) {
    case Kind::None: return "None";
    case Kind::Bool: return "a truth value";
    case Kind::Int:
    case Kind::BigInt: return "an integer";
    case Kind::Float: return "a number";
    case Kind::String: return "a string";
    case Kind::Bytes: return "bytes";
    case Kind::List: return "a list";
    case Kind::Tuple: return "a tuple";
    case Kind::Set: return "a set";
    case Kind::Dict: return "a dict";
    case Kind::Global: return "the name " + quote(text);
    case Kind::Object: {
      const auto name = global_name();
      return name.empty() ? "an object" : "an object of class " + quote(name);
    }
    case Kind::Persistent: return "a storage";
  }
  return "an object";
}

Result<Pickle> Pickle::read(std::span<const std::byte> bytes) { return PickleMachine(bytes).run(); }

}  // namespace orderscope
