// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/image.h"

#include "core/image/label_image.h"
#include "tests/fuzz/targets/support.h"

namespace orderscope::fuzz {

void image(Bytes bytes) {
  const auto file = file_of(bytes);
  const auto decoded = decode_image(file);
  if (!decoded) return check_error(decoded.error());
  for (const std::string& warning : decoded->warnings)
    if (warning.find('\n') != std::string::npos) violated("a warning is one line");
  const Image& picture = decoded->image;
  if (picture.width < 1 || picture.height < 1) violated("a picture has pixels");
  if (picture.rgb.size() != static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height) * 3)
    violated("a picture has three bytes a pixel");
}

}  // namespace orderscope::fuzz
