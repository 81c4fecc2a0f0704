// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace orderscope {

/// A pickled value as inert data. Values may refer to each other in circles, so whoever walks them must bound the walk.
struct PickleValue {
  enum class Kind {
    None,
    Bool,        ///< `integer` 0 or 1
    Int,         ///< `integer`
    BigInt,      ///< an integer beyond 64 bits; its value is not kept
    Float,       ///< `real`
    String,      ///< `text`
    Bytes,       ///< `text`
    List,        ///< `items`
    Tuple,       ///< `items`
    Set,         ///< `items`
    Dict,        ///< `items`: key, value, key, value ... as they were set, a repeated key more than once
    Global,      ///< `text`: "module.name" of a class or function; never looked up
    Object,      ///< `items`: callable and arguments of a call that was not made
    Persistent,  ///< `items`: the id; torch.save's reference to a storage
  };

  Kind kind = Kind::None;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<const PickleValue*> items;

  bool is(Kind k) const { return kind == k; }

  /// The value last set under a text key of a dict; null if there is none or this is no dict.
  const PickleValue* find(std::string_view key) const;

  /// The text of a global ("torch.FloatStorage") or of the callable of an object; empty otherwise.
  std::string_view global_name() const;

  /// For messages: "a list", "a string", "an object of class \"os.system\"".
  std::string description() const;
};

/// One pickle, read by a machine that knows the opcodes of protocols 0 to 5 and nothing else: no name is imported and
/// nothing is called. Memory stays within a fixed multiple of the pickle's length.
class Pickle {
 public:
  /// Reads one pickle from the start of `bytes`. Errors: Broken, Unsupported; with the offset.
  static Result<Pickle> read(std::span<const std::byte> bytes);

  const PickleValue& root() const { return *root_; }

  /// How many bytes the pickle took.
  std::size_t length() const { return length_; }

  /// Every value that was made, used by the root or not.
  const std::deque<PickleValue>& values() const { return values_; }

 private:
  friend class PickleMachine;

  // All values in one place: freeing them needs no recursion, whatever they refer to.
  std::deque<PickleValue> values_;
  const PickleValue* root_ = nullptr;
  std::size_t length_ = 0;
};

}  // namespace orderscope
