// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/trace/packed.h"

#include <ATen/ATen.h>
#include <c10/util/strides.h>

#include <map>

namespace orderscope {

at::Tensor packed(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> flat;
  for (const at::Tensor& tensor : tensors) flat.push_back(tensor.detach().reshape({-1}));
  return at::cat(flat);
}

std::vector<at::Tensor> unpacked(const at::Tensor& buffer, const std::vector<at::Tensor>& like) {
  std::vector<at::Tensor> tensors;
  std::int64_t begin = 0;
  for (const at::Tensor& shape : like) {
    tensors.push_back(buffer.as_strided(shape.sizes(), c10::contiguous_strides(shape.sizes()), begin));
    begin += shape.numel();
  }
  return tensors;
}

std::vector<at::Tensor> copied_to_cpu(const std::vector<at::Tensor>& tensors) {
  std::map<at::ScalarType, std::vector<std::size_t>> by_type;
  for (std::size_t i = 0; i < tensors.size(); ++i) by_type[tensors[i].scalar_type()].push_back(i);
  std::vector<at::Tensor> copies(tensors.size());
  for (const auto& [type, members] : by_type) {
    std::vector<at::Tensor> same;
    for (const std::size_t i : members) same.push_back(tensors[i]);
    const std::vector<at::Tensor> moved = unpacked(packed(same).to(at::kCPU), same);
    for (std::size_t k = 0; k < members.size(); ++k) copies[members[k]] = moved[k];
  }
  return copies;
}

}  // namespace orderscope
