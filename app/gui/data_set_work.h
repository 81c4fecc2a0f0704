// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <memory>
#include <optional>

#include "app/gui/data_set_model.h"
#include "app/gui/job_runner.h"
#include "core/run/trusted_sessions.h"

namespace orderscope {

/// What charts of one model need.
struct DataSetCharts {
  BatchModelInfo model;
  std::vector<std::string> classes;  ///< of the data set
  BatchQuery::Tallies tallies;
  /// Where only right or only wrong rows pass, those of either outcome: without them there is no accuracy.
  std::optional<BatchQuery::Tallies> any_outcome;
  std::vector<BatchFigure> figures;
  std::optional<BatchQuery::Means> means;  ///< none until the figures were read
};

/// Mean figures of chosen images in the model of the charts.
struct DataSetSelection {
  std::int64_t images = 0;
  std::vector<double> figures;
};

/// Reads a run for the page, on a thread of its own beside the one that a run may be computed on. A new request takes
/// the place of an earlier one of its kind.
class DataSetWork : public QObject {
  Q_OBJECT

 public:
  static constexpr int kConfidenceParts = 20;
  static constexpr std::size_t kMostSelected = 500;  ///< images of a selection that are read

  explicit DataSetWork(JobList& jobs, QObject* parent = nullptr);

  /// Which runs may name files outside their folder; without it none may until allow_outside() says so.
  void set_trusted(TrustedSessions trusted) { trusted_ = std::move(trusted); }
  const TrustedSessions& trusted() const { return trusted_; }
  /// From the command line: every run that is opened may.
  void always_allow_outside() { always_allowed_ = true; }

  void open(const std::filesystem::path& run);
  void close();
  /// The run that is open may name any file, now and later.
  void allow_outside();
  /// Ids of rows, in order, with what is in the first ones.
  void select(const BatchFilter& filter, const BatchSort& sort);
  void summarize(int model, const BatchFilter& filter);
  void select_images(int model, std::vector<std::int64_t> rows);

  const std::shared_ptr<const OpenRun>& run() const { return run_; }  ///< null without one
  const BatchCounts& counts() const { return counts_; }
  const std::optional<DataSetCharts>& charts() const { return charts_; }
  const std::optional<DataSetSelection>& selection() const { return selection_; }
  std::filesystem::path file(const BatchRow& row) const;
  bool busy() const { return queries_.busy(); }
  void cancel_charts() { queries_.cancel(QStringLiteral("charts")); }

 Q_SIGNALS:
  void run_opened();
  void counted();  ///< counts() are new
  void selected(const DataSetModel::Ids& ids, const std::vector<BatchRow>& first);
  void charts_changed();
  void selection_changed();
  void failed(const QString& text);

 private:
  using Reader = std::shared_ptr<std::optional<BatchQuery>>;
  template <class T>
  void query(const QString& name, const QString& title,
             std::function<Result<T>(const BatchQuery&, const JobContext&)> work, std::function<void(T)> take);

  TrustedSessions trusted_;
  bool always_allowed_ = false;
  std::shared_ptr<const OpenRun> run_;
  std::filesystem::path folder_;  ///< which relative paths start from
  BatchCounts counts_;
  std::optional<DataSetCharts> charts_;
  std::optional<DataSetSelection> selection_;
  Reader reader_;  ///< used on the thread of the queries only
  JobRunner queries_;
};

}  // namespace orderscope
