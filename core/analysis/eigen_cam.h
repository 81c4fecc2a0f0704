// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/method.h"

namespace orderscope {

/// Eigen-CAM (Muhammad and Yeasin, IJCNN 2020): the pixels x channels matrix of a layer's activation, its columns
/// centred, projected on its first right singular vector. The class plays no part. Reference: pytorch-grad-cam.
/// A singular vector has no sign of its own and LAPACK's is arbitrary: here the value of largest magnitude is positive.
const Method& eigen_cam_method();

/// The same of activation x gradient (pytorch-grad-cam's Eigen-Grad-CAM), hence of a class.
const Method& eigen_grad_cam_method();

}  // namespace orderscope
