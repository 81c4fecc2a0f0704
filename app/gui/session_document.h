// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDateTime>
#include <QLockFile>
#include <QObject>
#include <QTimer>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "app/gui/job_runner.h"
#include "app/gui/recovery.h"
#include "core/run/session_sources.h"
#include "core/run/trusted_sessions.h"

namespace orderscope {

/// The session file behind a window: opening, saving, and a copy at all times that survives a crash. Files are read,
/// hashed and written on a worker. What the window shows comes and goes by two functions.
class SessionDocument : public QObject {
  Q_OBJECT

 public:
  using Collect = std::function<SessionFile()>;
  using Apply = std::function<void(const SessionFile&)>;

  SessionDocument(JobList& jobs, Collect collect, Apply apply, QObject* parent = nullptr);
  ~SessionDocument() override;

  /// From now on a copy is kept there, a few seconds after each change.
  void keep_copies(const std::filesystem::path& folder);
  /// Those of windows that are gone; empty without keep_copies.
  std::vector<Recovery::Orphan> orphans() const;
  void recover(const Recovery::Orphan& orphan);
  /// What is saved from now on, and opened with allow_outside, is remembered there. Without it every session that names
  /// files outside its folder is asked about.
  void set_trusted(TrustedSessions trusted) { trusted_ = std::move(trusted); }

  void start_anew();
  void open(const std::filesystem::path& path);
  /// After outside_named: this session may name any file, now and whenever it is opened as it is.
  void allow_outside();
  /// From the command line: every session that is opened may.
  void always_allow_outside() { always_allowed_ = true; }
  /// After sources_missing: looks there too. After both: goes on without these files; or gives up.
  void search(const std::filesystem::path& folder);
  void open_without();
  void forget_opening() { opening_.reset(); }
  const SessionFile* opening() const { return opening_ ? &opening_->session : nullptr; }

  void save(const std::filesystem::path& path);

  /// Something may have been changed that a session holds.
  void touch();
  /// What was opened is there: what it looks like now is its unchanged state.
  void settle();
  bool modified() const { return modified_; }
  bool busy() const { return runner_.busy(); }
  const std::filesystem::path& path() const { return path_; }  ///< empty: never saved
  QString name() const;                                        ///< for the title: "cats.orderscope", or empty
  /// Another window has it open: it can be saved under another name only.
  bool locked_elsewhere() const { return locked_elsewhere_; }
  /// What the file has beside what the window shows, and hashes of files that did not change since.
  void complete(SessionFile& session) const;

  void set_copy_delay(int milliseconds) { copy_timer_.setInterval(milliseconds); }

 Q_SIGNALS:
  void state_changed();  ///< name or modified
  void opened(const std::filesystem::path& path);
  void saved(const std::filesystem::path& path);
  void failed(const QString& text);
  /// Some files are not where they were; `text` names them. The window asks what to do.
  void sources_missing(const QString& text);
  /// The session names files that it may not without the user's consent; `text` names them.
  void outside_named(const QString& text);

 private:
  struct Opening {
    std::filesystem::path path;
    SessionFile session;
    std::vector<SourceCheck> checks;
    std::optional<Recovery::Orphan> orphan;
    PathScope scope;
  };
  struct Known {
    std::string sha256;
    std::int64_t size = -1;
    std::filesystem::file_time_type time;
    nlohmann::json extra;
  };

  void read(const std::filesystem::path& path, std::optional<Recovery::Orphan> orphan);
  void check(std::vector<std::filesystem::path> folders, bool trust = false);
  void finish_opening();
  std::string fingerprint() const;
  void compare();
  void remember(const SessionFile& session);
  void take_path(const std::filesystem::path& path);
  void write_copy();
  void set_modified(bool modified);

  Collect collect_;
  Apply apply_;
  QTimer compare_timer_, copy_timer_;
  std::string clean_, copied_;  ///< fingerprints of what was saved, and of what the copy holds
  std::unique_ptr<Recovery> recovery_;
  std::optional<Opening> opening_;
  std::filesystem::path path_;
  std::unique_ptr<QLockFile> lock_;
  nlohmann::json extra_ = nlohmann::json::object();
  std::map<std::string, std::map<std::string, std::string>> methods_;
  std::map<std::filesystem::path, Known> known_;
  TrustedSessions trusted_;
  bool always_allowed_ = false, locked_elsewhere_ = false, modified_ = false, settling_ = true,
       modified_after_recovery_ = false;
  JobList quiet_;  ///< nobody wants to see a copy being written
  // Last: their threads end before what they use goes, the folder of copies above all.
  JobRunner runner_, copier_{quiet_};
};

}  // namespace orderscope
