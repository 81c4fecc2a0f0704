// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/figure.h"

namespace orderscope::cli {

Result<void> write_figure(const SessionFile&, const PanelRunner::OpenModel&, const std::filesystem::path& path, bool,
                          const JobContext&) {
  return fail(Error::Kind::Unsupported, "this orderscope-cli was built without Qt, so it draws no figures",
              path.string(), "build with -DORDERSCOPE_GUI=ON");
}

}  // namespace orderscope::cli
