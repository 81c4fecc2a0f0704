// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/model.h"

namespace orderscope {

/// How the official test of such a model prepares pictures and runs over them: from the config in the file where there
/// is one, else that of the family's official configs. Also sets the native image size. Wants dense and metadata.
void take_test_settings(Model& model);

/// Class names where the file has none that fit (ADE20K's for a segmenter of 150 classes, COCO's for a detector of 80),
/// and the palette: the file's, the data set's, or made up.
void name_dense_classes(Model& model);

}  // namespace orderscope
