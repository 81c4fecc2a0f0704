// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace orderscope {

/// Gives memory that is free but still held by the allocator back to the system. After a large computation glibc holds
/// gigabytes of it in many small pieces, to which the next computation on another thread only adds. Takes milliseconds.
void return_free_memory();

}  // namespace orderscope
