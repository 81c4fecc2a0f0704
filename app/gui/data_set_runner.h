// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <filesystem>
#include <optional>

#include "app/gui/job_runner.h"
#include "core/run/batch_config.h"

namespace orderscope {

/// Computes a batch run. A pause finishes the chunk under way; everything before is kept in the run's folder.
class DataSetRunner : public QObject {
  Q_OBJECT

 public:
  enum class State { Idle, Running, Pausing, Paused };

  struct Progress {
    std::int64_t done = 0, total = 0;
    QString activity;  ///< "6.1 images/s, 3 min left"
  };

  explicit DataSetRunner(JobRunner& jobs, QObject* parent = nullptr);

  void start(const std::filesystem::path& run, const BatchConfig& config);
  /// Goes on with a run by its own settings, whoever began it.
  void resume(const std::filesystem::path& run);
  void pause();
  /// Ends it for this window; what is done is kept and can be gone on with.
  void cancel();

  State state() const { return state_; }
  bool active() const { return state_ == State::Running || state_ == State::Pausing; }
  const std::filesystem::path& run() const { return run_; }
  const Progress& progress() const { return progress_; }

 Q_SIGNALS:
  void changed();  ///< state or progress
  void finished(const QString& notes);
  void failed(const QString& text);

 private:
  void compute(const std::filesystem::path& run, std::optional<BatchConfig> config);
  void set_state(State state);

  JobRunner& jobs_;
  State state_ = State::Idle;
  bool give_up_ = false;  ///< not to be gone on with once it has stopped
  std::filesystem::path run_;
  Progress progress_;
};

}  // namespace orderscope
