// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "core/base/job.h"
#include "core/run/panel_run.h"

namespace orderscope::cli {

/// The figure of a session, computed and written; with `data` its numbers beside it. In a build without Qt there are
/// no figures: Unsupported.
Result<void> write_figure(const SessionFile& session, const PanelRunner::OpenModel& open,
                          const std::filesystem::path& path, bool data, const JobContext& job);

}  // namespace orderscope::cli
