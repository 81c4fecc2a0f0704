// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/receptive_field_work.h"

#include <QElapsedTimer>
#include <algorithm>
#include <optional>
#include <tuple>

#include "app/gui/session.h"
#include "core/analysis/erf_protocol.h"
#include "widgets/figure/color_scale.h"

namespace orderscope {
namespace {

const QString kJob = QStringLiteral("receptive field");
constexpr int kShowInterval = 60;                        // milliseconds between two pictures of a growing mean
constexpr std::int64_t kBudget = std::int64_t{2} << 30;  // bytes for the single maps of all models
constexpr double kCheap = 4e11;                          // multiply-adds: some ten seconds on two cores

QString text_of(const Error& error) { return QString::fromStdString(error.message()); }

/// A model that is not open yet, as far as its cost goes: its weights' bytes tell it within a factor of two or so.
Model guessed(const std::filesystem::path& path) {
  constexpr double kMacsPerByte = 45;  // of the published models, float32, at their own size
  std::error_code ignored;
  const auto bytes = std::filesystem::file_size(path, ignored);
  Model model;
  model.macs = ignored ? 0 : static_cast<std::int64_t>(static_cast<double>(bytes) * kMacsPerByte);
  return model;
}

}  // namespace

/// One field to measure. What it holds is the running job's alone.
struct ReceptiveFieldWork::Task {
  std::filesystem::path path;
  bool control = false;

  std::shared_ptr<FieldRun> run;
  std::int64_t count = 0;  ///< of the plan that the run has
  bool over = false;       ///< measured, or failed
  std::shared_ptr<const FieldSnapshot> seen{};
  QString problem{};
};

/// What all fields are measured on; the set is opened by the first job that needs it, and the jobs' alone.
struct ReceptiveFieldWork::Pictures {
  std::vector<std::filesystem::path> files;
  std::filesystem::path folder;
  std::shared_ptr<FieldPictures> set;

  Result<void> open() {
    if (set) return {};
    if (folder.empty()) {
      set = std::make_shared<FieldPictures>(files);
      return {};
    }
    TRY(set, FieldPictures::open(folder));
    return {};
  }
};

/// The job: goes round the tasks until all are over.
struct ReceptiveFieldWork::Runner {
  ReceptiveFieldWork* work;
  quint64 generation;
  std::vector<std::shared_ptr<Task>> tasks;
  std::shared_ptr<Pictures> pictures;
  std::shared_ptr<ModelCache> cache;
  FieldPlan plan;
  std::shared_ptr<QElapsedTimer> since_shown = std::make_shared<QElapsedTimer>();

  void show(std::size_t index) const {
    work->jobs_.post(kJob, [work = work, generation = generation, index, seen = tasks[index]->seen,
                            problem = tasks[index]->problem] {
      if (generation == work->generation_) work->take(index, seen, problem);
    });
  }

  void tell(const JobContext& job, const Task& task) const {
    std::int64_t used = 0, all = 0;
    for (const auto& each : tasks) {
      const std::int64_t wanted = each->run ? each->run->wanted() : wanted_by_plan();
      used += each->over ? wanted : each->run ? each->run->used() : 0;
      all += wanted;
    }
    const QString name = QString::fromStdString(task.path.stem().string());
    const QString what = (task.control ? ReceptiveFieldWork::tr("%1 with random weights, image %2 of %3")
                                       : ReceptiveFieldWork::tr("%1, image %2 of %3"))
                             .arg(name)
                             .arg((task.run ? task.run->used() : 0) + 1)
                             .arg(task.run ? task.run->wanted() : wanted_by_plan());
    const std::string text = what.toStdString();
    job.progress(used, all, text);
    work->jobs_.post(kJob, [work = work, generation = generation, what, used, all] {
      if (generation != work->generation_) return;
      work->activity_ = what;
      work->fraction_ = all > 0 ? static_cast<double>(used) / static_cast<double>(all) : 0;
      Q_EMIT work->progressed();
    });
  }

  std::int64_t wanted_by_plan() const {
    const auto protocol = erf_protocol(plan.protocol);
    const std::int64_t count = plan.count > 0 ? plan.count : protocol ? protocol->images : 0;
    return std::min(count, pictures->set->size());
  }

