// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>
#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/gui/job_runner.h"
#include "core/run/attribution.h"

namespace orderscope {

struct ForwardResult;

/// Which map of the grid.
struct AttributionKey {
  std::string method;
  std::string layer;  ///< a tap; "" of a method without layers

  auto operator<=>(const AttributionKey&) const = default;
};

/// What is known of one map, or why it is not.
struct AttributionCell {
  AttributionRequest request;
  std::shared_ptr<const MethodResult> found{};
  QString problem{};
  double milliseconds = 0;  ///< that it took; of maps that shared their passes, of all of them
  std::shared_ptr<const MethodResult> judged{}, randomised{};  ///< see AttributionRun; null until somebody asks
  QString judged_problem{}, randomised_problem{};
};

struct AttributionProgress {
  enum class What { Maps, Judging, Randomising } what = What::Maps;
  std::vector<AttributionKey> keys;  ///< that it is about
  QString activity;
  double fraction = -1;
};

/// Computes what the attribution page shows, a job after the other on the page's thread: what shares one forward and
/// one backward pass first, then the other methods, the cheapest first, then what somebody asked for. Results of a
/// photo, model or class that is no longer chosen are dropped.
class AttributionWork : public QObject {
  Q_OBJECT

 public:
  explicit AttributionWork(JobRunner& jobs, QObject* parent = nullptr);

  /// The image and model, and what is explained; null: nothing.
  void set_source(std::shared_ptr<const ForwardResult> source, const AttributionTarget& target);
  /// The maps to be there; others are forgotten, and those whose options changed.
  void set_wanted(const std::vector<AttributionRequest>& requests);
  void set_in_front(bool in_front);  ///< nothing is begun for a page that nobody looks at

  void judge(const std::vector<AttributionKey>& keys);
  void randomise(const std::vector<AttributionKey>& keys);
  void retry();
  void cancel();

  const AttributionTarget& target() const { return target_; }
  const AttributionCell* cell(const AttributionKey& key) const;  ///< nullptr: not wanted
  const std::optional<AttributionProgress>& progress() const { return progress_; }
  bool idle() const { return running_.isEmpty(); }
  bool stopped() const { return stopped_; }  ///< cancelled: retry() goes on
  /// Whether a map waits to be judged or randomised, or is on it now.
  bool expects(AttributionProgress::What what, const AttributionKey& key) const;

 Q_SIGNALS:
  void changed();     ///< any result
  void progressed();  ///< progress() alone

 private:
  void reset();
  void notice_cancelled();
  void advance();
  bool start_shared();
  bool start_next_method();
  bool start_judging();
  bool start_randomising();
  void start_maps(std::vector<AttributionRequest> requests, const QString& title);
  double passes(const AttributionRequest& request) const;

  /// Runs `work` under a name; what it gives is delivered unless the source changed meanwhile, and the next one begins.
  template <class T>
  void start(AttributionProgress progress, std::function<Result<T>(const JobContext&)> work,
             std::function<void(Result<T>)> deliver);
  std::function<JobContext(const JobContext&)> teller();

  JobRunner& jobs_;
  std::shared_ptr<const ForwardResult> source_;
  AttributionTarget target_;
  std::shared_ptr<AttributionRun> run_;
  std::map<AttributionKey, AttributionCell> cells_;
  std::vector<AttributionKey> order_;  ///< of the cells, as they are shown
  std::vector<AttributionKey> to_judge_, to_randomise_;
  QString running_;  ///< name of the job; empty: none
  std::optional<AttributionProgress> progress_;
  bool in_front_ = false, stopped_ = false;
  quint64 generation_ = 0;
};

}  // namespace orderscope
