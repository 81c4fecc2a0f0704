// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/free_memory.h"

#include <climits>
#include <cstddef>
#include <cstdlib>  // defines __GLIBC__
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace orderscope {

void keep_free_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, INT_MAX);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
#endif
}

void return_free_memory() {
#ifdef __GLIBC__
  // Less than this is soon used again: an image of 224 x 224 takes up to 150 MB.
  constexpr std::size_t kMuch = std::size_t{256} << 20;
  if (mallinfo2().fordblks >= kMuch) malloc_trim(0);
#endif
}

}  // namespace orderscope
