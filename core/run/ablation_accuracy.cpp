// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/ablation_accuracy.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/analysis/finite_logits.h"
#include "core/models/backbone.h"
#include "core/run/model_input.h"

namespace orderscope {

namespace {

void count(AblationAccuracy& row, const at::Tensor& logits, int label) {
  const std::int64_t five = std::min<std::int64_t>(5, logits.size(0));
  const at::Tensor best = std::get<1>(logits.topk(five));
  row.top1 += best[0].item<std::int64_t>() == label;
  row.top5 += best.eq(label).any().item<bool>();
  row.loss -= at::log_softmax(logits, 0)[label].item<double>();
}

}  // namespace

Result<AblationRun> ablation_accuracy(const Model& model, const LabelledImages& images, const Preprocessing& how,
                                      ExifOrientation exif, const std::vector<AblatedOrder>& sweep,
                                      const JobContext& job) {
  for (std::size_t i = 0; i < images.labels.size(); ++i) {
    if (images.labels[i] >= 0 && images.labels[i] < model.architecture.classes) continue;
    return fail(Error::Kind::InvalidInput,
                "label " + std::to_string(images.labels[i]) + " is none of the network's " +
                    std::to_string(model.architecture.classes) + " classes",
                images.files[i].string());
  }
  AblationRun result;
  result.rows.push_back({"none", 0});
  std::vector<std::vector<Edit>> variants;
  for (const AblatedOrder& one : sweep) {
    result.rows.push_back({one.where, one.order});
    variants.push_back(one.edits);
  }

  const JobContext quiet{job.stop, {}};
  for (std::size_t i = 0; i < images.files.size(); ++i) {
    TRY_VOID(job.check());
    job.progress(static_cast<std::int64_t>(i), std::ssize(images.files), "ablating orders");
    const auto input = read_image_input(images.files[i], how, exif);
    if (!input) {
      result.skipped.push_back(input.error().message());
      continue;
    }
    TRY(const Trace trace, Trace::forward(model.backbone, input->images.to(at::Device(model.device)), {}, {}, quiet));
    if (auto finite = check_finite_logits(trace.logits()); !finite)
      return fail(Error{finite.error().kind, finite.error().what, images.files[i].string(), finite.error().advice});
    TRY(const at::Tensor edited, trace.rerun(variants, quiet));
    const at::Tensor logits = at::cat({trace.logits(), edited}).to(at::kCPU, at::kDouble);
    for (std::size_t r = 0; r < result.rows.size(); ++r)
      count(result.rows[r], logits[static_cast<std::int64_t>(r)], images.labels[i]);
    ++result.images;
  }
  if (result.images == 0) {
    return fail(Error::Kind::InvalidInput, "none of the pictures can be read",
                result.skipped.empty() ? "images" : result.skipped.front());
  }
  for (AblationAccuracy& row : result.rows)
    for (double* value : {&row.top1, &row.top5, &row.loss}) *value /= static_cast<double>(result.images);
  return result;
}

}  // namespace orderscope
