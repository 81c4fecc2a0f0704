// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// ORDERSCOPE_VECTORISED in front of a function that is no template: compiled for several instruction sets, of which the
// loader picks one. What it calls must be ORDERSCOPE_INLINE, or it is compiled for the least of them.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define ORDERSCOPE_VECTORISED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ORDERSCOPE_VECTORISED
#endif
#define ORDERSCOPE_INLINE __attribute__((always_inline)) inline
