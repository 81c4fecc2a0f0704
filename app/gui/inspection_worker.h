// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>

#include "app/gui/background_threads.h"
#include "app/gui/inspection_engine.h"

namespace orderscope {

/// What the window wants to see. Whatever of it is there already is not computed again.
struct InspectionRequest {
  std::filesystem::path model;
  std::filesystem::path image;        ///< empty: open the model only
  std::optional<int> class_index;     ///< nothing: the most likely class
  std::optional<PhotoRegion> region;  ///< of a segmenter or detector, instead of the class
};

/// Which part of a request failed.
enum class InspectionStage { Model, Image, Class };

/// Runs requests, one at a time, on a thread of its own. A new request cancels the one before and replaces it; results
/// carry the number of their request, and those of an older one are dropped. Signals come on the thread of this object.
class InspectionWorker : public QObject {
  Q_OBJECT

 public:
  explicit InspectionWorker(std::unique_ptr<InspectionEngine> engine, QObject* parent = nullptr);
  ~InspectionWorker() override;  ///< cancels, then waits

  /// Returns what stops this request.
  std::stop_source start(InspectionRequest request);
  void cancel();
  void drop();    ///< cancels, and nothing more is heard of it
  void forget();  ///< the next request reads everything from disk again
  bool busy() const { return busy_; }

 Q_SIGNALS:
  void model_ready(std::shared_ptr<const orderscope::Model> model, double milliseconds);
  void maps_ready(std::shared_ptr<const orderscope::ForwardResult> result, double milliseconds);
  void class_ready(std::shared_ptr<const orderscope::ClassView> view, double milliseconds);
  void progressed(const QString& activity, double fraction);  ///< fraction -1: not known
  void failed(orderscope::InspectionStage stage, orderscope::Error error);
  void finished(bool complete);  ///< after the last result, the failure or the cancellation of the newest request

 private:
  struct Failure {
    InspectionStage stage;
    Error error;
  };

  void run(std::uint64_t id, const InspectionRequest& request, std::stop_token stop);
  std::optional<Failure> run_stages(std::uint64_t id, const InspectionRequest& request, const JobContext& job);
  template <class F>
  void post(std::uint64_t id, F deliver);

  std::uint64_t newest_ = 0;
  bool busy_ = false;
  std::stop_source stop_;

  // Touched by the worker thread only.
  std::unique_ptr<InspectionEngine> engine_;
  std::map<std::filesystem::path, std::shared_ptr<const Model>> models_;
  std::shared_ptr<const ForwardResult> last_result_;
  std::shared_ptr<const ClassView> last_view_;
  DenseQuestion last_question_;  ///< that it answers

  BackgroundThreads thread_;  ///< last: it ends before what it uses goes
};

}  // namespace orderscope
