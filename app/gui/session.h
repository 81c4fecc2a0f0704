// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QObject>
#include <QStringList>
#include <memory>
#include <optional>
#include <vector>

#include "app/gui/inspection_worker.h"
#include "app/gui/job_list.h"
#include "app/gui/thumbnails.h"
#include "core/run/model_cache.h"

namespace orderscope {

struct ModelSource {
  std::filesystem::path path;
  std::shared_ptr<const Model> model;  ///< null until it was opened
  QString problem;                     ///< why it could not be
};

struct ImageSource {
  std::filesystem::path path;
  QImage thumbnail;  ///< null until it was read
  QString problem;
};

/// Everything of a session at once, as a session file holds it.
struct SessionChoice {
  std::vector<std::filesystem::path> models, images;
  int model = -1, image = -1;      ///< -1: the first
  std::string block;               ///< by name; one that the model lacks is its default block
  std::optional<int> class_index;  ///< nothing: the most likely
  std::optional<PhotoRegion> region{};
};

/// What the window is about: models and images, which of them are chosen, and what was computed for the choice. It asks
/// the worker for what is missing whenever the choice changes.
class Session : public QObject {
  Q_OBJECT

 public:
  /// `models` is where pages get those models from that are not the chosen one.
  explicit Session(std::unique_ptr<InspectionEngine> engine,
                   std::shared_ptr<ModelCache> models = std::make_shared<ModelCache>(), QObject* parent = nullptr);

  /// Files and folders, models and images mixed; the first new model and the first new image become the chosen ones.
  void add_files(const std::vector<std::filesystem::path>& paths);
  /// Instead of all that was there.
  void replace(const SessionChoice& choice);
  void select_model(int index);
  void select_image(int index);
  void select_block(int block);
  void explain(int class_index);
  /// Of a segmenter what is predicted there, until a class is chosen.
  void explain_region(const PhotoRegion& region);
  void cancel() { jobs_.cancel_all(); }
  /// Reads the chosen model and image from disk again.
  void reload();

  const std::vector<ModelSource>& models() const { return models_; }
  const std::vector<ImageSource>& images() const { return images_; }
  int model_index() const { return model_; }
  int image_index() const { return image_; }
  int block() const { return block_; }
  std::optional<int> chosen_class() const { return chosen_class_; }  ///< nothing: the most likely is shown
  const std::optional<PhotoRegion>& chosen_region() const { return chosen_region_; }
  /// What view() answers, or will, of a segmenter or detector.
  DenseQuestion question() const;
  bool busy() const { return worker_.busy(); }
  /// Everything that is being computed, by whomever.
  JobList& jobs() { return jobs_; }
  const std::shared_ptr<ModelCache>& model_cache() const { return model_cache_; }
  std::filesystem::path image_path() const;  ///< of the chosen image; empty without one
  /// Of the chosen model; null before it was opened.
  std::shared_ptr<const Model> model() const;
  std::shared_ptr<const ForwardResult> result() const { return result_; }
  /// Of `result`; null until its gradients are there.
  std::shared_ptr<const ClassView> view() const { return view_; }

 Q_SIGNALS:
  void files_added(const std::vector<std::filesystem::path>& paths);  ///< those that were taken
  void models_changed();
  void images_changed();
  void block_changed(int block);
  void result_changed();
  void view_changed();
  void message(const QString& text);  ///< something went wrong, one line
  void message_outdated();            ///< what went wrong is no longer what is chosen
  void started(const QString& what);
  void finished(bool complete);

 private:
  void request(std::optional<int> class_index, std::optional<PhotoRegion> region = std::nullopt);
  void take_model(const std::shared_ptr<const Model>& model, double milliseconds);
  void take_maps(const std::shared_ptr<const ForwardResult>& result, double milliseconds);
  void take_view(const std::shared_ptr<const ClassView>& view, double milliseconds);
  void take_failure(InspectionStage stage, const Error& error);
  void take_thumbnail(const std::filesystem::path& path, const QImage& image, const QString& problem);
  QString image_name() const;

  std::shared_ptr<ModelCache> model_cache_;
  JobList jobs_;
  quint64 inspection_job_ = 0;
  std::vector<ModelSource> models_;
  std::vector<ImageSource> images_;
  int model_ = -1;
  int image_ = -1;
  int block_ = -1;
  std::string wanted_block_;  ///< to be chosen once its model is there
  std::optional<int> chosen_class_;
  std::optional<PhotoRegion> chosen_region_;
  std::shared_ptr<const Model> block_model_;  ///< whose block `block_` is
  std::shared_ptr<const ForwardResult> result_;
  std::shared_ptr<const ClassView> view_;
  ThumbnailLoader thumbnails_;
  InspectionWorker worker_;
};

/// "photo.jpg" of a path.
QString file_name(const std::filesystem::path& path);

}  // namespace orderscope
