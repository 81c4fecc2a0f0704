// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/checkpoint/checkpoint.h"

namespace orderscope {

/// Takes "module." (DataParallel) and "backbone." (mmpretrain, detection and segmentation) off the names.
void strip_prefixes(StateDict& state_dict);

/// Renames a state dict of timm, mmpretrain or Hugging Face transformers to the names of the official code and joins
/// the separate query, key and value of the latter; so too the backbones of mmdetection's and mmsegmentation's own
/// models (openmmlab_names.h). Returns whose names they were: "official", "timm", "mmpretrain", "huggingface" or
/// "openmmlab". Names that no rule knows stay.
/// Errors: Broken when query, key and value do not fit together or two names become one.
Result<std::string> use_official_names(StateDict& state_dict);

}  // namespace orderscope
