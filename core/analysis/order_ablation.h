// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "core/analysis/method.h"
#include "core/trace/trace.h"

namespace orderscope {

/// What is put in place of a gate: nothing, its own mean over space (channel by channel), itself times a factor, or the
/// gate of another image.
enum class GateReplacement { Zero, Mean, Scale, Swap };

std::string to_string(GateReplacement mode);  ///< "zero", "mean", "scale", "swap"

/// Changes the gates of one order in the blocks whose names match. A pattern as glob_match has it; a stage may be named
/// alone ("stages.2").
struct OrderEdit {
  std::string blocks = "*";
  int order = 0;  ///< from 1; 0: every order of the block
  GateReplacement mode = GateReplacement::Zero;
  double factor = 0;  ///< of Scale
};

/// The gates of one image by tap name, for Swap.
using Gates = std::map<std::string, at::Tensor>;

/// Runs the model on the image and keeps all gates. Errors: as Trace::forward.
Result<Gates> record_gates(const Model& model, const at::Tensor& image, const JobContext& job = {});

/// The edits of a trace that do it. Errors: InvalidInput if the model has no gnConv, no block matches, none of those
/// that match has such an order (names the orders there are), the factor is not finite, or Swap lacks `other`.
Result<std::vector<Edit>> order_edits(const Model& model, const OrderEdit& edit, const Gates& other = {});

/// What is ablated together: an order in all blocks, in one stage, in one block.
enum class AblationScope { Network, Stage, Block };

std::string to_string(AblationScope scope);  ///< "network", "stage", "block"

/// One ablation of a sweep.
struct AblatedOrder {
  std::string where;  ///< "network", "stages.2", "stages.2.5"
  int order = 0;
  std::vector<Edit> edits;
};

/// Every order for itself in every unit of the scope that has it, in the order of the network; `how.blocks` chooses
/// among blocks, `how.order` (if not 0) among orders. Errors: as order_edits.
Result<std::vector<AblatedOrder>> order_sweep(const Model& model, AblationScope scope, const OrderEdit& how,
                                              const Gates& other = {});

/// What became of a class.
struct OrderEffect {
  std::string where;
  int order = 0;
  double logit = 0, probability = 0;                ///< with the edit
  double logit_change = 0, probability_change = 0;  ///< minus what they are without it
};

/// Applies each ablation to the trace's only image; see Trace::rerun. Errors: as Trace::rerun; InvalidInput if the
/// trace's own logits are not finite, for then nothing can be compared.
Result<std::vector<OrderEffect>> order_effects(const Trace& trace, const std::vector<AblatedOrder>& sweep,
                                               int class_index, const JobContext& job = {}, std::int64_t batch = 16);

/// The effects as a matrix `where` x order; NaN where a block lacks the order.
Matrix effect_matrix(const std::vector<OrderEffect>& effects, double OrderEffect::*quantity, const std::string& name);

/// Order ablation as a method: what the removal of each order does to the class, in numbers and matrices. Ours; HorNet
/// (Rao et al., NeurIPS 2022) only compares networks trained with other orders.
const Method& order_ablation_method();

}  // namespace orderscope
