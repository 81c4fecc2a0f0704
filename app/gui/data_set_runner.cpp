// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/data_set_runner.h"

#include <QElapsedTimer>
#include <memory>

#include "core/run/batch_runner.h"

namespace orderscope {

namespace {

const QString kJob = QStringLiteral("batch");

}  // namespace

DataSetRunner::DataSetRunner(JobRunner& jobs, QObject* parent) : QObject(parent), jobs_(jobs) {
  // A job that is cancelled, here or in the list of jobs, brings no result: it has stopped once it is gone.
  connect(&jobs_, &JobRunner::busy_changed, this, [this] {
    if (active() && !jobs_.busy(kJob)) set_state(give_up_ ? State::Idle : State::Paused);
  });
}

void DataSetRunner::start(const std::filesystem::path& run, const BatchConfig& config) { compute(run, config); }
void DataSetRunner::resume(const std::filesystem::path& run) { compute(run, std::nullopt); }

void DataSetRunner::compute(const std::filesystem::path& run, std::optional<BatchConfig> config) {
  if (active()) return;
  run_ = run;
  progress_ = {0, 0, tr("loading the models")};
  give_up_ = false;
  jobs_.start<BatchOutcome>(
      kJob, tr("Run · %1").arg(QString::fromStdString(run.filename().string())),
      [this, run, config = std::move(config)](const JobContext& job) {
        const auto since = std::make_shared<QElapsedTimer>();
        JobContext watched{job.stop, [this, job, since](const orderscope::Progress& progress) {
                             if (job.report) job.report(progress);
                             constexpr int kMilliseconds = 100;
                             const bool last = progress.total > 0 && progress.done == progress.total;
                             if (!last && since->isValid() && since->elapsed() < kMilliseconds) return;
                             since->start();
                             Progress now{progress.done, progress.total,
                                          QString::fromUtf8(progress.activity.data(),
                                                            static_cast<qsizetype>(progress.activity.size()))};
                             jobs_.post(kJob, [this, now] {
                               progress_ = now;
                               Q_EMIT changed();
                             });
                           }};
        return config ? run_batch(run, *config, {}, watched) : resume_batch(run, {}, 0, watched);
      },
      [this](Result<BatchOutcome> outcome) {
        set_state(State::Idle);
        if (!outcome) {
          Q_EMIT failed(QString::fromStdString(outcome.error().message()));
          return;
        }
        QStringList notes;
        for (const std::string& note : outcome->notes) notes << QString::fromStdString(note);
        if (outcome->images > 0 && outcome->broken == outcome->images)
          notes << tr("None of the %1 images could be read: the column note says why").arg(outcome->images);
        Q_EMIT finished(notes.join('\n'));
      });
  set_state(State::Running);
}

void DataSetRunner::pause() {
  if (state_ != State::Running) return;
  set_state(State::Pausing);
  jobs_.cancel(kJob);
}

void DataSetRunner::cancel() {
  give_up_ = true;
  if (state_ == State::Paused) return set_state(State::Idle);
  if (active()) {
    set_state(State::Pausing);
    jobs_.cancel(kJob);
  }
}

void DataSetRunner::set_state(State state) {
  state_ = state;
  Q_EMIT changed();
}

}  // namespace orderscope
