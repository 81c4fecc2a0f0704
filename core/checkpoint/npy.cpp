// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/npy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>

#include "core/base/files.h"
#include "core/base/mapped_file.h"
#include "core/base/streamed_file.h"
#include "core/checkpoint/blob.h"
#include "core/checkpoint/npy_rows.h"
#include "core/checkpoint/quote.h"

namespace orderscope {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kMagic = "\x93NUMPY"sv;
constexpr std::size_t kAlignment = 64;
// NumPy leaves room for the first size to grow while it appends to a file.
constexpr std::size_t kGrowthDigits = 21;

struct NamedType {
  std::string_view code;
  at::ScalarType type;
};

constexpr std::array kTypes = {
    NamedType{"f4", at::kFloat}, NamedType{"f8", at::kDouble}, NamedType{"f2", at::kHalf},
    NamedType{"i8", at::kLong},  NamedType{"i4", at::kInt},    NamedType{"i2", at::kShort},
    NamedType{"i1", at::kChar},  NamedType{"u1", at::kByte},   NamedType{"b1", at::kBool},
};

struct Header {
  std::string descr;
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
  std::size_t data_start = 0;
};

/// Reads the one form of Python dict that a header is:
/// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

  Result<Header> parse() {
    Header header;
    int seen = 0;
    if (!take("{")) return malformed();
    while (!take("}")) {
      std::string key;
      if (!take_string(key) || !take(":")) return malformed();
      bool read = false;
      if (key == "descr") {
        skip_spaces();
        if (text_.starts_with('[')) return fail(Error::Kind::Unsupported, "arrays of structures are not read");
        read = take_string(header.descr);
      } else if (key == "fortran_order") {
        header.fortran_order = take("True");
        read = header.fortran_order || take("False");
      } else if (key == "shape") {
        read = take_shape(header.shape);
      }
      if (!read) return malformed();
      ++seen;
      if (!take(",") && !text_.starts_with('}')) return malformed();
    }
    if (seen != 3) return malformed();
    return header;
  }

 private:
  tl::unexpected<Error> malformed() const { return fail(Error::Kind::Broken, "the header of the array is malformed"); }

  void skip_spaces() { text_.remove_prefix(std::min(text_.find_first_not_of(" \n"), text_.size())); }

  bool take(std::string_view token) {
    skip_spaces();
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    skip_spaces();
    return true;
  }

  bool take_string(std::string& value) {
    if (!take("'")) return false;
    const auto end = text_.find('\'');
    if (end == std::string_view::npos) return false;
    value = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return true;
  }

  bool take_shape(std::vector<std::int64_t>& shape) {
    if (!take("(")) return false;
    while (!take(")")) {
      std::int64_t size = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), size);
      if (error != std::errc() || size < 0 || shape.size() == 64) return false;
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      take("L");  // NumPy under Python 2
      shape.push_back(size);
      if (!take(",") && !text_.starts_with(')')) return false;
    }
    return true;
  }

  std::string_view text_;
};

Result<Header> read_header(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kMagic)) return fail(Error::Kind::NotThisFormat, "not a NumPy array file");
  const std::size_t major = text.size() > 6 ? static_cast<unsigned char>(text[6]) : 0;
  if (major < 1 || major > 3) return fail(Error::Kind::Unsupported, "a .npy file of version " + std::to_string(major));
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  const std::size_t start = 8 + length_bytes;
  if (text.size() < start) return fail(Error::Kind::Broken, "the file ends inside the header");
  std::uint32_t length = 0;
  std::memcpy(&length, text.data() + 8, length_bytes);
  if (length > text.size() - start) return fail(Error::Kind::Broken, "the header is longer than the file");
  TRY(Header header, HeaderParser(text.substr(start, length)).parse());
  header.data_start = start + length;
  return header;
}

