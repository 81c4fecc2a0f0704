// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/nms.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <span>
#include <vector>

namespace orderscope {

namespace {

/// Indices in falling order of score; NaN, which no comparison orders, counts as the least.
at::Tensor by_falling_score(const at::Tensor& scores) {
  return std::get<1>(scores.nan_to_num(-std::numeric_limits<double>::infinity())
                         .sort(/*stable=*/true, /*dim=*/0, /*descending=*/true));
}

/// Positions of the survivors among boxes [n, 4] that lie best first.
std::vector<std::int64_t> suppress(const at::Tensor& sorted_boxes, float threshold) {
  const at::Tensor planes = sorted_boxes.t().contiguous();  // four rows: the inner loop runs over neighbours
  const std::int64_t n = planes.size(1);
  const float* x1 = planes.const_data_ptr<float>();
  const float *y1 = x1 + n, *x2 = y1 + n, *y2 = x2 + n;
  std::vector<float> areas(n);
  for (std::int64_t i = 0; i < n; ++i) areas[i] = (x2[i] - x1[i]) * (y2[i] - y1[i]);
  std::vector<char> gone(n);
  std::vector<std::int64_t> kept;
  for (std::int64_t i = 0; i < n; ++i) {
    if (gone[i]) continue;
    kept.push_back(i);
    for (std::int64_t j = i + 1; j < n; ++j) {
      const float w = std::max(0.0F, std::min(x2[i], x2[j]) - std::max(x1[i], x1[j]));
      const float h = std::max(0.0F, std::min(y2[i], y2[j]) - std::max(y1[i], y1[j]));
      const float shared = w * h;
      gone[j] |= shared / (areas[i] + areas[j] - shared) > threshold;
    }
  }
  return kept;
}

/// The same from overlaps that were computed elsewhere, `rows` boxes at a time.
std::vector<std::int64_t> suppress_by_operations(const at::Tensor& boxes, double threshold) {
  constexpr std::int64_t kRows = 1024;
  const std::int64_t n = boxes.size(0);
  const at::Tensor low = boxes.slice(1, 0, 2), high = boxes.slice(1, 2, 4);
  const at::Tensor areas = (high - low).prod(1);
  std::vector<char> gone(n);
  std::vector<std::int64_t> kept;
  for (std::int64_t begin = 0; begin < n; begin += kRows) {
    const std::int64_t end = std::min(begin + kRows, n);
    const at::Tensor from = at::maximum(low.slice(0, begin, end).unsqueeze(1), low.unsqueeze(0));
    const at::Tensor to = at::minimum(high.slice(0, begin, end).unsqueeze(1), high.unsqueeze(0));
    const at::Tensor shared = (to - from).clamp_min(0).prod(2);
    const at::Tensor over = shared / (areas.slice(0, begin, end).unsqueeze(1) + areas.unsqueeze(0) - shared);
    const at::Tensor close = (over > threshold).cpu().contiguous();
    const bool* row = close.const_data_ptr<bool>();
    for (std::int64_t i = begin; i < end; ++i, row += n) {
      if (gone[i]) continue;
      kept.push_back(i);
      for (std::int64_t j = i + 1; j < n; ++j) gone[j] |= row[j];
    }
  }
  return kept;
}

at::Tensor of_order(const at::Tensor& order, std::span<const std::int64_t> kept) {
  const at::Tensor positions = at::tensor(at::ArrayRef<std::int64_t>(kept.data(), kept.size()), at::kLong);
  return order.index_select(0, positions.to(order.device()));
}

}  // namespace

at::Tensor nms_by_operations(const at::Tensor& boxes, const at::Tensor& scores, double threshold) {
  const at::NoGradGuard no_grad;
  const at::Tensor order = by_falling_score(scores);
  return of_order(order, suppress_by_operations(boxes.index_select(0, order), threshold));
}

at::Tensor nms(const at::Tensor& boxes, const at::Tensor& scores, double threshold) {
  if (!boxes.is_cpu()) return nms_by_operations(boxes, scores, threshold);
  const at::NoGradGuard no_grad;
  const at::Tensor order = by_falling_score(scores);
  return of_order(order, suppress(boxes.index_select(0, order).to(at::kFloat), static_cast<float>(threshold)));
}

at::Tensor grouped_nms(const at::Tensor& boxes, const at::Tensor& scores, const at::Tensor& groups, double threshold) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> survivors;
  for (std::int64_t group = 0, count = groups.numel() > 0 ? groups.max().item<std::int64_t>() + 1 : 0; group < count;
       ++group) {
    const at::Tensor members = (groups == group).nonzero().squeeze(1);
    if (members.numel() == 0) continue;
    const at::Tensor kept = nms(boxes.index_select(0, members), scores.index_select(0, members), threshold);
    survivors.push_back(members.index_select(0, kept));
  }
  if (survivors.empty()) return at::empty({0}, boxes.options().dtype(at::kLong));
  const at::Tensor all = std::get<0>(at::cat(survivors).sort());
  return all.index_select(0, by_falling_score(scores.index_select(0, all)));
}

KeptBoxes multiclass_nms(const at::Tensor& boxes, const at::Tensor& scores, double score_threshold,
                         double iou_threshold, std::int64_t most, bool class_agnostic) {
  const at::NoGradGuard no_grad;
  const std::int64_t classes = scores.size(1) - 1;
  // Row by row, so that the order among equals is that of the original.
  const at::Tensor pairs = (scores.slice(1, 0, classes) > score_threshold).nonzero();
  const at::Tensor rows = pairs.select(1, 0), labels = pairs.select(1, 1);
  const at::Tensor all = boxes.view({boxes.size(0), boxes.size(1) / 4, 4});
  const at::Tensor own = all.size(1) == 1 ? all.select(1, 0).index_select(0, rows) : all.index({rows, labels});
  const at::Tensor values = scores.index({rows, labels});
  const at::Tensor groups = class_agnostic ? at::zeros_like(labels) : labels;
  at::Tensor kept = grouped_nms(own, values, groups, iou_threshold);
  if (most > 0) kept = kept.slice(0, 0, most);
  return {own.index_select(0, kept), values.index_select(0, kept), labels.index_select(0, kept),
          rows.index_select(0, kept)};
}

}  // namespace orderscope
