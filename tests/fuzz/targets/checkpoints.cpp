// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include <cstring>

#include "core/checkpoint/architecture.h"
#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/npy.h"
#include "core/checkpoint/pickle.h"
#include "core/checkpoint/pth.h"
#include "core/checkpoint/safetensors_header.h"
#include "core/checkpoint/state_dict_search.h"
#include "core/checkpoint/zip_archive.h"
#include "tests/fuzz/targets/support.h"

namespace orderscope::fuzz {

namespace {

constexpr std::uint64_t kMostUnpacked = 1 << 20;

/// Reads every element: a tensor that reaches outside its file is found here. Strides of zero can make a few bytes a
/// very large tensor; of such ones a part is enough.
void look_at(const at::Tensor& tensor) {
  constexpr std::int64_t most = 1 << 16;
  if (tensor.numel() == 0) return;
  if (tensor.numel() <= most) {
    (void)tensor.contiguous().nbytes();
    return;
  }
  at::Tensor first = tensor, last = tensor;
  for (std::int64_t d = 0; d < tensor.dim(); ++d) {
    first = first.select(0, 0);
    last = last.select(0, last.size(0) - 1);
  }
  (void)first.clone();
  (void)last.clone();
}

void look_at(const StateDict& state_dict) {
  for (const auto& [name, tensor] : state_dict) look_at(tensor);
  if (const auto architecture = infer_architecture(state_dict); !architecture) check_error(architecture.error());
}

void checkpoint(const std::filesystem::path& file) {
  const auto read = read_checkpoint(file);
  if (!read) return check_error(read.error());
  look_at(read->state_dict);
}

}  // namespace

void state_dict(Bytes bytes) {
  const auto read = Pickle::read(as_bytes(bytes));
  if (!read) return check_error(read.error());
  TensorBuilder builder([](const StorageId& id) -> Result<Blob> {
    if (id.bytes > kMostUnpacked) return fail(Error::Kind::Broken, "the storage is not in the file");
    const std::vector<std::byte> zeros(id.bytes);
    return copy_of(zeros);
  });
  Checkpoint found;
  if (const auto taken = take_state_dict(read->root(), {}, builder, found); !taken) return check_error(taken.error());
  look_at(found.state_dict);
}

void zip(Bytes bytes) {
  const auto file = file_of(bytes);
  const auto archive = ZipArchive::open(MappedFile::open(file).value());
  if (!archive) check_error(archive.error());
  for (std::size_t i = 0; archive && i < archive->members().size() && i < 64; ++i) {
    const auto content = archive->read(archive->members()[i], kMostUnpacked);
    if (!content) check_error(content.error());
  }
  checkpoint(file);
}

void legacy(Bytes bytes) { checkpoint(file_of(bytes)); }

void safetensors(Bytes bytes) {
  if (bytes.size() > sizeof(std::uint64_t)) {
    const auto header = parse_safetensors_header(as_bytes(bytes).subspan(sizeof(std::uint64_t)));
    if (!header) check_error(header.error());
  }
  checkpoint(file_of(bytes));
}

void npy(Bytes bytes) {
  const auto tensor = read_npy(file_of(bytes));
  if (!tensor) return check_error(tensor.error());
  look_at(*tensor);
}

}  // namespace orderscope::fuzz
