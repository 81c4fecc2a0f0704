// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/recovery.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>
#include <QUuid>

namespace orderscope {

namespace fs = std::filesystem;

namespace {

const QString kLockSuffix = QStringLiteral(".lock");

std::unique_ptr<QLockFile> lock_of(const fs::path& file) {
  auto lock = std::make_unique<QLockFile>(QString::fromStdString(file.string()) + kLockSuffix);
  // A window may stay open for weeks; only the end of its process makes the lock stale.
  lock->setStaleLockTime(0);
  return lock;
}

}  // namespace

fs::path Recovery::user_folder() {
  const QString named = qEnvironmentVariable("ORDERSCOPE_RECOVERY");
  if (!named.isEmpty()) return named.toStdString();
  return fs::path(QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation).toStdString()) / "recovery";
}

Recovery::Recovery(fs::path folder) : folder_(std::move(folder)) {
  QDir().mkpath(QString::fromStdString(folder_.string()));
  file_ = folder_ / (QUuid::createUuid().toString(QUuid::WithoutBraces).toStdString() + kSessionSuffix);
  lock_ = lock_of(file_);
  lock_->tryLock(0);
}

Recovery::~Recovery() {
  std::error_code ignored;
  fs::remove(file_, ignored);
}

std::vector<Recovery::Orphan> Recovery::orphans() const {
  std::vector<Orphan> found;
  const QDir folder(QString::fromStdString(folder_.string()));
  const QStringList names = {QStringLiteral("*") + QString::fromLatin1(kSessionSuffix)};
  for (const QFileInfo& info : folder.entryInfoList(names, QDir::Files, QDir::Time)) {
    const fs::path file = info.absoluteFilePath().toStdString();
    if (file.filename() == file_.filename()) continue;
    std::shared_ptr<QLockFile> lock = lock_of(file);
    if (lock->tryLock(0)) found.push_back({file, info.lastModified(), std::move(lock)});
  }
  return found;
}

void Recovery::discard(const Orphan& orphan) {
  std::error_code ignored;
  fs::remove(orphan.file, ignored);
  orphan.lock->unlock();
}

}  // namespace orderscope
