// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/pickle.h"
#include "core/checkpoint/torch_tensors.h"

namespace orderscope {

/// Finds the state dict in what torch.save wrote and fills key, other_keys, state_dict and warnings of `checkpoint`.
/// `key` as in read_checkpoint. Tensors outside the chosen state dict are not looked at.
/// Errors: Unsupported when there is no model, InvalidInput when there is none under `key`, else as TensorBuilder.
Result<void> take_state_dict(const PickleValue& root, const std::string& key, TensorBuilder& builder,
                             Checkpoint& checkpoint);

}  // namespace orderscope
