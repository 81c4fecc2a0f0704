// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/safetensors.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>

#include "core/base/files.h"
#include "core/checkpoint/blob.h"
#include "core/checkpoint/quote.h"
#include "core/checkpoint/safetensors_header.h"

namespace orderscope {

namespace {

constexpr std::uint64_t kLongestHeader = 100'000'000;  // as the reference reader

struct NamedType {
  std::string_view name;
  at::ScalarType type;
};

constexpr std::array kTypes = {
    NamedType{"F64", at::kDouble},    NamedType{"F32", at::kFloat}, NamedType{"F16", at::kHalf},
    NamedType{"BF16", at::kBFloat16}, NamedType{"I64", at::kLong},  NamedType{"I32", at::kInt},
    NamedType{"I16", at::kShort},     NamedType{"I8", at::kChar},   NamedType{"U8", at::kByte},
    NamedType{"BOOL", at::kBool},
};

std::uint64_t header_length(std::span<const std::byte> bytes) {
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  return length;
}

Result<at::Tensor> make_tensor(const SafetensorsEntry& entry, std::span<const std::byte> data,
                               const std::shared_ptr<const MappedFile>& file) {
  const auto broken = [](std::string why) { return fail(Error::Kind::Broken, std::move(why)); };
  const auto type = std::ranges::find(kTypes, entry.dtype, &NamedType::name);
  if (type == kTypes.end()) return fail(Error::Kind::Unsupported, "dtype " + quote(entry.dtype) + " is not read");
  if (entry.begin > entry.end) return broken("its data end before they begin");
  if (entry.end > data.size()) return broken("its data reach beyond the end of the file");
  TRY(const std::int64_t count, element_count(entry.shape));
  std::uint64_t length = 0;
  if (__builtin_mul_overflow(static_cast<std::uint64_t>(count), c10::elementSize(type->type), &length))
    return broken("the product of its sizes overflows 64 bits");
  if (length != entry.end - entry.begin)
    return broken("its shape needs " + std::to_string(length) + " bytes, its data have " +
                  std::to_string(entry.end - entry.begin));
  Blob blob{data.subspan(entry.begin, length), file};
  if (!is_aligned(blob, c10::elementSize(type->type))) blob = copy_of(blob.bytes);
  return tensor_over(blob, {type->type, 0, entry.shape, contiguous_strides(entry.shape)});
}

/// The data section must be covered once and whole.
Result<void> check_coverage(const std::vector<SafetensorsEntry>& entries, std::uint64_t size) {
  std::vector<const SafetensorsEntry*> order;
  for (const auto& entry : entries) order.push_back(&entry);
  std::ranges::sort(
      order, [](const auto* a, const auto* b) { return std::pair(a->begin, a->end) < std::pair(b->begin, b->end); });
  std::uint64_t end = 0;
  for (const auto* entry : order) {
    if (entry->begin < end)
      return fail(Error::Kind::Broken, "the data of tensor " + quote(entry->name) + " overlap others");
    if (entry->begin > end)
      return fail(Error::Kind::Broken, "there is a hole before the data of tensor " + quote(entry->name));
    end = entry->end;
  }
  if (end != size)
    return fail(Error::Kind::Broken, std::to_string(size - end) + " bytes at the end belong to no tensor");
  return {};
}

}  // namespace

bool may_be_safetensors(std::span<const std::byte> bytes) {
  // Lengths of 4 GiB and more have text or another format in their upper half, but for a claim made on purpose.
  return bytes.size() >= 8 && (header_length(bytes) >> 32 == 0 || (bytes.size() > 8 && bytes[8] == std::byte{'{'}));
}

Result<void> read_safetensors(Checkpoint& checkpoint) {
  const auto bytes = checkpoint.file->bytes();
  const std::uint64_t length = header_length(bytes);
  if (length > kLongestHeader)
    return fail(Error::Kind::Broken,
                "the header claims " + std::to_string(length) + " bytes; the format allows 100 MB");
  if (length > bytes.size() - 8)
    return fail(Error::Kind::Broken, "the header (" + std::to_string(length) + " bytes) is longer than the file");
  TRY(SafetensorsHeader header, parse_safetensors_header(bytes.subspan(8, length)));
  const auto data = bytes.subspan(8 + length);

  for (const auto& entry : header.entries) {
    auto tensor = make_tensor(entry, data, checkpoint.file);
    if (!tensor) {
      tensor.error().what = "tensor " + quote(entry.name) + ": " + tensor.error().what;
      return fail(std::move(tensor).error());
    }
    checkpoint.state_dict.push_back({entry.name, *std::move(tensor)});
  }
  TRY_VOID(check_coverage(header.entries, data.size()));
  if (checkpoint.state_dict.empty()) return fail(Error::Kind::Unsupported, "no model in the file: it has no tensors");
  checkpoint.metadata = std::move(header.metadata);
  return {};
}

Result<void> write_safetensors(const std::filesystem::path& path, const StateDict& tensors,
                               const std::map<std::string, std::string>& metadata) {
  const auto refuse = [&](std::string why) { return fail(Error::Kind::InvalidInput, std::move(why), path.string()); };
  StateDict order;
  std::unordered_set<std::string_view> names;
  for (const auto& entry : tensors) {
    if (entry.name == "__metadata__" || !names.insert(entry.name).second)
      return refuse("the tensor name " + quote(entry.name) + " cannot be written twice or is reserved");
    order.push_back({entry.name, entry.tensor.detach().cpu().contiguous()});
  }
  std::ranges::stable_sort(order, std::ranges::greater(), [](const NamedTensor& t) { return t.tensor.element_size(); });

  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::vector<std::span<const std::byte>> parts(2);
  std::uint64_t begin = 0;
  for (const auto& [name, tensor] : order) {
    const auto type = std::ranges::find(kTypes, tensor.scalar_type(), &NamedType::type);
    if (type == kTypes.end()) return refuse("tensor " + quote(name) + " has a dtype that safetensors lacks");
    const std::uint64_t end = begin + tensor.nbytes();
    header[name] = {{"dtype", type->name}, {"shape", tensor.sizes().vec()}, {"data_offsets", {begin, end}}};
    parts.emplace_back(static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes());
    begin = end;
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  parts[0] = std::as_bytes(std::span(&length, 1));
  parts[1] = std::as_bytes(std::span(text));
  return write_file(path, parts);
}

}  // namespace orderscope
