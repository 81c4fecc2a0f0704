// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/pickle.h"

namespace orderscope {

/// Takes what mmcv's save_checkpoint, or MMEngine's, writes under "meta" into checkpoint.metadata: "class_names" and
/// "palette" as JSON (from CLASSES and PALETTE, or dataset_meta's classes and palette), "config" (or MMEngine's cfg),
/// other texts and numbers (versions, epoch, iter ...) under their own names. What has another form is left out with a
/// warning. Does nothing where there is no such dict.
void take_mm_meta(const PickleValue& root, Checkpoint& checkpoint);

/// The numbers that stand behind "name=" at the first place in the text of an mmcv config: "pool_scales=(1, 2, 3, 6)".
/// Nothing where the name is not there or no plain numbers follow.
std::optional<std::vector<int>> config_numbers(const std::string& config, std::string_view name);
std::optional<std::vector<double>> config_reals(const std::string& config, std::string_view name);

/// The first "section=dict(...)" or "section=[...]" of the text that also has "name=" inside: a config says crop_size
/// and img_scale for training too, and test_cfg for the runner too. Empty where there is none.
std::string config_section(const std::string& config, std::string_view section, std::string_view name);

/// The word behind "name=": True, slide. Empty where there is none.
std::string config_word(const std::string& config, std::string_view name);

}  // namespace orderscope
