// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace orderscope {

/// Which class of a model each class of a data set is, by label; -1: none. Found by name where any name is one of the
/// model's. Where none is, they are taken in their order if the model has no names or as many classes; else none is.
/// `names`: of the data set, empty text for a label that is not in use. `classes`: how many the model has.
std::vector<int> place_classes(const std::vector<std::string>& names, const std::vector<std::string>& model_names,
                               int classes);

}  // namespace orderscope
