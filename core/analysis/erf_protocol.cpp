// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/erf_protocol.h"

namespace orderscope {

std::string to_string(ErfScale scale) {
  switch (scale) {
    case ErfScale::Log10: return "log10";
    case ErfScale::Linear: return "linear";
    case ErfScale::FifthRoot: return "fifth_root";
    case ErfScale::Share: return "share";
  }
  return {};
}

const std::vector<ErfProtocol>& erf_protocols() {
  static const std::vector<ErfProtocol> all = [] {
    ErfProtocol replknet;
    replknet.id = "replknet";
    replknet.title = "RepLKNet";
    replknet.citation = "Ding et al., Scaling Up Your Kernels to 31x31, CVPR 2022; erf/ of the official code";

    ErfProtocol slak = replknet;
    slak.id = "slak";
    slak.title = "SLaK";
    slak.citation = "Liu et al., More ConvNets in the 2020s, ICLR 2023";
    slak.scale = ErfScale::Linear;

    ErfProtocol vmamba = replknet;
    vmamba.id = "vmamba";
    vmamba.title = "VMamba";
    vmamba.citation = "Liu et al., VMamba, NeurIPS 2024; analyze/ of the official code";
    vmamba.warp = false;
    vmamba.random_images = true;
    vmamba.scale = ErfScale::FifthRoot;

    ErfProtocol openerf = replknet;
    openerf.id = "openerf";
    openerf.title = "OpenERF";
    openerf.citation = "Kim et al., BMVC 2023; the OpenERF package";
    openerf.size = 0;
    openerf.warp = false;
    openerf.images = 1000;
    openerf.relu_features = false;
    openerf.relu_each_color = false;
    openerf.scale = ErfScale::Share;
    return std::vector{replknet, slak, vmamba, openerf};
  }();
  return all;
}

Result<ErfProtocol> erf_protocol(const std::string& id) {
  for (const ErfProtocol& protocol : erf_protocols())
    if (protocol.id == id) return protocol;
  return fail(Error::Kind::InvalidInput, "there is no such protocol", id, "use replknet, slak, vmamba or openerf");
}

Preprocessing erf_preprocessing(const ErfProtocol& protocol, const Preprocessing& own) {
  if (protocol.size == 0) return own;
  Preprocessing how = own;
  how.size = protocol.size;
  how.warp = protocol.warp;
  how.crop_pct = 1;
  return how;
}

const MethodDescriptor& erf_descriptor() {
  using Type = MethodParameter::Type;
  static const MethodDescriptor descriptor = [] {
    MethodDescriptor d;
    d.id = "erf";
    d.title = "Effective receptive field";
    d.citation = "Luo et al., NeurIPS 2016; protocols of RepLKNet, SLaK, VMamba and OpenERF";
    std::vector<std::string> ids;
    for (const ErfProtocol& protocol : erf_protocols()) ids.push_back(protocol.id);
    d.parameters = {
        {"protocol", Type::Choice, "whose rules; numbers of different protocols must not be compared", "replknet", ids,
         0, 0},
        {"layer",
         Type::Layer,
         "whose centre is looked at; last: the last block, before the final norm",
         "last",
         {},
         0,
         0},
        {"count", Type::Integer, "images to average over; 0: as the protocol says", "0", {}, 0, 1e6},
        {"bootstrap", Type::Integer, "resamplings of the images for the 95 % intervals; 0: none", "1000", {}, 0, 1e5},
        {"seed", Type::Integer, "of everything random", "0", {}, 0, 2147483647}};
    d.needs_gradient = true;
    d.yields = "map over many images";
    return d;
  }();
  return descriptor;
}

}  // namespace orderscope
