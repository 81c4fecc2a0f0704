// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plugin.h"

#include "channel_diversity.h"

namespace {

void add(orderscope::PluginHost& host) {
  host.add_method(channel_diversity::method());
  host.add_colormap("cubehelix", channel_diversity::cubehelix());
}

}  // namespace

ORDERSCOPE_PLUGIN("channel-diversity", "1.0", "how many channels share a pixel's energy; the colour map cubehelix", add)
