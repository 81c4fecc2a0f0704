// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "core/checkpoint/checkpoint.h"

namespace orderscope {

/// True if the bytes start as torch.save's container since PyTorch 1.6, or as the one before it.
bool is_zip(std::span<const std::byte> bytes);
bool is_legacy_pth(std::span<const std::byte> bytes);

/// Read checkpoint.file, with its names as they are in the file. `key` and errors as in read_checkpoint.
Result<void> read_zip_pth(const std::string& key, Checkpoint& checkpoint);
Result<void> read_legacy_pth(const std::string& key, Checkpoint& checkpoint);

}  // namespace orderscope
