// SPDX-License-Identifier: GPL-3.0-or-later
// What the sanitizers are told where nobody says otherwise: what scripts/fuzz says to the fuzzers.

// Memory that is asked for in vain must be an error of ours, and what LibTorch keeps until the end is not ours to free.
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0:allocator_may_return_null=1:detect_odr_violation=0";
}

extern "C" const char* __ubsan_default_options() { return "print_stacktrace=1:halt_on_error=1"; }
