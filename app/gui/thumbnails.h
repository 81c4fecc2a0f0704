// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QObject>
#include <QThreadPool>
#include <filesystem>

namespace orderscope {

/// Reads pictures in the background and gives them back small.
class ThumbnailLoader : public QObject {
  Q_OBJECT

 public:
  explicit ThumbnailLoader(QObject* parent = nullptr);
  ~ThumbnailLoader() override;  ///< drops what has not begun, then waits

  void load(const std::filesystem::path& path);

 Q_SIGNALS:
  /// `image` is null and `problem` one line if it could not be read.
  void loaded(const std::filesystem::path& path, const QImage& image, const QString& problem);

 private:
  QThreadPool pool_;
};

}  // namespace orderscope
