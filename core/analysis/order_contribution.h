// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/analysis/descriptor.h"
#include "core/analysis/map.h"
#include "core/models/model.h"

namespace orderscope {

class Trace;
struct Probe;

/// What each gate was worth to a class: sum over channels of gate_k * d logit / d gate_k, signed, at each pixel. It is
/// the first-order change of the logit if the gate were scaled, so its sum over the image tells whether order k speaks
/// for the class or against it. Whatever passes gate k passes the gates after it too, so at a pixel the contributions
/// of orders k and k + 1 differ only by what enters between them: the bias of pws. Maps that look alike across orders
/// are therefore no fault.
const MethodDescriptor& order_contribution_descriptor();

Probe order_contribution_probe(const std::string& blocks = "*");

/// [block][order - 1] after Trace::backward, for image `n`; empty for blocks without a gnConv.
std::vector<std::vector<Map>> order_contributions(const Trace& trace, std::size_t probe, const Model& model, int n = 0);

}  // namespace orderscope
