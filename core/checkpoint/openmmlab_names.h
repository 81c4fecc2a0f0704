// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/checkpoint.h"

namespace orderscope {

/// Whether the backbone of a segmenter or detector has the names of mmdetection's and mmsegmentation's own Swin
/// (stages.i.blocks.j.attn.w_msa), or of mmpretrain's ConvNeXt (stages.i.j.depthwise_conv), which both build on. Their
/// classifiers are others and are not meant.
bool is_openmmlab_swin(const StateDict& state_dict);
bool is_openmmlab_convnext(const StateDict& state_dict);

/// Gives it the official names, and Swin's patch merging the official order of the four patches: nn.Unfold lays a
/// channel's patches side by side, row by row; the official code lays the patches one after the other, column by
/// column (swin2mmseg.py, the other way round). Tensors of another shape stay and are found when the weights are
/// loaded.
void rename_openmmlab_swin(StateDict& state_dict);
void rename_openmmlab_convnext(StateDict& state_dict);

}  // namespace orderscope
