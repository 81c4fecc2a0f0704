// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/precision_error.h"

#include <ATen/ATen.h>

#include <cstdio>

#include "core/models/backbone.h"
#include "core/trace/trace.h"

namespace orderscope {

std::string PrecisionError::text() const {
  char text[160];
  std::snprintf(text, sizeof text,
                "bfloat16 beside float32: logits off by %.2g %% of the largest; the same class for %lld of %lld images",
                100 * logits, static_cast<long long>(same_class), static_cast<long long>(images));
  return text;
}

Result<PrecisionError> precision_error(const Model& reduced, const at::Tensor& images, const JobContext& job) {
  LoadOptions options;
  options.key = reduced.key;
  options.device = reduced.device;
  options.hash = false;
  TRY(const auto full, load_model(reduced.path, options, job));
  const at::Tensor input = images.to(at::Device(reduced.device));
  TRY(const Trace exact, Trace::forward(full->backbone, input, {}, {}, job));
  TRY(const Trace rounded, Trace::forward(reduced.backbone, input, {}, {}, job));
  const at::Tensor a = exact.logits(), b = rounded.logits();
  PrecisionError error;
  error.images = a.size(0);
  error.logits = ((a - b).abs().max() / a.abs().max()).item<double>();
  error.same_class = a.argmax(1).eq(b.argmax(1)).sum().item<std::int64_t>();
  return error;
}

}  // namespace orderscope
