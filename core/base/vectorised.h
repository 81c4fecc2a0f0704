// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// ORDERSCOPE_VECTORISED in front of a function that is no template: compiled for several instruction sets, of which the
// loader picks one. What it calls must be ORDERSCOPE_INLINE, or it is compiled for the least of them.
// Not under a sanitizer: the loader picks before the sanitizer is there. clang says so in another way than GCC.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define ORDERSCOPE_SANITIZED
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define ORDERSCOPE_SANITIZED
#endif
#endif
#if defined(__x86_64__) && defined(__GNUC__) && !defined(ORDERSCOPE_SANITIZED)
#define ORDERSCOPE_VECTORISED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ORDERSCOPE_VECTORISED
#endif
#define ORDERSCOPE_INLINE __attribute__((always_inline)) inline
