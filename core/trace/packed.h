// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace orderscope {

/// Tensors of one type and device, one after the other in one dimension.
at::Tensor packed(const std::vector<at::Tensor>& tensors);

/// Views of `buffer` with the shapes of `like`: the opposite of `packed`.
std::vector<at::Tensor> unpacked(const at::Tensor& buffer, const std::vector<at::Tensor>& like);

/// The same values on the CPU. Those of one type travel together.
std::vector<at::Tensor> copied_to_cpu(const std::vector<at::Tensor>& tensors);

}  // namespace orderscope
