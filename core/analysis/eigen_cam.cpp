// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/eigen_cam.h"

#include <ATen/ATen.h>

#include <limits>

#include "core/analysis/cam_layer.h"
#include "core/analysis/cam_rule.h"

namespace orderscope {

namespace {

/// Rows [N, P, C] on their first principal component, [N, P].
at::Tensor first_projection(const at::Tensor& rows) {
  std::vector<at::Tensor> images;
  for (const at::Tensor& image : rows.unbind(0)) {
    const at::Tensor x = image.to(at::kDouble);
    // LAPACK does not return from some matrices that hold NaN.
    if (!at::isfinite(x).all().item<bool>()) {
      images.push_back(at::full({x.size(0)}, std::numeric_limits<double>::quiet_NaN(), x.options()));
      continue;
    }
    const auto [u, s, v] = at::linalg_svd(x - x.mean(0, true), /*full_matrices=*/false);
    const at::Tensor values = u.select(1, 0) * s[0];
    images.push_back(values.max().item<double>() >= -values.min().item<double>() ? values : -values);
  }
  return at::stack(images).to(rows.scalar_type());
}

}  // namespace

const Method& eigen_cam_method() {
  static const MethodDescriptor descriptor{"eigencam",
                                           "Eigen-CAM",
                                           "Muhammad and Yeasin, Eigen-CAM, IJCNN 2020",
                                           {cam_layer_parameter(), class_parameter()},
                                           /*needs_gradient=*/false,
                                           /*needs_gnconv=*/false,
                                           "map",
                                           /*explains_regions=*/true};
  static const Method method =
      method_of_rule(descriptor, {[](const at::Tensor& a, const at::Tensor&) { return first_projection(a); },
                                  /*needs_gradient=*/false, /*is_signed=*/true, "activation"});
  return method;
}

const Method& eigen_grad_cam_method() {
  static const MethodDescriptor descriptor{"eigengradcam",
                                           "Eigen-Grad-CAM",
                                           "Gildenblat et al., pytorch-grad-cam, 2021, after Muhammad and Yeasin 2020",
                                           {cam_layer_parameter(), class_parameter()},
                                           /*needs_gradient=*/true,
                                           /*needs_gnconv=*/false,
                                           "map",
                                           /*explains_regions=*/true};
  static const Method method =
      method_of_rule(descriptor, {[](const at::Tensor& a, const at::Tensor& g) { return first_projection(a * g); }});
  return method;
}

}  // namespace orderscope
