// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/inspection_worker.h"

#include <QElapsedTimer>

#include "core/base/free_memory.h"
#include "core/base/guard.h"

namespace orderscope {

InspectionWorker::InspectionWorker(std::unique_ptr<InspectionEngine> engine, QObject* parent)
    : QObject(parent), engine_(std::move(engine)) {}

InspectionWorker::~InspectionWorker() { stop_.request_stop(); }

std::stop_source InspectionWorker::start(InspectionRequest request) {
  stop_.request_stop();
  stop_ = std::stop_source();
  busy_ = true;
  const std::uint64_t id = ++newest_;
  thread_.run([this, id, request = std::move(request), stop = stop_.get_token()] { run(id, request, stop); });
  return stop_;
}

void InspectionWorker::cancel() { stop_.request_stop(); }

void InspectionWorker::drop() {
  stop_.request_stop();
  ++newest_;
  busy_ = false;
}

void InspectionWorker::forget() {
  stop_.request_stop();
  thread_.run([this] {
    models_.clear();
    last_result_.reset();
    last_view_.reset();
  });
}

template <class F>
void InspectionWorker::post(std::uint64_t id, F deliver) {
  thread_.post([this, id, deliver = std::move(deliver)] {
    if (id == newest_) deliver();
  });
}

void InspectionWorker::run(std::uint64_t id, const InspectionRequest& request, std::stop_token stop) {
  engine_->set_up_thread();
  QElapsedTimer since_report;
  JobContext job;
  job.stop = std::move(stop);
  job.report = [&](const Progress& progress) {
    // The window cannot show more than some tens of changes a second.
    constexpr int kMilliseconds = 30;
    if (since_report.isValid() && since_report.elapsed() < kMilliseconds) return;
    since_report.start();
    const double fraction =
        progress.total > 0 ? static_cast<double>(progress.done) / static_cast<double>(progress.total) : -1;
    const auto activity = QString::fromUtf8(progress.activity.data(), static_cast<qsizetype>(progress.activity.size()));
    post(id, [this, activity, fraction] { Q_EMIT progressed(activity, fraction); });
  };

  auto failure = run_stages(id, request, job);
  return_free_memory();
  post(id, [this, failure = std::move(failure)] {
    busy_ = false;
    if (failure && failure->error.kind != Error::Kind::Cancelled) Q_EMIT failed(failure->stage, failure->error);
    Q_EMIT finished(!failure);
  });
}

std::optional<InspectionWorker::Failure> InspectionWorker::run_stages(std::uint64_t id,
                                                                      const InspectionRequest& request,
                                                                      const JobContext& job) {
  const auto failure = [](InspectionStage stage, Error error) { return Failure{stage, std::move(error)}; };
  // Requests pile up while somebody drags through a list; only the newest is worth starting.
  if (auto go_on = job.check(); !go_on) return failure(InspectionStage::Model, go_on.error());
  QElapsedTimer timer;

  auto& model = models_[request.model];
  timer.start();
  if (!model) {
    job.progress(0, 0, "opening the model");
    auto opened = guarded([&] { return engine_->open_model(request.model, job); });
    if (!opened) return failure(InspectionStage::Model, std::move(opened).error());
    model = std::move(*opened);
  }
  post(id, [this, model, ms = timer.nsecsElapsed() / 1e6] { Q_EMIT model_ready(model, ms); });
  if (request.image.empty()) return std::nullopt;

  timer.start();
  const bool same = last_result_ && last_result_->model == model && last_result_->image_path == request.image;
  if (!same) {
    last_result_.reset();
    last_view_.reset();
    auto result = guarded([&] { return engine_->inspect(model, request.image, job); });
    if (!result) return failure(InspectionStage::Image, std::move(result).error());
    last_result_ = std::move(*result);
  }
  post(id, [this, result = last_result_, ms = timer.nsecsElapsed() / 1e6] { Q_EMIT maps_ready(result, ms); });

  const int likely = last_result_->scores.empty() ? -1 : last_result_->scores.front().index;
  const int class_index = request.class_index.value_or(likely);
  // A session may name a region of a model that has become a classifier.
  const std::optional<PhotoRegion> region = model->is_classifier() ? std::nullopt : request.region;
  if (class_index < 0 && !region) return std::nullopt;
  const DenseQuestion question = region ? DenseQuestion{{}, region} : DenseQuestion{class_index, {}};
  timer.start();
  if (!last_view_ || last_question_ != question) {
    job.progress(0, 0, "gradients");
    auto view =
        guarded([&] { return region ? engine_->explain_region(*region, job) : engine_->explain(class_index, job); });
    if (!view) return failure(InspectionStage::Class, std::move(view).error());
    last_view_ = std::make_shared<const ClassView>(std::move(*view));
    last_question_ = question;
  }
  post(id, [this, view = last_view_, ms = timer.nsecsElapsed() / 1e6] { Q_EMIT class_ready(view, ms); });
  return std::nullopt;
}

}  // namespace orderscope
