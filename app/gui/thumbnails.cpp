// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/thumbnails.h"

#include "core/base/guard.h"
#include "core/image/image.h"
#include "widgets/figure/map_image.h"

namespace orderscope {
namespace {

constexpr int kShortSide = 240;  // sharp on a display with two device pixels a pixel

}  // namespace

ThumbnailLoader::ThumbnailLoader(QObject* parent) : QObject(parent) {}

void ThumbnailLoader::load(const std::filesystem::path& path) {
  thread_.run([this, path] {
    const auto small = guarded([&]() -> Result<QImage> {
      TRY(const auto decoded, decode_image(path));
      return to_qimage(decoded.image)
          .scaled(kShortSide, kShortSide, Qt::KeepAspectRatioByExpanding, Qt::SmoothTransformation);
    });
    const QString problem = small ? QString() : QString::fromStdString(small.error().message());
    thread_.post([this, path, small, problem] { Q_EMIT loaded(path, small.value_or(QImage()), problem); });
  });
}

}  // namespace orderscope
