// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/full_grad.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/analysis/cam_layer.h"
#include "core/analysis/cam_rule.h"
#include "core/base/guard.h"
#include "core/models/backbone.h"

namespace orderscope {

namespace {

/// f(u) and f(u) - J u. J u is the derivative, along u, of the gradient's linear map v -> v J.
struct AffinePart {
  at::Tensor output, bias;
};

AffinePart affine_part(const Step& step, const at::Tensor& input) {
  const at::AutoGradMode grad_mode(true);
  const at::Tensor u = input.detach().requires_grad_(true);
  const at::Tensor output = step.run(u, nullptr);
  const at::Tensor v = at::zeros_like(output).requires_grad_(true);
  const at::Tensor pulled = torch::autograd::grad({output}, {u}, {v}, /*retain_graph=*/true, /*create_graph=*/true)[0];
  const at::Tensor pushed = torch::autograd::grad({pulled}, {v}, {u.detach()})[0];
  return {output.detach(), (output - pushed).detach()};
}

/// A gradient at a tap, [1, C, h, w] or tokens, as the step's output lies, [1, h, w, C].
at::Tensor as_step_output(const at::Tensor& gradient, const at::Tensor& output) {
  return gradient.dim() == 4 ? gradient.permute({0, 2, 3, 1}) : gradient.reshape(output.sizes());
}

class Sum {
 public:
  Sum(const at::Tensor& image, bool magnitudes)
      : size_{image.size(2), image.size(3)}, magnitudes_(magnitudes), map_(at::zeros(size_, image.options())) {}

  /// Products of gradient and bias (or input), [1, h, w, C].
  void add(const at::Tensor& products) {
    at::Tensor term = magnitudes_ ? products.abs() : products;
    if (magnitudes_) term = (term - term.min()) / (term.max() - term.min()).clamp_min(1e-30);
    term = term.sum(-1).unsqueeze(0);
    const double area = static_cast<double>(term.size(2) * term.size(3)) / static_cast<double>(size_[0] * size_[1]);
    const at::Tensor large = at::upsample_bilinear2d(term, size_, /*align_corners=*/false)[0][0];
    map_ += magnitudes_ ? large : large * area;
  }

  const at::Tensor& map() const { return map_; }

 private:
  std::vector<std::int64_t> size_;
  bool magnitudes_;
  at::Tensor map_;
};

double total(const at::Tensor& x) { return x.to(at::kDouble).sum().item<double>(); }

Result<MethodResult> full_grad(const MethodCall& call, const JobContext& job) {
  const auto& steps = call.subject.model->backbone->steps();
  const at::Tensor& image = call.subject.image;
  const auto gradient_at = [&](const std::string& tap) { return call.trace.gradient_result(call.first_probe, tap); };
  Sum sum(image, call.values.text("aggregation") == "paper");
  double from_input = 0, from_steps = 0, from_head = 0;
  const at::Tensor input_gradient = gradient_at("input");
  if (!input_gradient.defined()) return fail(Error::Kind::InvalidInput, "no gradient of the class reaches the input");
  TRY_VOID(guarded([&] {
    const at::Tensor from_image = (input_gradient * image).permute({0, 2, 3, 1});
    sum.add(from_image);
    from_input = total(from_image);
    at::Tensor x = image;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      throw_if_cancelled(job);
      job.progress(static_cast<std::int64_t>(i), static_cast<std::int64_t>(steps.size()), "FullGrad");
      const AffinePart part = affine_part(steps[i], x);
      x = part.output;
      if (i + 1 == steps.size()) {
        from_head = part.bias[0][call.class_index].item<double>();
        break;
      }
      const at::Tensor products = as_step_output(gradient_at(steps[i].name), x) * part.bias;
      sum.add(products);
      from_steps += total(products);
    }
  }));
  MethodResult result;
  const bool is_signed = call.values.text("aggregation") == "signed";
  add_map(result, "all", sum.map(), is_signed ? "logit" : "", is_signed);
  const double logit = call.trace.logits()[0][call.class_index].item<double>();
  result.numbers = {{"fullgrad.input", from_input, "logit"},
                    {"fullgrad.steps", from_steps, "logit"},
                    {"fullgrad.head", from_head, "logit"},
                    {"fullgrad.gap", from_input + from_steps + from_head - logit, "logit"}};
  return result;
}

}  // namespace

const Method& full_grad_method() {
  static const MethodDescriptor descriptor{
      "fullgrad",
      "FullGrad",
      "Srinivas and Fleuret, Full-gradient representation for neural network visualization, NeurIPS 2019",
      {class_parameter(),
       {"aggregation",
        MethodParameter::Type::Choice,
        "signed: the terms add up to the logit; paper: magnitudes, each step scaled to 0..1",
        "signed",
        {"signed", "paper"},
        0,
        0}},
      /*needs_gradient=*/true,
      /*needs_gnconv=*/false,
      "map"};
  static const Method method{descriptor,
                             [](const Subject& subject, const MethodValues&) {
                               std::string outputs = "input";
                               for (const Step& step : subject.model->backbone->steps())
                                 if (step.name != "head") outputs += "," + step.name;
                               return std::vector{Probe::record_gradient(outputs)};
                             },
                             full_grad};
  return method;
}

}  // namespace orderscope
