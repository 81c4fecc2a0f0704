// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

#include "core/base/result.h"

namespace orderscope {

/// Reads a NumPy array file (numpy/lib/format.py, versions 1 to 3): floats, signed integers, uint8 and bool of either
/// byte order, in C or Fortran order. The tensor may point into the mapped file, which it keeps alive.
/// Errors: FileAccess, NotThisFormat, Broken, Unsupported.
Result<at::Tensor> read_npy(const std::filesystem::path& path);

/// Writes the array in C order, byte for byte as NumPy does, whole or not at all. Errors: FileAccess; InvalidInput for
/// a dtype that NumPy lacks (bfloat16).
Result<void> write_npy(const std::filesystem::path& path, const at::Tensor& tensor);

}  // namespace orderscope
