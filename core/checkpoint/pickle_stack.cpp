// SPDX-License-Identifier: GPL-3.0-or-later
// Input, stack and memo of the pickle machine; its opcodes are in pickle_machine.cpp.
#include <charconv>

#include "core/checkpoint/pickle_machine.h"

namespace orderscope {

namespace {

constexpr std::size_t kLongestClassName = 1000;

bool is_dict_class(std::string_view name) {
  return name == "collections.OrderedDict" || name == "collections.defaultdict" || name == "builtins.dict" ||
         name == "__builtin__.dict";
}

}  // namespace

std::string_view PickleMachine::take(std::uint64_t length) {
  if (error_) return {};
  const std::size_t left = bytes_.size() - position_;
  if (length > left) {
    fail_with(std::to_string(length) + " bytes are announced, " + std::to_string(left) + " are left");
    return {};
  }
  const auto* start = reinterpret_cast<const char*>(bytes_.data()) + position_;
  position_ += length;
  return {start, static_cast<std::size_t>(length)};
}

std::string_view PickleMachine::line() {
  if (error_) return {};
  const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + position_, bytes_.size() - position_);
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) {
    fail_with("a line does not end");
    return {};
  }
  position_ += end + 1;
  return rest.substr(0, end);
}

std::int64_t PickleMachine::decimal() {
  const auto digits = line();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (!error_ && (error != std::errc() || end != digits.data() + digits.size())) fail_with("not an integer");
  return value;
}

PickleValue& PickleMachine::make(Kind kind) {
  auto& value = pickle_.values_.emplace_back();
  value.kind = kind;
  return value;
}

PickleValue& PickleMachine::push(Kind kind) {
  auto& value = make(kind);
  stack_.push_back(&value);
  return value;
}

void PickleMachine::push_int(std::int64_t value) { push(Kind::Int).integer = value; }

void PickleMachine::push_long(std::string_view little_endian) {
  if (little_endian.size() > sizeof(std::int64_t)) {
    push(Kind::BigInt);
    return;
  }
  const bool negative = !little_endian.empty() && (little_endian.back() & 0x80) != 0;
  std::int64_t value = negative ? -1 : 0;
  if (!little_endian.empty()) std::memcpy(&value, little_endian.data(), little_endian.size());
  push_int(value);
}

void PickleMachine::push_decimal_int(std::string_view digits) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range)
    push(Kind::BigInt);
  else if (error != std::errc() || end != digits.data() + digits.size())
    fail_with("not an integer");
  else
    push_int(value);
}

void PickleMachine::push_global(std::string_view module, std::string_view name) {
  if (error_) return;
  // Both may come from the memo, so a short pickle could ask for a long name many times.
  if (module.size() + name.size() > kLongestClassName) return fail_with("the name of a class is too long");
  auto& value = push(Kind::Global);
  value.text.reserve(module.size() + 1 + name.size());
  value.text.append(module).append(1, '.').append(name);
}

void PickleMachine::push_call(PickleValue* callable, PickleValue* arguments) {
  if (error_) return;
  if (!is_dict_class(callable->global_name()) || !callable->is(Kind::Global)) {
    push(Kind::Object).items = {callable, arguments};
    return;
  }
  auto& dict = push(Kind::Dict);
  // Python 2 pickled OrderedDict([[key, value], ...]). The list may come from the memo: bound what is copied of it.
  if (arguments->items.empty() || !arguments->items[0]->is(Kind::List)) return;
  copied_ += arguments->items[0]->items.size();
  if (copied_ > kMostOpcodes) return fail_with("too many dict items", Error::Kind::Unsupported);
  for (const auto* pair : arguments->items[0]->items)
    if (pair->items.size() == 2 && (pair->is(Kind::List) || pair->is(Kind::Tuple)))
      dict.items.insert(dict.items.end(), pair->items.begin(), pair->items.end());
}

void PickleMachine::push_tuple(std::size_t length) {
  std::vector<const PickleValue*> items(length);
  for (std::size_t i = length; i-- > 0;) items[i] = pop();
  if (!error_) push(Kind::Tuple).items = std::move(items);
}

PickleValue* PickleMachine::top() {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (!error_ && stack_.size() > floor) return stack_.back();
  fail_with("an item is taken from an empty stack");
  return nullptr;
}

PickleValue* PickleMachine::pop() {
  auto* value = top();
  if (value != nullptr) stack_.pop_back();
  return value;
}

std::vector<PickleValue*> PickleMachine::pop_to_mark() {
  if (error_) return {};
  if (marks_.empty()) {
    fail_with("the stack has no mark");
    return {};
  }
  const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<PickleValue*> items(first, stack_.end());
  stack_.erase(first, stack_.end());
  marks_.pop_back();
  return items;
}

void PickleMachine::add_items(std::span<PickleValue* const> items, bool pairs) {
  auto* container = top();
  if (container == nullptr) return;
  if (pairs && items.size() % 2 != 0) return fail_with("a dict key without a value");
  const bool fits = pairs ? container->is(Kind::Dict) : container->is(Kind::List) || container->is(Kind::Set);
  if (fits)
    container->items.insert(container->items.end(), items.begin(), items.end());
  else if (!container->is(Kind::Object))
    fail_with("items are added to " + container->description());
}

void PickleMachine::store(std::uint64_t key) {
  if (auto* value = top()) memo_[key] = value;
}

void PickleMachine::fetch(std::uint64_t key) {
  if (error_) return;
  const auto found = memo_.find(key);
  if (found == memo_.end())
    fail_with("memo entry " + std::to_string(key) + " was never stored");
  else
    stack_.push_back(found->second);
}

void PickleMachine::fail_with(std::string why, Error::Kind kind) {
  if (!error_) error_ = Error{kind, std::move(why), {}, {}};
}

}  // namespace orderscope
