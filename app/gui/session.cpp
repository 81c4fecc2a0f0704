// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/session.h"

#include <algorithm>
#include <utility>

#include "app/gui/file_kind.h"
#include "app/gui/orders_view.h"

namespace orderscope {

QString file_name(const std::filesystem::path& path) { return QString::fromStdString(path.filename().string()); }

Session::Session(std::unique_ptr<InspectionEngine> engine, std::shared_ptr<ModelCache> models, QObject* parent)
    : QObject(parent), model_cache_(std::move(models)), worker_(std::move(engine)) {
  connect(&worker_, &InspectionWorker::model_ready, this, &Session::take_model);
  connect(&worker_, &InspectionWorker::maps_ready, this, &Session::take_maps);
  connect(&worker_, &InspectionWorker::class_ready, this, &Session::take_view);
  connect(&worker_, &InspectionWorker::failed, this, &Session::take_failure);
  connect(&worker_, &InspectionWorker::progressed, this, [this](const QString& activity, double fraction) {
    jobs_.set_progress(inspection_job_, activity, fraction);
  });
  connect(&worker_, &InspectionWorker::finished, this, [this](bool complete) {
    jobs_.remove(inspection_job_);
    Q_EMIT finished(complete);
  });
  connect(&thumbnails_, &ThumbnailLoader::loaded, this, &Session::take_thumbnail);
}

void Session::add_files(const std::vector<std::filesystem::path>& paths) {
  std::optional<int> new_model;
  std::optional<int> new_image;
  const auto add_image = [&](const std::filesystem::path& path) {
    const auto known =
        std::find_if(images_.begin(), images_.end(), [&](const ImageSource& i) { return i.path == path; });
    if (!new_image) new_image = static_cast<int>(known - images_.begin());
    if (known != images_.end()) return;
    images_.push_back({path, {}, {}});
    thumbnails_.load(path);
  };
  QStringList problems;
  std::vector<std::filesystem::path> taken;
  for (const std::filesystem::path& path : paths) {
    const FileKind kind = classify_file(path);
    if (kind != FileKind::Missing && kind != FileKind::Unknown) taken.push_back(path);
    switch (kind) {
      case FileKind::Image: add_image(path); break;
      case FileKind::Folder: {
        const auto found = images_in(path);
        if (found.empty()) problems << tr("%1: no pictures in this folder").arg(file_name(path));
        for (const auto& image : found) add_image(image);
        break;
      }
      case FileKind::Model: {
        const auto known =
            std::find_if(models_.begin(), models_.end(), [&](const ModelSource& m) { return m.path == path; });
        if (!new_model) new_model = static_cast<int>(known - models_.begin());
        if (known == models_.end()) models_.push_back({path, nullptr, {}});
        break;
      }
      case FileKind::Missing: problems << tr("%1: no such file").arg(QString::fromStdString(path.string())); break;
      case FileKind::Unknown:
        problems << tr("%1: neither a picture nor a checkpoint (JPEG, PNG, WebP, TIFF, BMP; .pth, .safetensors)")
                        .arg(file_name(path));
        break;
    }
  }
  if (new_model) model_ = *new_model;
  if (new_image) image_ = *new_image;
  if (new_model || new_image) {
    Q_EMIT message_outdated();
    Q_EMIT models_changed();
    Q_EMIT images_changed();
    request(std::nullopt);
  }
  if (!taken.empty()) Q_EMIT files_added(taken);
  if (!problems.isEmpty()) Q_EMIT message(problems.join('\n'));
}

void Session::replace(const SessionChoice& choice) {
  worker_.drop();
  jobs_.remove(inspection_job_);
  models_.clear();
  images_.clear();
  for (const auto& path : choice.models) models_.push_back({path, nullptr, {}});
  for (const auto& path : choice.images) {
    images_.push_back({path, {}, {}});
    thumbnails_.load(path);
  }
  const auto place = [](int index, std::size_t count) {
    return count == 0 ? -1 : std::clamp(index, 0, static_cast<int>(count) - 1);
  };
  model_ = place(choice.model, models_.size());
  image_ = place(choice.image, images_.size());
  block_ = -1;
  block_model_.reset();
  wanted_block_ = choice.block;
  chosen_class_.reset();
  chosen_region_.reset();
  result_.reset();
  view_.reset();
  Q_EMIT message_outdated();
  Q_EMIT models_changed();
  Q_EMIT images_changed();
  Q_EMIT block_changed(block_);
  Q_EMIT result_changed();
  request(choice.class_index, choice.region);
}

void Session::select_model(int index) {
  if (index == model_ || index < 0 || static_cast<std::size_t>(index) >= models_.size()) return;
  model_ = index;
  Q_EMIT message_outdated();
  Q_EMIT models_changed();
  request(std::nullopt);
}

void Session::select_image(int index) {
  if (index == image_ || index < 0 || static_cast<std::size_t>(index) >= images_.size()) return;
  image_ = index;
  Q_EMIT message_outdated();
  Q_EMIT images_changed();
  request(std::nullopt);
}

void Session::select_block(int block) {
  const auto current = model();
  if (!current || block == block_ || block < 0 || static_cast<std::size_t>(block) >= current->blocks.size()) return;
  block_ = block;
  Q_EMIT block_changed(block);
}

void Session::explain(int class_index) { request(class_index); }
void Session::explain_region(const PhotoRegion& region) { request(std::nullopt, region); }

DenseQuestion Session::question() const {
  if (chosen_region_) return {{}, chosen_region_};
  const bool likely = !chosen_class_ && result_ && !result_->scores.empty();
  return {likely ? result_->scores.front().index : chosen_class_, {}};
}

void Session::reload() {
  Q_EMIT message_outdated();
  model_cache_->forget();
  worker_.forget();
  request(std::nullopt);
}

std::shared_ptr<const Model> Session::model() const {
  return model_ < 0 ? nullptr : models_[static_cast<std::size_t>(model_)].model;
}

std::filesystem::path Session::image_path() const {
  return image_ < 0 ? std::filesystem::path() : images_[static_cast<std::size_t>(image_)].path;
}

QString Session::image_name() const {
  return image_ < 0 ? QString() : file_name(images_[static_cast<std::size_t>(image_)].path);
}

void Session::request(std::optional<int> class_index, std::optional<PhotoRegion> region) {
  chosen_class_ = class_index;
  chosen_region_ = region;
  if (model_ < 0) return;
  InspectionRequest request;
  request.model = models_[static_cast<std::size_t>(model_)].path;
  if (image_ >= 0) request.image = images_[static_cast<std::size_t>(image_)].path;
  request.class_index = class_index;
  request.region = region;
  const QString model_name = file_name(request.model);
  const QString what = image_ < 0 ? model_name : model_name + QStringLiteral(" · ") + image_name();
  jobs_.remove(inspection_job_);
  inspection_job_ = jobs_.add(what, worker_.start(std::move(request)));
  Q_EMIT started(what);
}

void Session::take_model(const std::shared_ptr<const Model>& model, double milliseconds) {
  ModelSource& source = models_[static_cast<std::size_t>(model_)];
  if (!source.model) jobs_.note(tr("%1 · opened in %2 ms").arg(file_name(source.path)).arg(milliseconds, 0, 'f', 0));
  source.model = model;
  source.problem.clear();
  if (block_model_ == model) return;
  block_model_ = model;
  if (result_ && result_->model != model) {
    result_.reset();
    view_.reset();
    Q_EMIT result_changed();
  }
  const auto wanted = std::ranges::find(model->blocks, std::exchange(wanted_block_, {}), &BlockInfo::name);
  block_ = wanted == model->blocks.end() ? default_block(*model) : static_cast<int>(wanted - model->blocks.begin());
  Q_EMIT models_changed();
  Q_EMIT block_changed(block_);
}

void Session::take_maps(const std::shared_ptr<const ForwardResult>& result, double milliseconds) {
  if (result == result_) return;
  result_ = result;
  view_.reset();
  jobs_.note(tr("forward pass · %1 · %2 ms").arg(image_name()).arg(milliseconds, 0, 'f', 0));
  Q_EMIT result_changed();
}

void Session::take_view(const std::shared_ptr<const ClassView>& view, double milliseconds) {
  if (view == view_) return;
  view_ = view;
  const QString name = QString::fromStdString(result_->model->class_name(view->class_index));
  jobs_.note(tr("gradients · %1 · %2 ms").arg(name).arg(milliseconds, 0, 'f', 0));
  Q_EMIT view_changed();
}

void Session::take_failure(InspectionStage stage, const Error& error) {
  const QString text = QString::fromStdString(error.message());
  if (stage == InspectionStage::Model) {
    models_[static_cast<std::size_t>(model_)].problem = text;
    Q_EMIT models_changed();
  } else if (stage == InspectionStage::Image) {
    images_[static_cast<std::size_t>(image_)].problem = text;
    Q_EMIT images_changed();
  }
  // What is on screen belongs to an earlier choice; beside a message about this one it would mislead.
  if (stage != InspectionStage::Class) {
    result_.reset();
    view_.reset();
    Q_EMIT result_changed();
  }
  Q_EMIT message(text);
}

void Session::take_thumbnail(const std::filesystem::path& path, const QImage& image, const QString& problem) {
  for (ImageSource& source : images_) {
    if (source.path != path) continue;
    source.thumbnail = image;
    source.problem = problem;
  }
  Q_EMIT images_changed();
}

}  // namespace orderscope
