// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cuda/side_stream.h"

#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <exception>

namespace orderscope::cuda {

namespace {

/// What `second` does from now on comes after all that `first` has to do so far.
void follow(const c10::Stream& first, const c10::Stream& second) {
  c10::Event event(first.device_type());
  event.record(first);
  event.block(second);
}

c10::Stream current_stream(const at::Device& device) {
  return c10::impl::VirtualGuardImpl(device.type()).getStream(device);
}

}  // namespace

SideStream::SideStream(const at::Device& device)
    : stream_(c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device)) {}

SideStream::~SideStream() {
  if (held_.empty()) return;
  try {
    join();
  } catch (const std::exception&) {
    // The device is in error; whoever uses it next is told.
  }
}

at::Tensor SideStream::run(const std::function<at::Tensor()>& work, std::vector<at::Tensor> inputs) {
  follow(current_stream(stream_.device()), stream_);
  for (at::Tensor& input : inputs) held_.push_back(std::move(input));
  const c10::StreamGuard on_side(stream_);
  return work();
}

void SideStream::join() {
  follow(stream_, current_stream(stream_.device()));
  held_.clear();
}

}  // namespace orderscope::cuda
