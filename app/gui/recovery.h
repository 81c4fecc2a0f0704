// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDateTime>
#include <QLockFile>
#include <QString>
#include <memory>
#include <vector>

#include "core/run/session_file.h"

namespace orderscope {

/// Copies of sessions that outlive a crash: a file a running window in one folder, with a lock that tells whether its
/// window is still there.
class Recovery {
 public:
  /// What a window left that ended without saying so.
  struct Orphan {
    std::filesystem::path file;
    QDateTime when;
    std::shared_ptr<QLockFile> lock;  ///< held, so that no other window offers it too
  };

  static std::filesystem::path user_folder();  ///< the desktop's place for it, or what ORDERSCOPE_RECOVERY names

  explicit Recovery(std::filesystem::path folder);
  ~Recovery();  ///< an orderly end: the copy goes
  Recovery(const Recovery&) = delete;
  Recovery& operator=(const Recovery&) = delete;

  /// Where this window's copy is kept.
  const std::filesystem::path& file() const { return file_; }

  std::vector<Orphan> orphans() const;
  static void discard(const Orphan& orphan);

 private:
  std::filesystem::path folder_, file_;
  std::unique_ptr<QLockFile> lock_;
};

}  // namespace orderscope
