// SPDX-License-Identifier: GPL-3.0-or-later
#include <mutex>

#include "core/analysis/ablation_cam.h"
#include "core/analysis/agreement.h"
#include "core/analysis/array_difference.h"
#include "core/analysis/attention.h"
#include "core/analysis/cka.h"
#include "core/analysis/eigen_cam.h"
#include "core/analysis/erf_protocol.h"
#include "core/analysis/faithfulness.h"
#include "core/analysis/full_grad.h"
#include "core/analysis/grad_cam.h"
#include "core/analysis/gradient_cams.h"
#include "core/analysis/input_gradients.h"
#include "core/analysis/interactions.h"
#include "core/analysis/layer_statistics.h"
#include "core/analysis/method.h"
#include "core/analysis/mixer_kernels.h"
#include "core/analysis/occlusion.h"
#include "core/analysis/order_ablation.h"
#include "core/analysis/order_cam.h"
#include "core/analysis/order_contribution.h"
#include "core/analysis/order_decomposition.h"
#include "core/analysis/order_flow.h"
#include "core/analysis/order_maps.h"
#include "core/analysis/order_spectrum.h"
#include "core/analysis/pca_rgb.h"
#include "core/analysis/score_cam.h"

namespace orderscope {

namespace {

struct Registered {
  std::mutex mutex;
  std::vector<std::shared_ptr<const Method>> methods;
};

Registered& registered() {
  static Registered all;
  return all;
}

const std::vector<const Method*>& built_in_methods() {
  // One a line, so that adding a method changes one line.
  static const std::vector<const Method*> all{
      &grad_cam_method(),              //
      &grad_cam_plus_plus_method(),    //
      &x_grad_cam_method(),            //
      &hi_res_cam_method(),            //
      &layer_cam_method(),             //
      &grad_cam_elementwise_method(),  //
      &eigen_cam_method(),             //
      &eigen_grad_cam_method(),        //
      &score_cam_method(),             //
      &ablation_cam_method(),          //
      &full_grad_method(),             //
      &integrated_gradients_method(),  //
      &smooth_grad_method(),           //
      &occlusion_method(),             //
      &order_cam_method(),             //
      &order_decomposition_method(),   //
      &order_flow_method(),            //
      &order_spectrum_method(),        //
      &order_ablation_method(),        //
      &attention_method(),             //
      &layer_statistics_method(),      //
  };
  return all;
}

/// Those that look at many images, or at a model's inside in ways of their own; each has a command.
const std::vector<const MethodDescriptor*>& other_descriptors() {
  static const std::vector<const MethodDescriptor*> all{
      &order_maps_descriptor(),          //
      &order_contribution_descriptor(),  //
      &interactions_descriptor(),        //
      &erf_descriptor(),                 //
      &cka_descriptor(),                 //
      &agreement_descriptor(),           //
      &pca_descriptor(),                 //
      &faithfulness_descriptor(),        //
      &mixer_kernels_descriptor(),       //
      &array_difference_descriptor(),    //
  };
  return all;
}

}  // namespace

std::vector<const Method*> all_methods() {
  std::vector<const Method*> all = built_in_methods();
  const std::lock_guard lock(registered().mutex);
  for (const auto& method : registered().methods) all.push_back(method.get());
  return all;
}

const Method* find_method(const std::string& id) {
  for (const Method* method : all_methods())
    if (method->descriptor.id == id) return method;
  return nullptr;
}

Result<void> register_method(std::shared_ptr<const Method> method) {
  const std::string& id = method->descriptor.id;
  if (find_descriptor(id)) return fail(Error::Kind::InvalidInput, "there is a method of this id already", id);
  const std::lock_guard lock(registered().mutex);
  registered().methods.push_back(std::move(method));
  return {};
}

std::vector<const MethodDescriptor*> methods() {
  std::vector<const MethodDescriptor*> all = other_descriptors();
  for (const Method* method : all_methods()) all.push_back(&method->descriptor);
  return all;
}

const MethodDescriptor* find_descriptor(const std::string& id) {
  for (const MethodDescriptor* method : methods())
    if (method->id == id) return method;
  return nullptr;
}

}  // namespace orderscope
