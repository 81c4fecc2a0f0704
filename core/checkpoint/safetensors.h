// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "core/checkpoint/checkpoint.h"

namespace orderscope {

/// True if the first eight bytes can be the header length of a safetensors file: they are no text and no other format.
bool may_be_safetensors(std::span<const std::byte> bytes);

/// Reads checkpoint.file (github.com/huggingface/safetensors, "Format"), with its names as they are in the file. As the
/// reference reader, refuses holes, overlaps and bytes that belong to no tensor. Errors: Broken, Unsupported.
Result<void> read_safetensors(Checkpoint& checkpoint);

/// Writes the file whole or not at all. Tensors of one element size keep their order; larger elements come first, so
/// that all are aligned. Errors: FileAccess; InvalidInput for a dtype that the format lacks or a repeated name.
Result<void> write_safetensors(const std::filesystem::path& path, const StateDict& tensors,
                               const std::map<std::string, std::string>& metadata = {});

}  // namespace orderscope
