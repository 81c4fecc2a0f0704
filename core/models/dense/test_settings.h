// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/dense/detection_settings.h"
#include "core/models/model.h"

namespace orderscope {

/// How the official test of such a model prepares pictures and runs over them: from the config in the file where there
/// is one, else that of the family's official configs. Also sets the native image size. Wants dense and metadata; warns
/// of a config that cannot be used.
void take_test_settings(Model& model);

/// How the test of a detector chooses its boxes: as the config in its file says, else as the official configs.
DetectionSettings detection_test(const Model& model);

/// Where the settings of a segmenter's or detector's test come from: "the file's config" or "the official configs".
std::string test_source(const Model& model);

/// Class names where the file has none that fit (ADE20K's for a segmenter of 150 classes, COCO's for a detector of 80),
/// and the palette: the file's, the data set's, or made up.
void name_dense_classes(Model& model);

}  // namespace orderscope
