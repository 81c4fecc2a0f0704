// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/contrast_target.h"

#include <ATen/ATen.h>

#include "core/models/backbone.h"

namespace orderscope {

TargetChooser contrast_target(int against) {
  return [against](const Trace& trace, std::optional<int> asked) -> Result<Target> {
    const at::Tensor& logits = trace.logits();
    if (!logits.defined() || logits.dim() != 2)
      return fail(Error::Kind::InvalidInput, "is no classifier, so no class is that of the whole image", "contrast");
    const int classes = static_cast<int>(logits.size(1));
    const int index = asked ? *asked : static_cast<int>(logits[0].argmax().item<std::int64_t>());
    for (const int each : {index, against})
      if (each < 0 || each >= classes)
        return fail(Error::Kind::InvalidInput, "the model has no such class", "class " + std::to_string(each),
                    "classes are 0 to " + std::to_string(classes - 1));
    if (index == against)
      return fail(Error::Kind::InvalidInput, "a class against itself leaves nothing to explain",
                  "class " + std::to_string(index));
    Target target;
    target.class_index = index;
    target.description = "class " + std::to_string(index) + " against class " + std::to_string(against);
    target.score = [index, against](const Activations& output) {
      return (output.x.select(1, index) - output.x.select(1, against)).sum();
    };
    return target;
  };
}

}  // namespace orderscope
