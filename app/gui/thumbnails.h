// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QObject>
#include <filesystem>

#include "app/gui/background_threads.h"

namespace orderscope {

/// Reads pictures in the background and gives them back small.
class ThumbnailLoader : public QObject {
  Q_OBJECT

 public:
  explicit ThumbnailLoader(QObject* parent = nullptr);
  void load(const std::filesystem::path& path);

 Q_SIGNALS:
  /// `image` is null and `problem` one line if it could not be read.
  void loaded(const std::filesystem::path& path, const QImage& image, const QString& problem);

 private:
  BackgroundThreads thread_;  ///< drops what has not begun, then waits
};

}  // namespace orderscope
