// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/checkpoint/pickle.h"

namespace orderscope {

/// The stack machine behind Pickle::read (opcodes as in CPython's pickletools). An opcode that cannot be carried out
/// sets `error_`; the loop in run() ends there.
class PickleMachine {
 public:
  explicit PickleMachine(std::span<const std::byte> bytes) : bytes_(bytes) {}

  Result<Pickle> run();

 private:
  // A training checkpoint of a large model has some ten thousand opcodes; a value takes about 90 bytes.
  static constexpr std::size_t kMostOpcodes = 5'000'000;

  using Kind = PickleValue::Kind;

  void step(unsigned char opcode);
  bool step_value(unsigned char opcode);
  bool step_container(unsigned char opcode);
  bool step_object(unsigned char opcode);
  bool step_memo(unsigned char opcode);

  template <class T>
  T number();  ///< the next little-endian number of the input
  std::string_view take(std::uint64_t length);
  std::string_view line();  ///< up to the next newline, which is consumed too
  std::int64_t decimal();   ///< a line that holds an integer; 0 and an error otherwise

  PickleValue& make(Kind kind);
  PickleValue& push(Kind kind);
  void push_int(std::int64_t value);
  void push_long(std::string_view little_endian);
  void push_decimal_int(std::string_view digits);
  void push_global(std::string_view module, std::string_view name);
  void push_call(PickleValue* callable, PickleValue* arguments);
  void push_tuple(std::size_t length);

  PickleValue* pop();
  PickleValue* top();
  std::vector<PickleValue*> pop_to_mark();
  void add_items(std::span<PickleValue* const> items, bool pairs);

  void store(std::uint64_t key);
  void fetch(std::uint64_t key);
  void fail_with(std::string why, Error::Kind kind = Error::Kind::Broken);

  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
  std::size_t copied_ = 0;  ///< items that went into more than one container
  bool stopped_ = false;
  std::optional<Error> error_;
  std::vector<PickleValue*> stack_;
  std::vector<std::size_t> marks_;  ///< heights of the stack
  std::unordered_map<std::uint64_t, PickleValue*> memo_;
  Pickle pickle_;
};

template <class T>
T PickleMachine::number() {
  const auto bytes = take(sizeof(T));
  T value{};
  if (bytes.size() == sizeof(T)) std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

}  // namespace orderscope
