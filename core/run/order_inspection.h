// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/analysis/map.h"
#include "core/analysis/order_factor.h"
#include "core/base/job.h"
#include "core/image/image.h"
#include "core/models/model.h"
#include "core/run/dense_prediction.h"
#include "core/run/inspection.h"

namespace orderscope {

struct DenseSubject;
struct Target;

/// One term of a gnConv's output, and how far the terms up to it come.
struct OrderTerm {
  std::string name;              ///< "degree.3"; "bias", "gates.2"
  int power = 0;                 ///< degree in the input (an interaction of order degree - 1), or gates passed
  double energy = 0, share = 0;  ///< mean square over channels and pixels; of the sum over the terms
  double contribution = 0;       ///< to the class' logit: <d logit / d output, term>, signed
  Map map;                       ///< mean square over channels
  Map contribution_map;          ///< sum over channels of (d logit / d output) * term
  Map partial;                   ///< mean square over channels of the sum of all terms up to this one
  double missing = 0;            ///< energy of what the later terms add, divided by that of the output; may exceed 1
};

/// The output of one gnConv as the sum of its terms.
struct OrderTermSum {
  std::string block;
  int order = 0;
  bool by_gates = false;
  int class_index = -1;
  std::vector<OrderTerm> terms;  ///< in ascending power; the last one's `partial` is that of the output
  double contribution = 0;       ///< what those of the terms add up to
  double defect = 0;             ///< max |sum of terms - output| / max |output|: rounding
  std::vector<std::string> warnings;
};

/// How a block's energy falls on its terms.
struct OrderTermShares {
  std::string block;
  bool by_gates = false;
  std::vector<double> shares;  ///< by power, from 0; empty for a block without a gnConv
};

/// A channel of a gate, state or value, and the learned weights behind it.
struct TapChannel {
  int channel = 0;
  double energy = 0, share = 0;  ///< mean square over space; of the sum over all channels
  Map map;                       ///< as it is, signed
  Map kernel;  ///< of a gate and its state: the depthwise kernel, or of a global filter the magnitude of its frequency
               ///< response, zero frequency in the middle; else empty
  bool is_spectrum = false;  ///< the kernel is such a response
};

struct TapChannels {
  std::string tap;
  int channels = 0;               ///< of the tap
  std::vector<TapChannel> shown;  ///< those with most energy, the largest first
};

/// Whether a block's gates are linear in its input, so that its output has parts by degree; else only by gates.
bool has_degrees(const Model& model, const BlockInfo& block);

/// One image in one HorNet, kept to take its gnConvs apart and to mix their orders. The forward pass is run when
/// something is first asked for. Not thread safe; use it from one worker at a time. No LibTorch in this header.
class OrderInspection {
 public:
  OrderInspection(std::shared_ptr<const Model> model, InputImage image);
  /// Of a segmenter or detector, which is asked by DenseQuestion and whose orders are not mixed.
  explicit OrderInspection(std::shared_ptr<const DenseSubject> subject);
  ~OrderInspection();

  /// Takes one block apart. By gates too where asked or where there are no degrees. Errors: InvalidInput (no such block
  /// or class, no gnConv there), Cancelled, OutOfMemory, as Trace::forward.
  Result<OrderTermSum> terms(const std::string& block, bool by_gates, int class_index, const JobContext& job = {});
  /// The same for a score of a segmenter or detector. Errors: also those of DenseSubject::target.
  Result<OrderTermSum> terms(const std::string& block, bool by_gates, const DenseQuestion& question,
                             const JobContext& job = {});

  /// Of every block of the model. Errors: as terms.
  Result<std::vector<OrderTermShares>> shares(const JobContext& job = {});

  /// The channels with most energy at a tap with a spatial layout, at most `most`. Errors: InvalidInput (no such tap,
  /// no channels over space), Cancelled, OutOfMemory.
  Result<TapChannels> channels(const std::string& tap, int most, const JobContext& job = {});

  /// All classes with gates multiplied by factors; see OrderMixer. Errors: also Unsupported for other than classifiers.
  Result<std::vector<ClassScore>> mix(std::span<const OrderFactor> factors, const JobContext& job = {});

 private:
  Result<void> prepare(const JobContext& job);
  Result<OrderTermSum> terms_of(const std::string& block, bool by_gates, const Target& target, const JobContext& job);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace orderscope
