// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/attribution_work.h"

#include <QElapsedTimer>
#include <algorithm>

#include "app/gui/inspection_engine.h"

namespace orderscope {
namespace {

using What = AttributionProgress::What;

constexpr int kProgressInterval = 50;  // milliseconds

QString text_of(const Error& error) { return QString::fromStdString(error.message()); }

QString title_of(const std::string& id) {
  const MethodDescriptor* about = find_descriptor(id);
  return QString::fromStdString(about ? about->title : id);
}

AttributionKey key_of(const AttributionRequest& request) { return {request.method, request.layer}; }

std::shared_ptr<const MethodResult> kept(Result<MethodResult>& result) {
  return std::make_shared<const MethodResult>(*std::move(result));
}

}  // namespace

AttributionWork::AttributionWork(JobRunner& jobs, QObject* parent) : QObject(parent), jobs_(jobs) {
  connect(&jobs_, &JobRunner::busy_changed, this, &AttributionWork::notice_cancelled);
}

// A job that ended without a result was cancelled in the list of jobs.
void AttributionWork::notice_cancelled() {
  if (running_.isEmpty() || jobs_.busy(running_)) return;
  cancel();
}

void AttributionWork::set_source(std::shared_ptr<const ForwardResult> source, const AttributionTarget& target) {
  if (source == source_ && target == target_) return;
  if (source != source_) run_.reset();
  source_ = std::move(source);
  target_ = target;
  for (auto& [key, cell] : cells_) cell = {cell.request};
  to_judge_.clear();
  to_randomise_.clear();
  reset();
  stopped_ = false;
  Q_EMIT changed();
  advance();
}

void AttributionWork::set_wanted(const std::vector<AttributionRequest>& requests) {
  std::map<AttributionKey, AttributionCell> cells;
  std::vector<AttributionKey> order;
  bool same = requests.size() == order_.size();
  for (const AttributionRequest& request : requests) {
    const AttributionKey key = key_of(request);
    const auto known = cells_.find(key);
    const bool keep = known != cells_.end() && known->second.request == request;
    same = same && keep;
    cells[key] = keep ? known->second : AttributionCell{request};
    order.push_back(key);
  }
  if (same && order == order_) return;
  cells_ = std::move(cells);
  order_ = std::move(order);
  const auto gone = [&](const AttributionKey& key) { return !cells_.contains(key); };
  std::erase_if(to_judge_, gone);
  std::erase_if(to_randomise_, gone);
  // What runs is of no use if it is about maps that nobody wants any more or that are to be made otherwise.
  if (progress_ && !std::ranges::any_of(progress_->keys, [&](const AttributionKey& key) {
        const auto found = cells_.find(key);
        return found != cells_.end() && (found->second.found == nullptr || progress_->what != What::Maps);
      }))
    reset();
  Q_EMIT changed();
  advance();
}

void AttributionWork::set_in_front(bool in_front) {
  in_front_ = in_front;
  advance();
}

void AttributionWork::judge(const std::vector<AttributionKey>& keys) {
  for (const AttributionKey& key : keys) {
    const auto found = cells_.find(key);
    if (found == cells_.end() || found->second.judged || std::ranges::find(to_judge_, key) != to_judge_.end()) continue;
    found->second.judged_problem.clear();
    to_judge_.push_back(key);
  }
  stopped_ = false;
  Q_EMIT changed();
  advance();
}

void AttributionWork::randomise(const std::vector<AttributionKey>& keys) {
  for (const AttributionKey& key : keys) {
    const auto found = cells_.find(key);
    if (found == cells_.end() || found->second.randomised ||
        std::ranges::find(to_randomise_, key) != to_randomise_.end())
      continue;
    found->second.randomised_problem.clear();
    to_randomise_.push_back(key);
  }
  stopped_ = false;
  Q_EMIT changed();
  advance();
}

void AttributionWork::retry() {
  for (auto& [key, cell] : cells_) cell.problem.clear();
  stopped_ = false;
  Q_EMIT changed();
  advance();
}

void AttributionWork::cancel() {
  reset();
  to_judge_.clear();
  to_randomise_.clear();
  stopped_ = true;
  Q_EMIT changed();
}

void AttributionWork::reset() {
  ++generation_;
  running_.clear();
  progress_.reset();
  jobs_.cancel_all();
}

const AttributionCell* AttributionWork::cell(const AttributionKey& key) const {
  const auto found = cells_.find(key);
  return found == cells_.end() ? nullptr : &found->second;
}

bool AttributionWork::expects(What what, const AttributionKey& key) const {
  if (progress_ && progress_->what == what && std::ranges::find(progress_->keys, key) != progress_->keys.end())
    return true;
  const auto& queue = what == What::Judging ? to_judge_ : to_randomise_;
  return what != What::Maps && std::ranges::find(queue, key) != queue.end();
}

template <class T>
void AttributionWork::start(AttributionProgress progress, std::function<Result<T>(const JobContext&)> work,
                            std::function<void(Result<T>)> deliver) {
  const auto name = QStringLiteral("attribution");
  running_ = name;
  const QString title = progress.activity;
  progress_ = std::move(progress);
  jobs_.start<T>(
      name, title, [work = std::move(work), tell = teller()](const JobContext& job) { return work(tell(job)); },
      [this, generation = generation_, deliver = std::move(deliver)](Result<T> result) {
        if (generation != generation_) return;
        running_.clear();
        progress_.reset();
        deliver(std::move(result));
        Q_EMIT changed();
        advance();
      });
  Q_EMIT progressed();
}

std::function<JobContext(const JobContext&)> AttributionWork::teller() {
  return [this, name = running_, generation = generation_](const JobContext& job) {
    JobContext told = job;
    const auto since = std::make_shared<QElapsedTimer>();
    told.report = [this, report = job.report, since, name, generation](const Progress& now) {
      if (report) report(now);
      if (since->isValid() && since->elapsed() < kProgressInterval) return;
      since->start();
      const QString activity = QString::fromUtf8(now.activity.data(), static_cast<qsizetype>(now.activity.size()));
      const double fraction = now.total > 0 ? static_cast<double>(now.done) / static_cast<double>(now.total) : -1;
      jobs_.post(name, [this, activity, fraction, generation] {
        if (generation != generation_ || !progress_) return;
        if (!activity.isEmpty()) progress_->activity = activity;
        progress_->fraction = fraction;
        Q_EMIT progressed();
      });
    };
    return told;
  };
}

void AttributionWork::advance() {
  if (!in_front_ || stopped_ || !running_.isEmpty() || !source_ || cells_.empty()) return;
  if (!source_->model->backbone) return;
  if (!run_)
    run_ = source_->subject ? std::make_shared<AttributionRun>(source_->subject)
                            : std::make_shared<AttributionRun>(source_->model, source_->input);
  if (start_shared() || start_next_method() || start_judging()) return;
  start_randomising();
}

void AttributionWork::start_maps(std::vector<AttributionRequest> requests, const QString& title) {
  AttributionProgress progress{What::Maps, {}, title};
  for (const AttributionRequest& request : requests) progress.keys.push_back(key_of(request));
  const auto timer = std::make_shared<QElapsedTimer>();
  start<std::vector<Result<MethodResult>>>(
      std::move(progress),
      [run = run_, target = target_, requests, timer](const JobContext& job) {
        timer->start();
        return run->maps(requests, target, job);
      },
      [this, requests, timer](Result<std::vector<Result<MethodResult>>> results) {
        const double milliseconds = static_cast<double>(timer->nsecsElapsed()) / 1e6;
        for (std::size_t i = 0; i < requests.size(); ++i) {
          const auto found = cells_.find(key_of(requests[i]));
          if (found == cells_.end() || !(found->second.request == requests[i])) continue;
          AttributionCell& cell = found->second;
          cell.milliseconds = milliseconds;
          if (!results)
            cell.problem = text_of(results.error());
          else if (!(*results)[i])
            cell.problem = text_of((*results)[i].error());
          else if ((*results)[i]->maps.empty())
            cell.problem = tr("gives no maps of this model");
          else
            cell.found = kept((*results)[i]);
        }
      });
}

bool AttributionWork::start_shared() {
  std::vector<AttributionRequest> requests;
  for (const AttributionKey& key : order_) {
    const AttributionCell& cell = cells_.at(key);
    const MethodDescriptor* about = find_descriptor(key.method);
    if (cell.found || !cell.problem.isEmpty() || about == nullptr || !shares_passes(*about)) continue;
    requests.push_back(cell.request);
  }
  if (requests.empty()) return false;
  start_maps(std::move(requests), tr("Activations and gradients"));
  return true;
}

bool AttributionWork::start_next_method() {
  const AttributionRequest* cheapest = nullptr;
  for (const AttributionKey& key : order_) {
    const AttributionCell& cell = cells_.at(key);
    if (cell.found || !cell.problem.isEmpty()) continue;
    if (cheapest == nullptr || passes(cell.request) < passes(*cheapest)) cheapest = &cell.request;
  }
  if (cheapest == nullptr) return false;
  QString title = title_of(cheapest->method);
  if (!cheapest->layer.empty()) title += QStringLiteral(" · ") + QString::fromStdString(cheapest->layer);
  start_maps({*cheapest}, title);
  return true;
}

// Passes over the network, roughly, as docs/methods.md counts them; what is not known comes first.
double AttributionWork::passes(const AttributionRequest& request) const {
  const auto option = [&](const char* name, double usual) {
    const auto found = request.options.find(name);
    return found == request.options.end() ? usual : QString::fromStdString(found->second).toDouble();
  };
  if (request.method == "fullgrad") return 5;
  if (request.method == "smoothgrad") return 2 * option("samples", 25);
  if (request.method == "integrated-gradients") return 2 * option("path-steps", 50);
  if (request.method == "occlusion") return 225;
  if (request.method != "scorecam" && request.method != "ablationcam") return 1;
  for (const BlockInfo& block : source_->model->blocks)
    if (request.layer.starts_with(block.name)) return block.channels;
  return source_->model->blocks.empty() ? 1 : source_->model->blocks.back().channels;
}

bool AttributionWork::start_judging() {
  while (!to_judge_.empty()) {
    const AttributionKey key = to_judge_.front();
    to_judge_.erase(to_judge_.begin());
    const AttributionCell& cell = cells_.at(key);
    if (!cell.found) continue;
    start<MethodResult>(
        {What::Judging, {key}, tr("Faithfulness of %1").arg(title_of(key.method))},
        [run = run_, found = cell.found, index = target_.class_index](const JobContext& job) {
          return run->judge(found->maps.back().map, index, {}, job);
        },
        [this, key](Result<MethodResult> result) {
          const auto known = cells_.find(key);
          if (known == cells_.end()) return;
          if (result)
            known->second.judged = kept(result);
          else
            known->second.judged_problem = text_of(result.error());
        });
    return true;
  }
  return false;
}

bool AttributionWork::start_randomising() {
  if (to_randomise_.empty()) return false;
  const AttributionKey key = to_randomise_.front();
  to_randomise_.erase(to_randomise_.begin());
  start<MethodResult>(
      {What::Randomising, {key}, tr("%1 with random weights").arg(title_of(key.method))},
      [run = run_, request = cells_.at(key).request, index = target_.class_index](const JobContext& job) {
        return run->randomise(request, index, job);
      },
      [this, key](Result<MethodResult> result) {
        const auto known = cells_.find(key);
        if (known == cells_.end()) return;
        if (result)
          known->second.randomised = kept(result);
        else
          known->second.randomised_problem = text_of(result.error());
      });
  return true;
}

}  // namespace orderscope
