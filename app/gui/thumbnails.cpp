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
    QImage small;
    QString problem;
    const auto ran = guarded([&] {
      if (auto decoded = decode_image(path))
        small = to_qimage(decoded->image)
                    .scaled(kShortSide, kShortSide, Qt::KeepAspectRatioByExpanding, Qt::SmoothTransformation);
      else
        problem = QString::fromStdString(decoded.error().message());
    });
    if (!ran) problem = QString::fromStdString(ran.error().message());
    thread_.post([this, path, small, problem] { Q_EMIT loaded(path, small, problem); });
  });
}

}  // namespace orderscope
