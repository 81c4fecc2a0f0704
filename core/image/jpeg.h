// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/image/image.h"

namespace orderscope {

/// The picture as a JPEG file, for photographs in reports; nothing that is measured goes this way. `quality`: 1 to 100.
/// Errors: InvalidInput (empty, or larger than JPEG allows).
Result<std::string> encode_jpeg(const Image& image, int quality = 85);

}  // namespace orderscope