  /// A run goes on when only the number of images is another; one that has more already cannot.
  void adapt(Task& task) const {
    if (!task.run || task.count == plan.count) return;
    task.over = false;
    const std::int64_t used = task.run->used();
    task.run->set_count(plan.count);
    if (used > task.run->wanted()) task.run.reset();
    task.count = plan.count;
  }

  Result<void> open(Task& task, const JobContext& job) const {
    TRY(const auto model, cache->open(task.path, job));
    TRY(task.run,
        FieldRun::start(model, pictures->set, plan, task.control, kBudget / static_cast<std::int64_t>(tasks.size())));
    task.count = plan.count;
    return {};
  }

  Result<void> step(std::size_t index, const JobContext& job) const {
    Task& task = *tasks[index];
    if (!task.run) TRY_VOID(open(task, job));
    if (!task.run->done()) {
      tell(job, task);
      TRY_VOID(task.run->add_next(job));
    }
    task.over = task.run->done();
    const bool due = !since_shown->isValid() || since_shown->elapsed() >= kShowInterval || !task.seen || task.over;
    if (!due || (task.run->used() == 0 && !task.over)) return {};
    auto seen = task.run->look(task.over, job);
    if (!seen) {
      task.over = false;
      return fail(std::move(seen.error()));
    }
    task.seen = std::make_shared<const FieldSnapshot>(*std::move(seen));
    show(index);
    since_shown->start();
    return {};
  }

  Result<int> operator()(const JobContext& job) const {
    TRY_VOID(pictures->open());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      adapt(*tasks[i]);
      // What a job found that was stopped before it could be seen.
      if (tasks[i]->over || tasks[i]->seen) show(i);
    }
    while (true) {
      TRY_VOID(job.check());
      std::optional<std::size_t> next;
      const auto turn = [&](std::size_t i) {
        return std::tuple(tasks[i]->control, tasks[i]->run ? tasks[i]->run->used() : 0);
      };
      for (std::size_t i = 0; i < tasks.size(); ++i)
        if (!tasks[i]->over && (!next || turn(i) < turn(*next))) next = i;
      if (!next) return 0;
      if (auto done = step(*next, job); !done) {
        if (done.error().kind == Error::Kind::Cancelled) return tl::unexpected(std::move(done.error()));
        Task& task = *tasks[*next];
        task.problem = text_of(done.error());
        task.seen.reset();
        task.over = true;
        show(*next);
      }
    }
  }
};

ReceptiveFieldWork::ReceptiveFieldWork(Session& session, JobRunner& jobs, QObject* parent)
    : QObject(parent), session_(session), jobs_(jobs) {
  connect(&jobs_, &JobRunner::busy_changed, this, &ReceptiveFieldWork::notice_stopped);
}

ReceptiveFieldWork::~ReceptiveFieldWork() = default;

std::vector<std::filesystem::path> ReceptiveFieldWork::session_pictures() const {
  std::vector<std::filesystem::path> paths;
  for (const ImageSource& image : session_.images())
    if (image.problem.isEmpty()) paths.push_back(image.path);
  return paths;
}

bool ReceptiveFieldWork::has_pictures() const { return !settings_.folder.empty() || !files_.empty(); }

ReceptiveFieldWork::State ReceptiveFieldWork::state() const {
  if (columns_.empty() || !has_pictures()) return State::Empty;
  return running_ ? State::Running : complete_ ? State::Done : paused_ ? State::Paused : State::Waiting;
}

void ReceptiveFieldWork::set_sources(const ReceptiveFieldSettings& settings, bool in_front) {
  in_front_ = in_front;
  rebuild(settings);
  begin();
}

