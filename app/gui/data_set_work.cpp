// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/data_set_work.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace orderscope {
namespace {

struct Opened {
  std::shared_ptr<OpenRun> run;
  BatchCounts counts;
  std::filesystem::path folder;
  std::shared_ptr<std::optional<BatchQuery>> reader;
};

struct Selected {
  DataSetModel::Ids ids;
  std::vector<BatchRow> first;
  BatchCounts counts;
};

Result<Opened> open_run(const std::filesystem::path& path, const TrustedSessions& trusted, bool allowed) {
  TRY(BatchQuery query, BatchQuery::open(path));
  Opened opened;
  TRY(opened.counts, query.counts());
  opened.folder = query.value("folder");
  const std::string settings = query.config_json();
  opened.run =
      std::make_shared<OpenRun>(OpenRun{path, query.models(), query.set_classes(), settings,
                                        allowed ? PathScope::anywhere() : scope_of_run(path, settings, trusted)});
  opened.reader = std::make_shared<std::optional<BatchQuery>>(std::move(query));
  return opened;
}

Result<DataSetSelection> read_selection(const BatchQuery& query, int model, const std::vector<std::int64_t>& rows,
                                        const JobContext& job) {
  TRY(const auto chosen, query.rows(rows.data(), std::min(rows.size(), DataSetWork::kMostSelected)));
  std::set<std::int64_t> images;
  for (const BatchRow& row : chosen) images.insert(row.image);
  DataSetSelection selection;
  std::vector<std::int64_t> counts;
  for (const std::int64_t image : images) {
    TRY_VOID(job.check());
    TRY(const auto ids, query.rows_of_image(image));
    TRY(const auto of_image, query.rows(ids.data(), ids.size()));
    const auto own = std::ranges::find(of_image, model, &BatchRow::model);
    if (own == of_image.end() || !own->predicted) continue;
    TRY(const auto values, query.row_figures(own->id));
    selection.figures.resize(std::max(selection.figures.size(), values.size()), 0.0);
    counts.resize(selection.figures.size(), 0);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::isnan(values[i])) continue;
      selection.figures[i] += values[i];
      ++counts[i];
    }
    ++selection.images;
  }
  for (std::size_t i = 0; i < counts.size(); ++i)
    selection.figures[i] = counts[i] > 0 ? selection.figures[i] / static_cast<double>(counts[i]) : std::nan("");
  return selection;
}

}  // namespace

DataSetWork::DataSetWork(JobList& jobs, QObject* parent) : QObject(parent), queries_(jobs) {
  for (const char* name : {"select", "selection", "charts"}) queries_.keep_quiet(QString::fromLatin1(name));
}

void DataSetWork::open(const std::filesystem::path& path) {
  close();
  queries_.start<Opened>(
      QStringLiteral("open"), tr("opening a run"),
      [path, trusted = trusted_, allowed = always_allowed_](const JobContext&) {
        return open_run(path, trusted, allowed);
      },
      [this](Result<Opened> opened) {
        if (!opened) {
          Q_EMIT failed(QString::fromStdString(opened.error().message()));
          return;
        }
        run_ = std::move(opened->run);
        counts_ = opened->counts;
        folder_ = std::move(opened->folder);
        reader_ = std::move(opened->reader);
        Q_EMIT run_opened();
      });
}

void DataSetWork::allow_outside() {
  if (!run_) return;
  // Where it cannot be kept, it is asked again.
  (void)trusted_.add_run(run_->path, run_->settings);
  auto run = std::make_shared<OpenRun>(*run_);
  run->scope = PathScope::anywhere();
  run_ = std::move(run);
}

void DataSetWork::close() {
  queries_.cancel_all();
  run_.reset();
  reader_.reset();
  counts_ = {};
  charts_.reset();
  selection_.reset();
}

template <class T>
void DataSetWork::query(const QString& name, const QString& title,
                        std::function<Result<T>(const BatchQuery&, const JobContext&)> work,
                        std::function<void(T)> take) {
  if (!run_) return;
  queries_.start<T>(
      name, title, [reader = reader_, work = std::move(work)](const JobContext& job) { return work(**reader, job); },
      [this, take = std::move(take), reader = reader_](Result<T> result) {
        if (reader != reader_) return;
        if (result)
          take(std::move(*result));
        else
          Q_EMIT failed(QString::fromStdString(result.error().message()));
      });
}

void DataSetWork::select(const BatchFilter& filter, const BatchSort& sort) {
  query<Selected>(
      QStringLiteral("select"), tr("filtering the rows"),
      [filter, sort](const BatchQuery& query, const JobContext& job) -> Result<Selected> {
        Selected selected;
        TRY(selected.counts, query.counts());
        TRY(auto ids, query.select(filter, sort, job));
        constexpr std::size_t kFirst = 2 * DataSetModel::kWindow;  // more than a screen shows
        TRY(selected.first, query.rows(ids.data(), std::min(ids.size(), kFirst)));
        selected.ids = std::make_shared<const std::vector<std::int64_t>>(std::move(ids));
        return selected;
      },
      [this](Selected selected_rows) {
        counts_ = selected_rows.counts;
        Q_EMIT counted();
        Q_EMIT selected(selected_rows.ids, selected_rows.first);
      });
}

void DataSetWork::summarize(int model, const BatchFilter& filter) {
  if (!run_ || model < 0 || static_cast<std::size_t>(model) >= run_->models.size()) return;
  BatchFilter own = filter;
  own.model = model;
  const QString name = QStringLiteral("charts");
  const auto show = [this, reader = reader_](const DataSetCharts& charts) {
    if (reader != reader_) return;
    charts_ = charts;
    Q_EMIT charts_changed();
  };
  query<DataSetCharts>(
      name, tr("charts of a run"),
      [this, own, name, show, run = run_](const BatchQuery& query, const JobContext& job) -> Result<DataSetCharts> {
        DataSetCharts charts;
        charts.model = run->models[static_cast<std::size_t>(*own.model)];
        charts.classes = run->classes;
        TRY(charts.tallies, query.tallies(own, kConfidenceParts, job));
        if (own.correct) {
          BatchFilter either = own;
          either.correct.reset();
          TRY(charts.any_outcome, query.tallies(either, kConfidenceParts, job));
        }
        TRY(charts.figures, query.figures(*own.model));
        // The figures of a million rows take a while; the counts need not wait for them.
        queries_.post(name, [show, charts] { show(charts); });
        TRY(auto means, query.means(*own.model, own, false, job));
        charts.means = std::move(means.front());
        return charts;
      },
      show);
}

void DataSetWork::select_images(int model, std::vector<std::int64_t> rows) {
  if (rows.empty()) {
    queries_.cancel(QStringLiteral("selection"));
    if (!selection_) return;
    selection_.reset();
    Q_EMIT selection_changed();
    return;
  }
  query<DataSetSelection>(
      QStringLiteral("selection"), tr("figures of the selection"),
      [model, rows = std::move(rows)](const BatchQuery& query, const JobContext& job) {
        return read_selection(query, model, rows, job);
      },
      [this](DataSetSelection selection) {
        selection_ = std::move(selection);
        Q_EMIT selection_changed();
      });
}

std::filesystem::path DataSetWork::file(const BatchRow& row) const { return folder_ / row.path; }

}  // namespace orderscope
