// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/gradient_cams.h"

#include <ATen/ATen.h>

#include "core/analysis/cam_layer.h"
#include "core/analysis/cam_rule.h"

namespace orderscope {

namespace {

MethodDescriptor described(const char* id, const char* title, const char* citation) {
  return {id,
          title,
          citation,
          {cam_layer_parameter(), class_parameter()},
          /*needs_gradient=*/true,
          /*needs_gnconv=*/false,
          "map",
          /*explains_regions=*/true};
}

/// sum_c w_c A_c of weights [N, 1, C].
at::Tensor weighted(const at::Tensor& a, const at::Tensor& weights) {
  return at::matmul(a, weights.transpose(1, 2)).squeeze(2);
}

}  // namespace

const Method& grad_cam_plus_plus_method() {
  static const MethodDescriptor descriptor =
      described("gradcam++", "Grad-CAM++", "Chattopadhay et al., Grad-CAM++, WACV 2018");
  static const Method method = method_of_rule(descriptor, {[](const at::Tensor& a, const at::Tensor& g) {
                                                const at::Tensor g2 = g * g;
                                                const at::Tensor alpha = g2 / (2 * g2 + a.sum(1, true) * g2 * g + 1e-6);
                                                const at::Tensor used =
                                                    at::where(g != 0, alpha, at::zeros({}, g.options()));
                                                return weighted(a, (g.clamp_min(0) * used).sum(1, true));
                                              }});
  return method;
}

const Method& x_grad_cam_method() {
  static const MethodDescriptor descriptor =
      described("xgradcam", "XGrad-CAM", "Fu et al., Axiom-based Grad-CAM, BMVC 2020");
  static const Method method = method_of_rule(descriptor, {[](const at::Tensor& a, const at::Tensor& g) {
                                                return weighted(a, (g * a / (a.sum(1, true) + 1e-7)).sum(1, true));
                                              }});
  return method;
}

const Method& hi_res_cam_method() {
  static const MethodDescriptor descriptor =
      described("hirescam", "HiResCAM", "Draelos and Carin, Use HiResCAM instead of Grad-CAM, arXiv:2011.08891, 2020");
  static const Method method = method_of_rule(
      descriptor, {[](const at::Tensor& a, const at::Tensor& g) { return (g * a).sum(-1); }, true, true, "logit",
                   /*sums_products=*/true});
  return method;
}

const Method& layer_cam_method() {
  static const MethodDescriptor descriptor = described("layercam", "LayerCAM", "Jiang et al., LayerCAM, IEEE TIP 2021");
  static const Method method = method_of_rule(
      descriptor, {[](const at::Tensor& a, const at::Tensor& g) { return (g.clamp_min(0) * a).sum(-1); }});
  return method;
}

const Method& grad_cam_elementwise_method() {
  static const MethodDescriptor descriptor =
      described("gradcam-elementwise", "Grad-CAM, element-wise", "Gildenblat et al., pytorch-grad-cam, 2021");
  static const Method method = method_of_rule(
      descriptor,
      {[](const at::Tensor& a, const at::Tensor& g) { return (g * a).clamp_min(0).sum(-1); }, true, false, "logit"});
  return method;
}

}  // namespace orderscope