void ReceptiveFieldWork::rebuild(const ReceptiveFieldSettings& settings) {
  const auto files = settings.folder.empty() ? session_pictures() : std::vector<std::filesystem::path>{};
  FieldPlan same_count = settings.plan;
  same_count.count = settings_.plan.count;
  const bool keep = pictures_ && same_count == settings_.plan && files == files_ && settings.folder == settings_.folder;

  std::vector<ReceptiveFieldColumn> columns;
  std::vector<std::shared_ptr<Task>> trained, controls;
  for (std::size_t i = 0; i < session_.models().size(); ++i) {
    const ModelSource& source = session_.models()[i];
    if (settings.left_out.contains(source.path.string())) continue;
    ReceptiveFieldColumn column{source.path,
                                QString::fromStdString(source.model ? source.model->name : source.path.stem().string()),
                                QColor(to_qrgb(model_color(i))),
                                {},
                                {}};
    std::shared_ptr<Task> own, control;
    for (std::size_t k = 0; keep && k < columns_.size(); ++k) {
      if (columns_[k].path != source.path) continue;
      column.trained = columns_[k].trained;
      own = tasks_[k];
      if (!settings.control || !settings_.control) continue;
      column.control = columns_[k].control;
      control = tasks_[columns_.size() + k];
    }
    trained.push_back(own ? own : std::make_shared<Task>(Task{source.path, false, nullptr}));
    if (settings.control)
      controls.push_back(control ? control : std::make_shared<Task>(Task{source.path, true, nullptr}));
    columns.push_back(std::move(column));
  }
  std::vector<std::shared_ptr<Task>> tasks = std::move(trained);
  tasks.insert(tasks.end(), controls.begin(), controls.end());
  const bool same = keep && tasks == tasks_ && settings.plan == settings_.plan;
  const bool same_names = std::equal(columns.begin(), columns.end(), columns_.begin(), columns_.end(),
                                     [](const auto& a, const auto& b) { return a.name == b.name; });
  if (!keep) {
    pictures_ = std::make_shared<Pictures>(Pictures{files, settings.folder, nullptr});
    problem_.clear();
  }
  files_ = files;
  settings_ = settings;
  columns_ = std::move(columns);
  tasks_ = std::move(tasks);
  if (!same) {
    ++generation_;
    jobs_.cancel(kJob);
    running_ = complete_ = false;
    activity_.clear();
  }
  if (!same || !same_names) Q_EMIT changed();
}

void ReceptiveFieldWork::start() {
  asked_ = true;
  paused_ = false;
  problem_.clear();
  begin();
}

void ReceptiveFieldWork::pause() {
  if (!running_) return;
  running_ = false;
  paused_ = true;
  ++generation_;
  activity_.clear();
  jobs_.cancel(kJob);
  Q_EMIT changed();
}

void ReceptiveFieldWork::start_over() {
  const ReceptiveFieldSettings settings = settings_;
  pictures_.reset();
  rebuild(settings);
  start();
}

// A job that ended without a result was cancelled in the list of jobs.
void ReceptiveFieldWork::notice_stopped() {
  if (running_ && !jobs_.busy(kJob)) pause();
}

std::int64_t ReceptiveFieldWork::image_count() const {
  const auto protocol = erf_protocol(settings_.plan.protocol);
  const std::int64_t wanted = settings_.plan.count > 0 ? settings_.plan.count : protocol ? protocol->images : 0;
  return settings_.folder.empty() ? std::min(wanted, static_cast<std::int64_t>(files_.size())) : wanted;
}

bool ReceptiveFieldWork::cheap() const {
  double cost = 0;
  for (const ReceptiveFieldColumn& column : columns_)
    for (const ModelSource& source : session_.models())
      if (source.path == column.path)
        cost += field_cost(source.model ? *source.model : guessed(source.path), settings_.plan, image_count(),
                           settings_.control);
  return cost < kCheap;
}

void ReceptiveFieldWork::begin() {
  if (running_ || complete_ || paused_ || columns_.empty() || !has_pictures()) return;
  if (!asked_ && !(in_front_ && cheap())) return;
  running_ = true;
  ++generation_;
  jobs_.start<int>(kJob,
                   columns_.size() == 1 ? tr("Receptive field of %1").arg(columns_.front().name)
                                        : tr("Receptive fields of %1 models").arg(columns_.size()),
                   Runner{this, generation_, tasks_, pictures_, session_.model_cache(), settings_.plan},
                   [this, generation = generation_](const Result<int>& result) {
                     if (generation != generation_) return;
                     running_ = false;
                     activity_.clear();
                     complete_ = result.has_value();
                     paused_ = !complete_;
                     if (!result) problem_ = text_of(result.error());
                     Q_EMIT changed();
                   });
  Q_EMIT changed();
}

void ReceptiveFieldWork::take(std::size_t task, std::shared_ptr<const FieldSnapshot> seen, const QString& problem) {
  ReceptiveFieldColumn& column = columns_[task % columns_.size()];
  FieldState& state = task < columns_.size() ? column.trained : column.control;
  state.seen = std::move(seen);
  state.problem = problem;
  Q_EMIT changed();
}

}  // namespace orderscope
