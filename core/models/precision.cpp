// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/precision.h"

namespace orderscope {

std::string to_string(Precision precision) { return precision == Precision::BFloat16 ? "bfloat16" : "float32"; }

std::optional<Precision> precision_named(std::string_view name) {
  for (const Precision precision : {Precision::Float32, Precision::BFloat16})
    if (to_string(precision) == name) return precision;
  return std::nullopt;
}

bool has_bfloat16_units(const std::string& device) {
  if (device.starts_with("cuda")) return true;
#if defined(__GNUC__) && defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

}  // namespace orderscope
