// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "core/base/result.h"

namespace orderscope {

/// Whether what lies at `address` is still what it was when its file was mapped (mapped_file.h). Whoever computes with
/// mapped memory asks this afterwards: a file that somebody shortens or writes over while it is mapped changes under
/// the computation. Pages that are gone read as zeros, instead of ending the program with SIGBUS. Errors: FileAccess,
/// naming the file. Memory that belongs to no mapped file is always well.
Result<void> check_mapped(const void* address);

/// For MappedFile: keeps watch over a mapping, which is no empty one, until forget_mapped() with its first address;
/// that must come before the memory is unmapped. The descriptor is taken over.
void watch_mapped(std::span<const std::byte> bytes, int descriptor, const std::filesystem::path& path);
void forget_mapped(const void* begin);

/// Gives the calling thread, once, a stack of its own for what catches lost pages. Kernels of linear algebra may use
/// the stack pointer for other things than the stack, and whatever is put there would end up in the data.
void give_thread_signal_stack();

/// Whether a file was ever mapped.
bool any_mapped();

}  // namespace orderscope
