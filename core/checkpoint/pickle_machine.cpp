// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pickle_machine.h"

#include <array>
#include <bit>
#include <charconv>

namespace orderscope {

namespace {

enum Opcode : unsigned char {
  kMark = '(',
  kStop = '.',
  kPop = '0',
  kPopMark = '1',
  kDup = '2',
  kFloat = 'F',
  kInt = 'I',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kLong = 'L',
  kBinInt2 = 'M',
  kNone = 'N',
  kPersId = 'P',
  kBinPersId = 'Q',
  kReduce = 'R',
  kString = 'S',
  kBinString = 'T',
  kShortBinString = 'U',
  kUnicode = 'V',
  kBinUnicode = 'X',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kDict = 'd',
  kAppends = 'e',
  kGet = 'g',
  kBinGet = 'h',
  kInst = 'i',
  kLongBinGet = 'j',
  kList = 'l',
  kObj = 'o',
  kPut = 'p',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kSetItems = 'u',
  kBinFloat = 'G',
  kEmptyList = ']',
  kEmptyTuple = ')',
  kEmptyDict = '}',
  kProto = 0x80,
  kNewObj = 0x81,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8a,
  kLong4 = 0x8b,
  kBinBytes = 'B',
  kShortBinBytes = 'C',
  kShortBinUnicode = 0x8c,
  kBinUnicode8 = 0x8d,
  kBinBytes8 = 0x8e,
  kEmptySet = 0x8f,
  kAddItems = 0x90,
  kFrozenSet = 0x91,
  kNewObjEx = 0x92,
  kStackGlobal = 0x93,
  kMemoize = 0x94,
  kFrame = 0x95,
  kByteArray8 = 0x96,
};

}  // namespace

Result<Pickle> PickleMachine::run() {
  for (std::size_t opcodes = 0; !stopped_ && !error_; ++opcodes) {
    if (opcodes == kMostOpcodes) {
      fail_with("more than " + std::to_string(kMostOpcodes) + " opcodes", Error::Kind::Unsupported);
      break;
    }
    if (position_ == bytes_.size())
      fail_with("it ends without STOP");
    else
      step(number<unsigned char>());
  }
  if (error_) {
    error_->what = "the pickle cannot be read at byte " + std::to_string(position_) + ": " + error_->what;
    return fail(*std::move(error_));
  }
  pickle_.length_ = position_;
  return std::move(pickle_);
}

void PickleMachine::step(unsigned char opcode) {
  if (step_value(opcode) || step_container(opcode) || step_object(opcode) || step_memo(opcode) || error_) return;
  switch (opcode) {
    case kMark: marks_.push_back(stack_.size()); break;
    case kStop:
      pickle_.root_ = pop();
      stopped_ = true;
      break;
    case kPop:
      // As in CPython, a mark on top counts as an item.
      if (!marks_.empty() && marks_.back() == stack_.size())
        marks_.pop_back();
      else
        pop();
      break;
    case kPopMark: pop_to_mark(); break;
    case kDup:
      if (auto* value = top()) stack_.push_back(value);
      break;
    case kProto:
      if (number<unsigned char>() > 5) fail_with("a protocol newer than 5", Error::Kind::Unsupported);
      break;
    case kFrame:
      if (number<std::uint64_t>() > bytes_.size() - position_) fail_with("a frame reaches beyond the end");
      break;
    default: fail_with("opcode " + std::to_string(opcode) + " is unknown");
  }
}

bool PickleMachine::step_value(unsigned char opcode) {
  switch (opcode) {
    case kNone: push(Kind::None); return true;
    case kNewTrue:
    case kNewFalse: push(Kind::Bool).integer = opcode == kNewTrue; return true;
    case kInt: {
      const auto digits = line();
      if (digits == "01" || digits == "00")
        push(Kind::Bool).integer = digits == "01";
      else
        push_decimal_int(digits);
      return true;
    }
    case kLong: {
      auto digits = line();
      if (digits.ends_with('L')) digits.remove_suffix(1);
      push_decimal_int(digits);
      return true;
    }
    case kBinInt: push_int(number<std::int32_t>()); return true;
    case kBinInt1: push_int(number<std::uint8_t>()); return true;
    case kBinInt2: push_int(number<std::uint16_t>()); return true;
    case kLong1: push_long(take(number<std::uint8_t>())); return true;
    case kLong4: {
      const auto length = number<std::int32_t>();
      if (length < 0)
        fail_with("an integer of negative length");
      else
        push_long(take(static_cast<std::uint64_t>(length)));
      return true;
    }
    case kFloat: {
      const auto digits = line();
      auto& real = push(Kind::Float).real;
      std::from_chars(digits.data(), digits.data() + digits.size(), real);
      return true;
    }
    case kBinFloat:
      push(Kind::Float).real = std::bit_cast<double>(__builtin_bswap64(number<std::uint64_t>()));
      return true;
    case kString: {
      auto text = line();
      if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"') && text.back() == text.front())
        text = text.substr(1, text.size() - 2);
      push(Kind::String).text = text;
      return true;
    }
    case kUnicode: push(Kind::String).text = line(); return true;
    case kBinUnicode: push(Kind::String).text = take(number<std::uint32_t>()); return true;
    case kShortBinUnicode: push(Kind::String).text = take(number<std::uint8_t>()); return true;
    case kBinUnicode8: push(Kind::String).text = take(number<std::uint64_t>()); return true;
    // Python 2 wrote its str this way; keys of old state dicts are among them.
    case kBinString: push(Kind::String).text = take(number<std::uint32_t>()); return true;
    case kShortBinString: push(Kind::String).text = take(number<std::uint8_t>()); return true;
    case kBinBytes: push(Kind::Bytes).text = take(number<std::uint32_t>()); return true;
    case kShortBinBytes: push(Kind::Bytes).text = take(number<std::uint8_t>()); return true;
    case kBinBytes8:
    case kByteArray8: push(Kind::Bytes).text = take(number<std::uint64_t>()); return true;
    default: return false;
  }
}

bool PickleMachine::step_container(unsigned char opcode) {
  switch (opcode) {
    case kEmptyList: push(Kind::List); return true;
    case kEmptyTuple: push(Kind::Tuple); return true;
    case kEmptyDict: push(Kind::Dict); return true;
    case kEmptySet: push(Kind::Set); return true;
    case kTuple1: push_tuple(1); return true;
    case kTuple2: push_tuple(2); return true;
    case kTuple3: push_tuple(3); return true;
    case kTuple:
    case kList:
    case kFrozenSet: {
      const auto items = pop_to_mark();
      if (error_) return true;
      const auto kind = opcode == kTuple ? Kind::Tuple : opcode == kList ? Kind::List : Kind::Set;
      push(kind).items = {items.begin(), items.end()};
      return true;
    }
    case kDict: {
      const auto items = pop_to_mark();
      if (error_) return true;
      push(Kind::Dict);
      add_items(items, true);
      return true;
    }
    case kAppend:
      if (auto* item = pop()) add_items({&item, 1}, false);
      return true;
    case kAppends:
    case kAddItems: add_items(pop_to_mark(), false); return true;
    case kSetItem: {
      std::array<PickleValue*, 2> pair{};
      pair[1] = pop();
      pair[0] = pop();
      if (!error_) add_items(pair, true);
      return true;
    }
    case kSetItems: add_items(pop_to_mark(), true); return true;
    default: return false;
  }
}

bool PickleMachine::step_object(unsigned char opcode) {
  switch (opcode) {
    case kGlobal: {
      const auto module = line();
      push_global(module, line());
      return true;
    }
    case kStackGlobal: {
      const auto* name = pop();
      const auto* module = pop();
      if (error_) return true;
      if (!name->is(Kind::String) || !module->is(Kind::String))
        fail_with("a class whose name is no string");
      else
        push_global(module->text, name->text);
      return true;
    }
    case kReduce:
    case kNewObj: {
      auto* arguments = pop();
      push_call(pop(), arguments);
      return true;
    }
    case kNewObjEx: {
      pop();
      auto* arguments = pop();
      push_call(pop(), arguments);
      return true;
    }
    case kInst:
    case kObj: {
      auto items = pop_to_mark();
      if (opcode == kInst) {
        const auto module = line();
        push_global(module, line());
        items.insert(items.begin(), pop());
      }
      if (error_) return true;
      if (items.empty())
        fail_with("an object without a class");
      else
        push(Kind::Object).items = {items.begin(), items.end()};
      return true;
    }
    case kBuild:
      // The state of an object is dropped: nothing that is read later hangs on it.
      pop();
      top();
      return true;
    case kPersId: {
      const auto id = line();
      auto& text = make(Kind::String);
      text.text = id;
      push(Kind::Persistent).items = {&text};
      return true;
    }
    case kBinPersId:
      if (auto* id = pop()) push(Kind::Persistent).items = {id};
      return true;
    default: return false;
  }
}

bool PickleMachine::step_memo(unsigned char opcode) {
  switch (opcode) {
    case kPut: store(static_cast<std::uint64_t>(decimal())); return true;
    case kBinPut: store(number<std::uint8_t>()); return true;
    case kLongBinPut: store(number<std::uint32_t>()); return true;
    case kMemoize: store(memo_.size()); return true;
    case kGet: fetch(static_cast<std::uint64_t>(decimal())); return true;
    case kBinGet: fetch(number<std::uint8_t>()); return true;
    case kLongBinGet: fetch(number<std::uint32_t>()); return true;
    default: return false;
  }
}

}  // namespace orderscope
