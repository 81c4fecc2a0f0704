// SPDX-License-Identifier: GPL-3.0-or-later
// The entry point that libFuzzer calls; ORDERSCOPE_FUZZ_TARGET names the function of targets.h.
#include <ATen/Parallel.h>

#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  // One thread a fuzzer: tensors of a few elements gain nothing from more.
  at::set_num_threads(1);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  orderscope::fuzz::ORDERSCOPE_FUZZ_TARGET({data, size});
  return 0;
}
