// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/region_target.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "core/base/guard.h"
#include "core/models/backbone.h"

namespace orderscope {

namespace {

/// Pixels [first, last) of a side of `size` whose centres lie in [start, start + length) of a side of `photo`; at least
/// one.
std::array<std::int64_t, 2> covered(std::int64_t start, std::int64_t length, std::int64_t photo, std::int64_t size) {
  const double scale = static_cast<double>(size) / static_cast<double>(photo);
  const auto edge = [&](double p) { return static_cast<std::int64_t>(std::ceil(p * scale - 0.5)); };
  const std::int64_t last_pixel = size - 1;
  const std::int64_t first = std::clamp<std::int64_t>(edge(static_cast<double>(start)), 0, last_pixel);
  const std::int64_t last = edge(static_cast<double>(start + length));
  return {first, std::clamp<std::int64_t>(last, first + 1, size)};
}

Result<at::Tensor> box_mask(const RegionRequest& request, std::int64_t height, std::int64_t width) {
  const auto [x, y, w, h] = *request.box;
  const auto [photo_height, photo_width] = request.photo;
  if (w < 1 || h < 1 || x < 0 || y < 0 || x + w > photo_width || y + h > photo_height) {
    return fail(
        Error::Kind::InvalidInput,
        "does not lie in the picture of " + std::to_string(photo_width) + " x " + std::to_string(photo_height) +
            " pixels",
        "region " + std::to_string(x) + "," + std::to_string(y) + "," + std::to_string(w) + "," + std::to_string(h),
        "give x,y,width,height in pixels of the photo");
  }
  const auto rows = covered(y, h, photo_height, height), columns = covered(x, w, photo_width, width);
  at::Tensor mask = at::zeros({height, width}, at::kBool);
  mask.narrow(0, rows[0], rows[1] - rows[0]).narrow(1, columns[0], columns[1] - columns[0]).fill_(true);
  return mask;
}

Result<at::Tensor> given_mask(const RegionRequest& request, std::int64_t height, std::int64_t width) {
  const at::Tensor& mask = request.mask;
  const bool is_photo = mask.dim() == 2 && mask.size(0) == request.photo[0] && mask.size(1) == request.photo[1];
  const bool is_input = mask.dim() == 2 && mask.size(0) == height && mask.size(1) == width;
  if (!is_photo && !is_input)
    return fail(Error::Kind::InvalidInput, "has neither the size of the picture nor that of the model's input", "mask",
                "rows and columns are " + std::to_string(request.photo[0]) + " x " + std::to_string(request.photo[1]) +
                    " or " + std::to_string(height) + " x " + std::to_string(width));
  const at::Tensor inside = mask.ne(0);
  if (is_input) return inside;
  // The pixel of the photo in which the input's pixel has its centre.
  const auto places = [](std::int64_t size, std::int64_t photo) {
    const double scale = static_cast<double>(photo) / static_cast<double>(size);
    return ((at::arange(size, at::kDouble) + 0.5) * scale).floor().to(at::kLong).clamp_max(photo - 1);
  };
  return inside.index_select(0, places(height, request.photo[0])).index_select(1, places(width, request.photo[1]));
}

std::string region_text(const RegionRequest& request) {
  if (request.box) {
    const auto [x, y, w, h] = *request.box;
    return "the region " + std::to_string(x) + "," + std::to_string(y) + "," + std::to_string(w) + "," +
           std::to_string(h);
  }
  return request.mask.defined() ? "the mask" : "its own region";
}

std::int64_t most_frequent(const at::Tensor& labels) {
  return at::bincount(labels.flatten().to(at::kLong)).argmax().item<std::int64_t>();
}

Result<Target> choose(const RegionRequest& request, const Trace& trace, std::optional<int> asked) {
  const at::Tensor& logits = trace.logits();
  if (!logits.defined() || logits.dim() != 4)
    return fail(Error::Kind::InvalidInput, "a region is explained in a segmenter only");
  const auto classes = static_cast<int>(logits.size(1));
  for (const std::optional<int>& named : {asked, request.class_region}) {
    if (named && (*named < 0 || *named >= classes))
      return fail(Error::Kind::InvalidInput, "the model has no such class", "class " + std::to_string(*named),
                  "classes are 0 to " + std::to_string(classes - 1));
  }
  at::Tensor mask;
  Target target;
  TRY_VOID(guarded([&]() -> Result<void> {
    const at::NoGradGuard no_grad;
    const at::Tensor labels = logits[0].argmax(0).cpu();
    RegionRequest region = request;
    const bool nothing = !region.box && !region.class_region && !region.mask.defined();
    if (nothing) region.class_region = asked ? *asked : static_cast<int>(most_frequent(labels));
    TRY(mask, region_mask(region, labels));
    const auto pixels = mask.sum().item<std::int64_t>();
    target.class_index = asked                 ? *asked
                         : region.class_region ? *region.class_region
                                               : static_cast<int>(most_frequent(labels.masked_select(mask)));
    target.description = "class " + std::to_string(target.class_index) + " over " + std::to_string(pixels) +
                         " pixels of " + region_text(region);
    mask = mask.to(logits.device(), at::kFloat);
    return {};
  }));
  target.score = [mask, index = target.class_index](const Activations& output) {
    return (output.x.select(1, index) * mask).sum();
  };
  return target;
}

}  // namespace

Result<at::Tensor> region_mask(const RegionRequest& request, const at::Tensor& labels) {
  const std::int64_t height = labels.size(0), width = labels.size(1);
  at::Tensor mask;
  if (request.box) {
    TRY(mask, box_mask(request, height, width));
  } else if (request.mask.defined()) {
    TRY(mask, given_mask(request, height, width));
  } else {
    mask = labels.eq(request.class_region.value_or(0));
  }
  if (mask.any().item<bool>()) return mask;
  return fail(Error::Kind::InvalidInput,
              request.mask.defined()
                  ? "the mask holds no pixel"
                  : "no pixel of the picture is predicted as class " + std::to_string(request.class_region.value_or(0)),
              "region", "`segment` lists the classes that are there");
}

TargetChooser region_target(RegionRequest request) {
  return [request = std::move(request)](const Trace& trace, std::optional<int> asked) {
    return choose(request, trace, asked);
  };
}

}  // namespace orderscope
