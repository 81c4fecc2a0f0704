// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/checkpoint.h"

#include <array>
#include <string_view>

#include "core/base/guard.h"
#include "core/base/mapped_pages.h"
#include "core/base/sha256.h"
#include "core/checkpoint/family_reader.h"
#include "core/checkpoint/key_names.h"
#include "core/checkpoint/pth.h"
#include "core/checkpoint/quote.h"
#include "core/checkpoint/safetensors.h"

namespace orderscope {

namespace {

constexpr const char* kDownloadAgain = "download it again";

struct OtherFormat {
  std::string_view start, what, advice;
};

using std::string_view_literals::operator""sv;

// What people open by mistake, by how it starts.
constexpr std::array kOtherFormats = {
    OtherFormat{"version https://git-lfs", "a Git LFS pointer, not the file itself", "fetch it with git lfs pull"},
    OtherFormat{"<!DOCTYPE", "a web page saved under a checkpoint's name", kDownloadAgain},
    OtherFormat{"<!doctype", "a web page saved under a checkpoint's name", kDownloadAgain},
    OtherFormat{"<html", "a web page saved under a checkpoint's name", kDownloadAgain},
    OtherFormat{"<?xml", "an XML document, as servers answer for files they do not have", kDownloadAgain},
    OtherFormat{"\x1f\x8b"sv, "compressed with gzip", "unpack it first"},
    OtherFormat{"\x89HDF"sv, "an HDF5 file", "convert it to .safetensors or .pth"},
    OtherFormat{"GGUF", "a GGUF file", "convert it to .safetensors or .pth"},
    OtherFormat{"\x80", "a pickle, but not one of torch.save", "save the state dict with torch.save"},
};

Result<void> refuse(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.empty()) return fail(Error::Kind::NotThisFormat, "the file is empty", {}, kDownloadAgain);
  for (const auto& format : kOtherFormats)
    if (text.starts_with(format.start))
      return fail(Error::Kind::NotThisFormat, std::string(format.what), {}, std::string(format.advice));
  return fail(Error::Kind::NotThisFormat, "neither a PyTorch checkpoint nor a safetensors file");
}

Result<Checkpoint> read(const std::filesystem::path& path, const std::string& key) {
  Checkpoint checkpoint;
  checkpoint.path = path;
  TRY(checkpoint.file, MappedFile::open(path));
  const auto bytes = checkpoint.file->bytes();
  if (is_zip(bytes)) {
    checkpoint.container = "zip";
    TRY_VOID(read_zip_pth(key, checkpoint));
  } else if (is_legacy_pth(bytes)) {
    checkpoint.container = "legacy";
    TRY_VOID(read_legacy_pth(key, checkpoint));
  } else if (may_be_safetensors(bytes)) {
    if (!key.empty())
      return fail(Error::Kind::InvalidInput, "no state dict under the key " + quote(key), {},
                  "a safetensors file holds one state dict without a key");
    checkpoint.container = "safetensors";
    TRY_VOID(read_safetensors(checkpoint));
  } else {
    TRY_VOID(refuse(bytes));
  }
  strip_prefixes(checkpoint.state_dict);
  // A plugin's family has its own names: what looks like timm's in them is not to be renamed.
  if (find_family_reader(checkpoint.state_dict, &checkpoint.warnings)) {
    checkpoint.naming = "official";
  } else {
    TRY(checkpoint.naming, use_official_names(checkpoint.state_dict));
  }
  return checkpoint;
}

}  // namespace

std::string Checkpoint::sha256() const { return orderscope::sha256(file->bytes()); }

Result<Checkpoint> read_checkpoint(const std::filesystem::path& path, const std::string& key) {
  Result<Checkpoint> checkpoint;
  // Sizes are checked before anything is allocated by them, so what is thrown here is a lack of memory.
  const auto ran = guarded([&] { checkpoint = read(path, key); });
  if (!ran && ran.error().kind == Error::Kind::OutOfMemory)
    return fail(Error::Kind::OutOfMemory, "not enough memory to read it", path.string());
  if (!ran) return fail(Error::Kind::Broken, ran.error().what, path.string());
  if (!checkpoint) return fail(std::move(checkpoint.error()).on(path.string()));
  TRY_VOID(check_mapped(checkpoint->file->bytes().data()));
  return checkpoint;
}

}  // namespace orderscope