Result<at::Tensor> read(const std::filesystem::path& path) {
  TRY(const auto file, MappedFile::open(path));
  TRY(const Header header, read_header(file->bytes()));
  const std::string_view descr = header.descr;
  const auto type = std::ranges::find(kTypes, descr.substr(std::min<std::size_t>(1, descr.size())), &NamedType::code);
  if (type == kTypes.end() || std::string_view("<>|=").find(descr[0]) == std::string_view::npos)
    return fail(Error::Kind::Unsupported, "arrays of dtype " + quote(descr) + " are not read");

  const std::size_t element_size = c10::elementSize(type->type);
  TRY(const std::int64_t count, element_count(header.shape));
  std::uint64_t length = 0;
  const auto data = file->bytes().subspan(header.data_start);
  if (__builtin_mul_overflow(static_cast<std::uint64_t>(count), element_size, &length) || length > data.size())
    return fail(Error::Kind::Broken, "the array needs " + std::to_string(count) + " elements of " +
                                         std::to_string(element_size) + " bytes; the file has " +
                                         std::to_string(data.size()) + " bytes of data");
  Blob blob{data.first(length), file};
  if (descr[0] == '>' && element_size > 1)
    blob = swapped_copy_of(blob.bytes, element_size);
  else if (!is_aligned(blob, element_size))
    blob = copy_of(blob.bytes);

  if (!header.fortran_order) return tensor_over(blob, {type->type, 0, header.shape, contiguous_strides(header.shape)});
  const std::vector<std::int64_t> reversed(header.shape.rbegin(), header.shape.rend());
  auto strides = contiguous_strides(reversed);
  std::ranges::reverse(strides);
  return tensor_over(blob, {type->type, 0, header.shape, strides});
}

}  // namespace

Result<at::Tensor> read_npy(const std::filesystem::path& path) {
  auto tensor = read(path);
  if (!tensor) return fail(std::move(tensor.error()).on(path.string()));
  return tensor;
}

namespace {

/// Magic, version and header as NumPy writes them.
Result<std::string> preamble(at::ScalarType dtype, at::IntArrayRef shape) {
  const auto type = std::ranges::find(kTypes, dtype, &NamedType::type);
  if (type == kTypes.end())
    return fail(Error::Kind::InvalidInput, "NumPy has no dtype for it", {}, "convert it to float32");
  std::string dict = "{'descr': '";
  dict += c10::elementSize(dtype) == 1 ? '|' : '<';
  dict += std::string(type->code) + "', 'fortran_order': False, 'shape': (";
  for (std::size_t i = 0; i < shape.size(); ++i) dict += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  dict += shape.size() == 1 ? ",), }" : "), }";
  if (!shape.empty()) dict.append(kGrowthDigits - std::to_string(shape[0]).size(), ' ');
  const std::size_t start = kMagic.size() + 4;
  dict.resize((start + dict.size() + 1 + kAlignment - 1) / kAlignment * kAlignment - start - 1, ' ');
  dict += '\n';

  std::string header(kMagic);
  header += {'\1', '\0', static_cast<char>(dict.size() & 0xff), static_cast<char>(dict.size() >> 8)};
  return header + dict;
}

std::span<const std::byte> bytes_of(const at::Tensor& contiguous) {
  return {static_cast<const std::byte*>(contiguous.const_data_ptr()), contiguous.nbytes()};
}

}  // namespace

Result<void> write_npy(const std::filesystem::path& path, const at::Tensor& tensor) {
  auto header = preamble(tensor.scalar_type(), tensor.sizes());
  if (!header) return fail(std::move(header.error()).on(path.string()));
  const at::Tensor data = tensor.detach().cpu().contiguous();
  const std::array parts = {std::as_bytes(std::span(*header)), bytes_of(data)};
  return write_file(path, parts);
}

Result<void> write_npy_rows(const std::filesystem::path& path, at::ScalarType dtype, at::IntArrayRef shape,
                            const std::function<at::Tensor(std::int64_t)>& row) {
  auto header = preamble(dtype, shape);
  if (!header) return fail(std::move(header.error()).on(path.string()));
  std::int64_t next = -1;
  at::Tensor data;
  return write_in_parts(path, [&]() -> std::span<const std::byte> {
    if (next++ < 0) return std::as_bytes(std::span(*header));
    if (next > shape[0]) return {};
    data = row(next - 1).to(at::kCPU, dtype).contiguous();
    return bytes_of(data);
  });
}

}  // namespace orderscope
