// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace orderscope {

/// Tells the allocator to keep what is freed for what comes next: by default glibc maps each large tensor anew, and the
/// system clears all its pages before they are written, which takes a third of the time where tensors are large. For
/// main().
void keep_free_memory();

/// Gives memory that is free but still held by the allocator back to the system, if there is much of it (256 MB). For
/// the end of a computation; takes milliseconds.
void return_free_memory();

}  // namespace orderscope
