// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/inspection_engine.h"
#include "app/gui/shared_cores.h"
#include "core/base/threads.h"
#include "core/run/dense_inspection.h"
#include "core/run/model_cache.h"

namespace orderscope {
namespace {

class CoreEngine : public InspectionEngine {
 public:
  explicit CoreEngine(std::shared_ptr<ModelCache> models) : models_(std::move(models)) {}

  void set_up_thread() override { set_up_compute_threads(SharedCores::threads_for_job()); }

  Result<std::shared_ptr<const Model>> open_model(const std::filesystem::path& path, const JobContext& job) override {
    return models_->open(path, job);
  }

  Result<std::shared_ptr<const ForwardResult>> inspect(std::shared_ptr<const Model> model,
                                                       const std::filesystem::path& image,
                                                       const JobContext& job) override {
    // The trace of the last image is the largest thing in memory: it goes before the next one comes.
    inspection_.reset();
    dense_.reset();
    job.progress(0, 0, "reading the picture");
    TRY(const DecodedImage decoded, decode_image(image));
    TRY_VOID(job.check());
    auto result = std::make_shared<ForwardResult>();
    if (model->is_classifier()) {
      TRY_VOID(classify(model, decoded, *result, job));
    } else {
      TRY_VOID(predict(model, decoded, *result, job));
    }
    result->model = std::move(model);
    result->image_path = image;
    result->image_width = decoded.image.width;
    result->image_height = decoded.image.height;
    result->warnings = decoded.warnings;
    return result;
  }

  Result<ClassView> explain(int number, const JobContext& job) override {
    if (dense_) return dense_->explain(number, job);
    if (!inspection_) return fail(Error::Kind::InvalidInput, "no image has been run yet");
    return inspection_->explain(number, job);
  }

  Result<ClassView> explain_region(const PhotoRegion& region, const JobContext& job) override {
    if (!dense_) return fail(Error::Kind::InvalidInput, "a region is explained in a segmenter or detector only");
    return dense_->explain({{}, region}, job);
  }

 private:
  Result<void> classify(const std::shared_ptr<const Model>& model, const DecodedImage& photo, ForwardResult& result,
                        const JobContext& job) {
    TRY(result.input, preprocess(photo, model->preprocessing));
    job.progress(0, 0, "forward pass");
    TRY(inspection_, Inspection::run(model, result.input, job));
    result.scores = inspection_->scores();
    result.blocks = inspection_->order_maps();
    return {};
  }

  Result<void> predict(const std::shared_ptr<const Model>& model, const DecodedImage& photo, ForwardResult& result,
                       const JobContext& job) {
    job.progress(0, 0, "forward pass");
    TRY(dense_, DenseInspection::run(model, photo, job));
    result.input = dense_->input();
    result.scores = dense_->scores();
    result.blocks = dense_->order_maps();
    result.prediction = dense_->prediction();
    result.subject = dense_->subject();
    return {};
  }

  std::shared_ptr<ModelCache> models_;
  std::shared_ptr<Inspection> inspection_;  ///< of a classifier
  std::shared_ptr<DenseInspection> dense_;  ///< of anything else
};

}  // namespace

std::unique_ptr<InspectionEngine> make_core_engine(std::shared_ptr<ModelCache> models) {
  return std::make_unique<CoreEngine>(std::move(models));
}

}  // namespace orderscope
