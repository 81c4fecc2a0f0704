// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/torch_tensors.h"

#include <array>
#include <optional>
#include <string_view>

#include "core/checkpoint/quote.h"

namespace orderscope {

namespace {

using Kind = PickleValue::Kind;

struct NamedType {
  std::string_view name;
  at::ScalarType type;
};

constexpr std::array kStorages = {
    NamedType{"FloatStorage", at::kFloat}, NamedType{"DoubleStorage", at::kDouble},
    NamedType{"HalfStorage", at::kHalf},   NamedType{"BFloat16Storage", at::kBFloat16},
    NamedType{"LongStorage", at::kLong},   NamedType{"IntStorage", at::kInt},
    NamedType{"ShortStorage", at::kShort}, NamedType{"CharStorage", at::kChar},
    NamedType{"ByteStorage", at::kByte},   NamedType{"BoolStorage", at::kBool},
};

constexpr std::array kTypes = {
    NamedType{"torch.float32", at::kFloat}, NamedType{"torch.float64", at::kDouble},
    NamedType{"torch.float16", at::kHalf},  NamedType{"torch.bfloat16", at::kBFloat16},
    NamedType{"torch.int64", at::kLong},    NamedType{"torch.int32", at::kInt},
    NamedType{"torch.int16", at::kShort},   NamedType{"torch.int8", at::kChar},
    NamedType{"torch.uint8", at::kByte},    NamedType{"torch.bool", at::kBool},
};

template <std::size_t N>
std::optional<at::ScalarType> find_type(const std::array<NamedType, N>& table, std::string_view name) {
  for (const auto& entry : table)
    if (entry.name == name) return entry.type;
  return {};
}

auto broken(std::string why) { return fail(Error::Kind::Broken, std::move(why)); }

/// The call's arguments; null if the value is no call with a tuple of arguments.
const PickleValue* arguments_of(const PickleValue& value) {
  const bool call = value.is(Kind::Object) && value.items.size() == 2 && value.items[0]->is(Kind::Global);
  return call && value.items[1]->is(Kind::Tuple) ? value.items[1] : nullptr;
}

bool rebuilds_tensor(std::string_view function) {
  return function == "torch._utils._rebuild_tensor_v2" || function == "torch._utils._rebuild_tensor_v3" ||
         function == "torch._utils._rebuild_tensor";
}

bool rebuilds_parameter(std::string_view function) {
  return function == "torch._utils._rebuild_parameter" || function == "torch._utils._rebuild_parameter_with_state";
}

struct TensorCall {
  std::string_view function;
  const PickleValue* arguments = nullptr;
};

/// Looks through parameters and tensors with attributes for the call that makes the tensor itself.
std::optional<TensorCall> tensor_call(const PickleValue& value) {
  const PickleValue* current = &value;
  for (int depth = 0; depth < 4; ++depth) {
    const auto* arguments = arguments_of(*current);
    if (arguments == nullptr) return {};
    const auto function = current->global_name();
    if (rebuilds_tensor(function)) return TensorCall{function, arguments};
    const auto& items = arguments->items;
    if (function == "torch._tensor._rebuild_from_type_v2") {
      const bool known = items.size() == 4 && items[0]->is(Kind::Global) && items[2]->is(Kind::Tuple);
      if (known && rebuilds_tensor(items[0]->text)) return TensorCall{items[0]->text, items[2]};
      return {};
    }
    if (!rebuilds_parameter(function) || items.empty()) return {};
    current = items[0];
  }
  return {};
}

Result<std::vector<std::int64_t>> integers(const PickleValue& value, std::string_view what) {
  const PickleValue* tuple = &value;
  if (value.global_name() == "torch.Size") {
    const auto* arguments = arguments_of(value);
    if (arguments != nullptr && arguments->items.size() == 1) tuple = arguments->items[0];
  }
  if (!tuple->is(Kind::Tuple) && !tuple->is(Kind::List))
    return broken("its " + std::string(what) + " are " + tuple->description());
  if (tuple->items.size() > 64) return broken("it has more than 64 dimensions");
  std::vector<std::int64_t> numbers;
  numbers.reserve(tuple->items.size());
  for (const auto* item : tuple->items) {
    if (!item->is(Kind::Int)) return broken("one of its " + std::string(what) + " is " + item->description());
    numbers.push_back(item->integer);
  }
  return numbers;
}

}  // namespace

Result<StorageId> storage_id(const PickleValue& persistent) {
  const auto* id = persistent.is(Kind::Persistent) ? persistent.items[0] : nullptr;
  if (id == nullptr || !id->is(Kind::Tuple) || id->items.size() < 5 || !id->items[0]->is(Kind::String) ||
      id->items[0]->text != "storage" || !id->items[1]->is(Kind::Global) || !id->items[2]->is(Kind::String) ||
      !id->items[4]->is(Kind::Int))
    return broken("a reference to a storage is malformed");
  // Only PyTorch 0.3 and older wrote views of storages.
  if (id->items.size() > 5 && !id->items[5]->is(Kind::None))
    return fail(Error::Kind::Unsupported, "a storage is a view of another, as PyTorch before 0.4 wrote it", {},
                "load and save it with a newer PyTorch");

  StorageId storage;
  storage.key = id->items[2]->text;
  std::string_view name = id->items[1]->text;
  if (name == "torch.storage.UntypedStorage" || name == "torch.UntypedStorage") {
    storage.untyped = true;
    storage.dtype = at::kByte;
  } else {
    for (const std::string_view prefix : {"torch.cuda.", "torch."})
      if (name.starts_with(prefix)) {
        name.remove_prefix(prefix.size());
        break;
      }
    const auto dtype = find_type(kStorages, name);
    if (!dtype)
      return fail(Error::Kind::Unsupported, "storages of class " + quote(id->items[1]->text) + " are not read");
    storage.dtype = *dtype;
  }
  storage.element_size = c10::elementSize(storage.dtype);
  const std::int64_t count = id->items[4]->integer;
  if (count < 0 || __builtin_mul_overflow(static_cast<std::uint64_t>(count), storage.element_size, &storage.bytes))
    return broken("storage " + quote(storage.key) + " claims " + std::to_string(count) + " elements");
  return storage;
}

bool is_tensor(const PickleValue& value) { return tensor_call(value).has_value(); }

Result<at::Tensor> TensorBuilder::build(const PickleValue& value) {
  const auto call = tensor_call(value);
  if (!call) return broken("it is " + value.description() + ", not a tensor");
  const auto& arguments = call->arguments->items;
  if (arguments.size() < 4 || !arguments[1]->is(Kind::Int)) return broken("the call that rebuilds it is malformed");

  TRY(StorageId id, storage_id(*arguments[0]));
  TensorLayout layout;
  layout.dtype = id.dtype;
  layout.offset = arguments[1]->integer;
  TRY(layout.sizes, integers(*arguments[2], "sizes"));
  TRY(layout.strides, integers(*arguments[3], "strides"));
  if (call->function == "torch._utils._rebuild_tensor_v3") {
    const auto dtype = arguments.size() > 6 ? find_type(kTypes, arguments[6]->global_name()) : std::nullopt;
    if (!dtype) return fail(Error::Kind::Unsupported, "its dtype is not read");
    layout.dtype = *dtype;
    id.element_size = c10::elementSize(*dtype);
  } else if (id.untyped) {
    return broken("its storage has no dtype");
  }

  auto found = storages_.find({id.key, id.element_size});
  if (found == storages_.end()) {
    TRY(Blob blob, read_(id));
    if (!is_aligned(blob, id.element_size)) blob = copy_of(blob.bytes);
    found = storages_.emplace(std::pair(id.key, id.element_size), std::move(blob)).first;
  }
  return tensor_over(found->second, layout);
}

}  // namespace orderscope
