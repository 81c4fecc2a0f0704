// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

#include "core/base/job.h"

namespace orderscope {

/// Unwinds tensor code, autograd's engine included, when somebody asked to stop. Never leaves `guarded`.
void throw_if_cancelled(const JobContext& job);

/// Runs tensor code and turns what it throws into an Error: Cancelled, OutOfMemory, else InvalidInput.
Result<void> guarded(const std::function<void()>& code);

}  // namespace orderscope
