// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/session_document.h"

#include <utility>

#include "core/base/files.h"

namespace orderscope {

namespace fs = std::filesystem;

namespace {

constexpr int kCopyDelay = 3000;  // milliseconds from a change to the copy
const QString kOpen = QStringLiteral("open"), kSave = QStringLiteral("save"), kCopy = QStringLiteral("copy");

QString text_of(const Error& error) { return QString::fromStdString(error.message()); }

fs::file_time_type time_of(const fs::path& path) {
  std::error_code error;
  const auto time = fs::last_write_time(path, error);
  return error ? fs::file_time_type::min() : time;
}

}  // namespace

SessionDocument::SessionDocument(JobList& jobs, Collect collect, Apply apply, QObject* parent)
    : QObject(parent), collect_(std::move(collect)), apply_(std::move(apply)), runner_(jobs) {
  compare_timer_.setSingleShot(true);
  compare_timer_.setInterval(0);
  connect(&compare_timer_, &QTimer::timeout, this, &SessionDocument::compare);
  copy_timer_.setSingleShot(true);
  copy_timer_.setInterval(kCopyDelay);
  connect(&copy_timer_, &QTimer::timeout, this, &SessionDocument::write_copy);
}

SessionDocument::~SessionDocument() = default;

void SessionDocument::keep_copies(const fs::path& folder) {
  recovery_ = std::make_unique<Recovery>(folder);
  touch();
}

std::vector<Recovery::Orphan> SessionDocument::orphans() const {
  return recovery_ ? recovery_->orphans() : std::vector<Recovery::Orphan>();
}

QString SessionDocument::name() const { return QString::fromStdString(path_.filename().string()); }

void SessionDocument::touch() { compare_timer_.start(); }

void SessionDocument::settle() {
  if (!settling_) return;
  settling_ = false;
  clean_ = fingerprint();
  touch();
}

std::string SessionDocument::fingerprint() const {
  SessionFile session = collect_();
  // Hashes come in as files are read; that changes nothing.
  for (auto* sources : {&session.models, &session.images})
    for (SessionSource& source : *sources) source = {source.path, {}, -1, {}};
  return session_text(session, "/session");
}

void SessionDocument::compare() {
  std::string now = fingerprint();
  if (settling_) return;
  set_modified(modified_after_recovery_ || now != clean_);
  // What nobody has changed is not worth a copy; once there is one it must not grow old.
  const bool wanted = recovery_ && (modified_ || !copied_.empty()) && now != copied_;
  // The timer is not started anew by each change: somebody who drags a slider for a minute has a copy too.
  if (wanted && !copy_timer_.isActive()) copy_timer_.start();
}

void SessionDocument::set_modified(bool modified) {
  if (modified_ == modified) return;
  modified_ = modified;
  Q_EMIT state_changed();
}

void SessionDocument::start_anew() {
  runner_.cancel_all();
  opening_.reset();
  settling_ = true;
  apply_(SessionFile());
  extra_ = nlohmann::json::object();
  methods_.clear();
  take_path({});
  settle();
}

void SessionDocument::open(const fs::path& path) { read(path, std::nullopt); }
void SessionDocument::recover(const Recovery::Orphan& orphan) { read(orphan.file, orphan); }

void SessionDocument::read(const fs::path& path, std::optional<Recovery::Orphan> orphan) {
  runner_.start<Opening>(
      kOpen, tr("opening %1").arg(QString::fromStdString(path.filename().string())),
      [path, orphan, trusted = trusted_, allowed = always_allowed_](const JobContext& job) -> Result<Opening> {
        Opening opening{fs::absolute(path), {}, {}, orphan, PathScope::anywhere()};
        TRY(opening.session, read_session(path));
        // What this program put aside itself may name any file.
        if (!orphan && !allowed) opening.scope = scope_of_session(path, trusted);
        TRY(opening.checks, find_sources(opening.session, {opening.path.parent_path()}, opening.scope, job));
        return opening;
      },
      [this](Result<Opening> opening) {
        if (!opening) {
          Q_EMIT failed(text_of(opening.error()));
          return;
        }
        opening_ = std::move(*opening);
        finish_opening();
      });
}

void SessionDocument::search(const fs::path& folder) {
  if (!opening_) return;
  const fs::path own = opening_->path.parent_path();
  if (!opening_->scope.is_anywhere()) opening_->scope = PathScope::below({own, folder});
  check({own, folder});
}

void SessionDocument::allow_outside() {
  if (!opening_) return;
  opening_->scope = PathScope::anywhere();
  check({opening_->path.parent_path()}, true);
}

void SessionDocument::check(std::vector<fs::path> folders, bool trust) {
  runner_.start<Opening>(
      kOpen, tr("looking for the session's files"),
      [opening = *opening_, folders = std::move(folders), trusted = trusted_,
       trust](const JobContext& job) mutable -> Result<Opening> {
        // Where it cannot be remembered it is asked again the next time.
        if (trust) (void)trusted.add(opening.path);
        TRY(opening.checks, find_sources(opening.session, folders, opening.scope, job));
        return std::move(opening);
      },
      [this](Result<Opening> opening) {
        if (opening) opening_ = std::move(*opening);
        if (opening_) finish_opening();
      });
}

void SessionDocument::open_without() {
  if (!opening_) return;
  std::vector<SourceCheck> left_out = std::move(opening_->checks);
  const bool outside = any_outside(left_out);
  // What is missing is asked about on its own.
  if (outside) std::erase_if(left_out, [](const SourceCheck& check) { return check.state != SourceState::Outside; });
  drop_unusable(opening_->session, left_out);
  opening_->checks.clear();
  if (outside) return check({opening_->path.parent_path()});
  finish_opening();
}

void SessionDocument::finish_opening() {
  if (any_outside(opening_->checks)) {
    std::vector<SourceCheck> outside = opening_->checks;
    std::erase_if(outside, [](const SourceCheck& check) { return check.state != SourceState::Outside; });
    Q_EMIT outside_named(QString::fromStdString(missing_sources(opening_->session, outside, "")->what));
    return;
  }
  if (const auto missing = missing_sources(opening_->session, opening_->checks, "")) {
    Q_EMIT sources_missing(QString::fromStdString(missing->what));
    return;
  }
  Opening opening = std::move(*opening_);
  opening_.reset();
  remember(opening.session);
  extra_ = opening.session.extra;
  methods_ = opening.session.methods;
  settling_ = true;
  apply_(opening.session);
  if (opening.orphan) {
    // It was never saved as this: it stays to be saved, and until then this window's own copy takes its place.
    const auto saved_as = extra_.find("saved_as");
    take_path(saved_as != extra_.end() && saved_as->is_string() ? fs::path(saved_as->get<std::string>()) : fs::path());
    extra_.erase("saved_as");
    modified_after_recovery_ = true;
    set_modified(true);
    // The orphan is the only copy until this window has its own.
    if (recovery_ && write_session(opening.session, recovery_->file())) Recovery::discard(*opening.orphan);
  } else {
    take_path(opening.path);
  }
  if (opening.session.models.empty()) settle();  // nothing will be computed
  Q_EMIT opened(path_);
}

void SessionDocument::save(const fs::path& path) {
  if (locked_elsewhere_ && path == path_) {
    Q_EMIT failed(tr("%1 is open in another window; save it under another name").arg(name()));
    return;
  }
  SessionFile session = collect_();
  complete(session);
  std::string saved_state = fingerprint();
  runner_.start<SessionFile>(
      kSave, tr("saving %1").arg(QString::fromStdString(path.filename().string())),
      [session = std::move(session), path, trusted = trusted_](const JobContext& job) mutable -> Result<SessionFile> {
        TRY_VOID(complete_hashes(session, job));
        TRY_VOID(write_session(session, path));
        // Where it cannot be remembered it is asked about when it is opened.
        (void)trusted.add(path);
        return std::move(session);
      },
      [this, path, saved_state = std::move(saved_state)](Result<SessionFile> written) {
        if (!written) {
          Q_EMIT failed(text_of(written.error()));
          return;
        }
        remember(*written);
        take_path(path);
        settling_ = false;
        clean_ = saved_state;
        touch();  // it may have been changed meanwhile
        Q_EMIT saved(path);
      });
}

void SessionDocument::take_path(const fs::path& path) {
  if (path.empty() || path != path_ || !lock_) {
    lock_.reset();
    locked_elsewhere_ = false;
    if (!path.empty()) {
      const fs::path lock = path.parent_path() / (".~" + path.filename().string() + ".lock");
      lock_ = std::make_unique<QLockFile>(QString::fromStdString(lock.string()));
      lock_->setStaleLockTime(0);
      // A folder that cannot be written has no lock and needs none.
      locked_elsewhere_ = !lock_->tryLock(0) && lock_->error() == QLockFile::LockFailedError;
    }
  }
  path_ = path;
  modified_ = modified_after_recovery_ = false;
  Q_EMIT state_changed();
}

void SessionDocument::remember(const SessionFile& session) {
  for (const auto* sources : {&session.models, &session.images})
    for (const SessionSource& source : *sources)
      known_[source.path] = {source.sha256, source.size, time_of(source.path), source.extra};
}

void SessionDocument::complete(SessionFile& session) const {
  for (auto* sources : {&session.models, &session.images})
    for (SessionSource& source : *sources) {
      const auto found = known_.find(source.path);
      if (found == known_.end()) continue;
      source.extra = found->second.extra;
      if (found->second.sha256.empty() || found->second.time != time_of(source.path)) continue;
      source.sha256 = found->second.sha256;
      source.size = found->second.size;
    }
  session.extra = extra_;
  session.methods = methods_;
}

void SessionDocument::write_copy() {
  if (!recovery_) return;
  copied_ = fingerprint();
  SessionFile session = collect_();
  complete(session);
  if (!path_.empty()) session.extra["saved_as"] = path_.string();
  copier_.start<bool>(
      kCopy, tr("keeping a copy"),
      [session = std::move(session), file = recovery_->file()](const JobContext&) -> Result<bool> {
        TRY_VOID(write_session(session, file));
        return true;
      },
      // A full disk would say so every few seconds; saving says it once.
      [](Result<bool>) {});
}

}  // namespace orderscope
