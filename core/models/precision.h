// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace orderscope {

/// Of weights and activations. bfloat16 has float32's range and 8 bits of its mantissa: what taps, probes and edits see
/// of it, and the logits, are turned into float32.
enum class Precision { Float32, BFloat16 };

std::string to_string(Precision precision);  ///< "float32", "bfloat16"
std::optional<Precision> precision_named(std::string_view name);

/// Whether the device has units for bfloat16: a CPU with AVX512-BF16 or AMX, any CUDA device. Without them it is slower
/// than float32.
bool has_bfloat16_units(const std::string& device);

}  // namespace orderscope
