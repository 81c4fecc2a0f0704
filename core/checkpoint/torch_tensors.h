// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "core/checkpoint/blob.h"
#include "core/checkpoint/pickle.h"

namespace orderscope {

/// What a pickle says of a storage: ('storage', torch.FloatStorage, key, location, number of elements).
struct StorageId {
  std::string key;
  at::ScalarType dtype = at::kFloat;
  bool untyped = false;     ///< only the tensor says of which dtype it is
  std::uint64_t bytes = 0;  ///< as claimed
  std::size_t element_size = 1;
};

/// Errors: Broken, Unsupported (a storage class without counterpart here, e.g. quantised).
Result<StorageId> storage_id(const PickleValue& persistent);

/// True if torch.save wrote the value for a tensor or a parameter.
bool is_tensor(const PickleValue& value);

/// Makes tensors of pickled calls to torch._utils._rebuild_tensor_v2 and its kin.
class TensorBuilder {
 public:
  /// Gives the bytes of a storage, checked against id.bytes and in this machine's byte order.
  using StorageReader = std::function<Result<Blob>(const StorageId& id)>;

  explicit TensorBuilder(StorageReader read) : read_(std::move(read)) {}

  /// `value` must be a tensor. Tensors of one storage share its memory. Errors: Broken, Unsupported.
  Result<at::Tensor> build(const PickleValue& value);

 private:
  StorageReader read_;
  std::map<std::pair<std::string, std::size_t>, Blob> storages_;  ///< by key and element size
};

}  // namespace orderscope
