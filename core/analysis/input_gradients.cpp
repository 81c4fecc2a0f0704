// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/input_gradients.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <cstdio>
#include <numbers>

#include "core/analysis/baseline_image.h"
#include "core/analysis/cam_layer.h"
#include "core/analysis/cam_rule.h"
#include "core/analysis/image_scores.h"
#include "core/base/guard.h"
#include "core/models/backbone.h"

namespace orderscope {

namespace {

/// sum_i weights[i] * d logit / d image(i), [3, H, W].
Result<at::Tensor> summed_gradients(const MethodCall& call, const std::vector<double>& weights, const ImageMaker& image,
                                    std::string_view activity, const JobContext& job) {
  const auto count = static_cast<std::int64_t>(weights.size());
  const JobContext quiet{job.stop, {}};
  at::Tensor sum = at::zeros_like(call.subject.image[0]);
  for (std::int64_t first = 0; first < count;) {
    TRY_VOID(job.check());
    job.progress(first, count, activity);
    const std::int64_t size = std::min(gradient_batch(sum), count - first);
    at::Tensor batch;
    TRY_VOID(guarded([&] {
      std::vector<at::Tensor> images;
      for (std::int64_t i = first; i < first + size; ++i) images.push_back(image(i));
      batch = at::stack(images);
    }));
    TRY(Trace trace, Trace::forward(call.subject.model->backbone, batch, {Probe::record_gradient("input")}, {}, quiet));
    TRY_VOID(trace.backward({call.class_index}, quiet));
    const at::Tensor gradients = trace.gradient_result(0, "input");
    if (!gradients.defined()) return fail(Error::Kind::InvalidInput, "no gradient of the class reaches the input");
    for (std::int64_t i = 0; i < size; ++i) sum.add_(gradients[i], weights[static_cast<std::size_t>(first + i)]);
    first += size;
  }
  return sum;
}

Result<MethodResult> integrated_gradients(const MethodCall& call, const JobContext& job) {
  const at::Tensor image = call.subject.image[0];
  at::Tensor baseline;
  TRY_VOID(guarded([&] { baseline = baseline_image(call.subject, call.values.text("baseline")); }));
  const auto [nodes, weights] = gauss_legendre(static_cast<int>(call.values.integer("path-steps")));
  const at::Tensor way = image - baseline;
  TRY(const at::Tensor mean,
      summed_gradients(
          call, weights,
          [&, &nodes = nodes](std::int64_t i) { return baseline + way * nodes[static_cast<std::size_t>(i)]; },
          "integrated gradients", job));
  TRY(const at::Tensor ends,
      image_logits(call.subject.model->backbone, 2, [&](std::int64_t i) { return i == 0 ? baseline : image; },
                   "integrated gradients", {job.stop, {}}));
  MethodResult result;
  const at::Tensor attribution = way * mean;
  add_map(result, "input", attribution.sum(0), "logit", /*is_signed=*/true);
  const double difference = (ends[1][call.class_index] - ends[0][call.class_index]).item<double>();
  const double sum = attribution.to(at::kDouble).sum().item<double>();
  result.numbers = {{"completeness.sum", sum, "logit"},
                    {"completeness.difference", difference, "logit"},
                    {"completeness.gap", sum - difference, "logit"}};
  if (std::abs(sum - difference) > 0.05 * std::abs(difference)) {
    char text[200];
    std::snprintf(text, sizeof text,
                  "the attributions add up to %.4g, the logit's change from the baseline is %.4g: take more path-steps",
                  sum, difference);
    result.warnings.push_back(text);
  }
  return result;
}

Result<MethodResult> smooth_grad(const MethodCall& call, const JobContext& job) {
  const at::Tensor image = call.subject.image[0];
  const auto samples = static_cast<std::size_t>(call.values.integer("samples"));
  const double deviation = call.values.real("noise") * (image.max() - image.min()).item<double>();
  at::Generator generator =
      at::make_generator<at::CPUGeneratorImpl>(static_cast<std::uint64_t>(call.values.integer("seed")));
  const auto noisy = [&](std::int64_t) {
    const at::Tensor noise = at::randn(image.sizes(), generator, at::TensorOptions().dtype(at::kFloat));
    return image + noise.to(image.device()) * deviation;
  };
  TRY(const at::Tensor mean, summed_gradients(call, std::vector<double>(samples, 1.0 / static_cast<double>(samples)),
                                              noisy, "SmoothGrad", job));
  MethodResult result;
  add_map(result, "input", mean.sum(0), "logit / input", /*is_signed=*/true);
  return result;
}

}  // namespace

std::pair<std::vector<double>, std::vector<double>> gauss_legendre(int count) {
  std::vector<double> nodes, weights;
  for (int i = 0; i < count; ++i) {
    // Newton's method on the Legendre polynomial from Chebyshev's guess; P and P' by the three-term recurrence.
    double x = std::cos(std::numbers::pi * (i + 0.75) / (count + 0.5)), slope = 1;
    for (int iteration = 0; iteration < 100; ++iteration) {
      double before = 1, value = x;
      for (int k = 2; k <= count; ++k) before = std::exchange(value, ((2 * k - 1) * x * value - (k - 1) * before) / k);
      slope = count * (x * value - before) / (x * x - 1);
      const double step = value / slope;
      x -= step;
      if (std::abs(step) < 1e-15) break;
    }
    nodes.push_back((1 - x) / 2);
    weights.push_back(1 / ((1 - x * x) * slope * slope));
  }
  return {nodes, weights};
}

const Method& integrated_gradients_method() {
  static const MethodDescriptor descriptor{"integrated-gradients",
                                           "Integrated gradients",
                                           "Sundararajan et al., Axiomatic attribution for deep networks, ICML 2017",
                                           {class_parameter(),
                                            baseline_parameter(),
                                            {"path-steps",
                                             MethodParameter::Type::Integer,
                                             "gradients taken on the way from the baseline",
                                             "50",
                                             {},
                                             1,
                                             2000}},
                                           /*needs_gradient=*/false,  // of the image as it is
                                           /*needs_gnconv=*/false,
                                           "map"};
  static const Method method{descriptor, {}, integrated_gradients};
  return method;
}

const Method& smooth_grad_method() {
  static const MethodDescriptor descriptor{
      "smoothgrad",
      "SmoothGrad",
      "Smilkov et al., SmoothGrad, arXiv:1706.03825, 2017",
      {class_parameter(),
       {"samples", MethodParameter::Type::Integer, "noisy images", "25", {}, 1, 10000},
       {"noise", MethodParameter::Type::Real, "standard deviation as a share of the input's range", "0.15", {}, 0, 10},
       {"seed", MethodParameter::Type::Integer, "of the random numbers", "0", {}, 0, 9007199254740992.0}},
      /*needs_gradient=*/false,
      /*needs_gnconv=*/false,
      "map"};
  static const Method method{descriptor, {}, smooth_grad};
  return method;
}

}  // namespace orderscope
