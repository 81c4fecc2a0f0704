// SPDX-License-Identifier: GPL-3.0-or-later
// The jobs of the compare page: what runs on the worker, and where its result goes.
#include <QPainter>
#include <algorithm>

#include "app/gui/compare_work.h"
#include "app/gui/page_controls.h"
#include "app/gui/prediction_image.h"
#include "app/gui/session.h"
#include "widgets/figure/map_image.h"

namespace orderscope {
namespace {

constexpr int kLargestPhoto = 2560;  // pixels a side that are kept for the screen

std::vector<SharedMap> shared(std::vector<Map> maps) {
  std::vector<SharedMap> result;
  for (Map& map : maps) result.push_back(map.empty() ? nullptr : std::make_shared<const Map>(std::move(map)));
  return result;
}

QString text_of(const Error& error) { return QString::fromStdString(error.message()); }

/// What a segmenter or detector says, drawn and as classes at places.
struct Drawn {
  double least_score = 0;
  QImage picture;
  std::shared_ptr<const PlacedLabels> labels;
};

struct Forwarded {
  std::shared_ptr<const Model> model;
  std::shared_ptr<ComparedModel> compared;
  QImage photo;
  Frame frame;
  std::optional<Drawn> drawn;
};

QImage picture_of(const DensePrediction& prediction, const Model& model, double least_score) {
  PredictionLook look;
  look.least_score = least_score;
  QImage image = prediction_image(prediction, model, look);
  if (!model.is_detector()) return image;
  QPainter painter(&image);
  paint_boxes(painter, QRectF(image.rect()), prediction, model, look);
  return image;
}

Drawn drawn(const ComparedModel& compared, double least_score) {
  Drawn result{least_score, {}, nullptr};
  const auto prediction = compared.prediction();
  if (!prediction || prediction->empty()) return result;
  result.picture = picture_of(*prediction, compared.model(), least_score);
  result.labels = std::make_shared<const PlacedLabels>(
      placed_labels(*prediction, compared.model(), Frame(compared.input().crop), least_score));
  return result;
}

void take(CompareColumn& column, Drawn drawn) {
  column.least_score = drawn.least_score;
  column.prediction = std::move(drawn.picture);
  column.labels = std::move(drawn.labels);
}

}  // namespace

void CompareWork::start_forward(std::size_t index) {
  const CompareColumn& column = columns_[index];
  start<Forwarded>(
      "forward", static_cast<int>(index), tr("%1 · %2").arg(column.name, file_name(image_)),
      [cache = session_.model_cache(), path = column.path, known = column.model, image = image_, decoded = decoded_,
       least_score = least_score_](const JobContext& job) -> Result<Forwarded> {
        Forwarded result;
        result.model = known;
        if (!result.model) {
          TRY(result.model, cache->open(path, job));
        }
        if (decoded->first != image) {
          TRY(decoded->second, decode_image(image));
          decoded->first = image;
        }
        const Image& picture = decoded->second.image;
        TRY(result.compared, compare_photo(result.model, decoded->second, job));
        result.drawn = drawn(*result.compared, least_score);
        result.frame = Frame(0, 0, picture.width, picture.height);
        result.photo = to_qimage(picture);
        if (std::max(picture.width, picture.height) > kLargestPhoto)
          result.photo =
              result.photo.scaled(kLargestPhoto, kLargestPhoto, Qt::KeepAspectRatio, Qt::SmoothTransformation);
        return result;
      },
      [this, index](Result<Forwarded> result) {
        CompareColumn& done = columns_[index];
        if (!result) {
          done.problem = text_of(result.error());
          return;
        }
        done.model = result->model;
        done.name = QString::fromStdString(result->model->name);
        done.compared = result->compared;
        take(done, std::move(*result->drawn));
        done.energies.maps.clear();
        for (const Map& map : result->compared->energies())
          done.energies.maps.push_back(SharedMap(result->compared, &map));
        if (photo_.isNull()) photo_ = result->photo;
        photo_frame_ = result->frame;
        for (CompareColumn& column : columns_) column.colors.clear();
      });
}

void CompareWork::start_drawing(std::size_t index) {
  const auto compared = columns_[index].compared;
  start<Drawn>(
      "drawing", static_cast<int>(index), tr("Boxes · %1").arg(columns_[index].name),
      [compared, least_score = least_score_](const JobContext&) -> Result<Drawn> {
        return drawn(*compared, least_score);
      },
      [this, index](Result<Drawn> result) {
        if (result) take(columns_[index], std::move(*result));
      });
}

void CompareWork::start_cams(std::size_t index) {
  const auto compared = columns_[index].compared;
  const int class_index = class_of(columns_[index]);
  start<std::vector<Map>>(
      "gradcam", static_cast<int>(index), tr("Grad-CAM · %1").arg(columns_[index].name),
      [compared, class_index](const JobContext& job) { return compared->cams(class_index, job); },
      [this, index, class_index](Result<std::vector<Map>> maps) {
        CompareMaps& result = columns_[index].quantities["gradcam"];
        result.class_index = class_index;
        if (maps)
          result.maps = shared(*std::move(maps));
        else
          result.problem = text_of(maps.error());
      });
}

void CompareWork::start_method(std::size_t index, const std::string& id) {
  const auto compared = columns_[index].compared;
  const int class_index = class_of(columns_[index]);
  const std::vector<int> blocks = last_blocks(compared->model());
  start<std::vector<Map>>(
      "method", static_cast<int>(index),
      QStringLiteral("%1 · %2").arg(QString::fromStdString(id), columns_[index].name),
      [compared, id, blocks, class_index](const JobContext& job) {
        return compared->method_maps(id, blocks, class_index, job);
      },
      [this, index, id, class_index](Result<std::vector<Map>> maps) {
        CompareMaps& result = columns_[index].quantities[id];
        result.class_index = class_index;
        if (maps)
          result.maps = shared(*std::move(maps));
        else
          result.problem = text_of(maps.error());
      });
}

void CompareWork::start_attention(std::size_t index) {
  const auto compared = columns_[index].compared;
  const Frame frame = columns_[index].frame();
  const Point at = frame.to_fraction({from_->x(), from_->y()});
  if (at.x < 0 || at.y < 0 || at.x > 1 || at.y > 1) {
    columns_[index].quantities["attention"].problem = tr("this pixel was cropped away");
    Q_EMIT changed();
    advance();
    return;
  }
  const Image& pixels = compared->input().pixels;
  const int x = std::min(static_cast<int>(at.x * pixels.width), pixels.width - 1);
  const int y = std::min(static_cast<int>(at.y * pixels.height), pixels.height - 1);
  start<std::vector<Map>>(
      "attention", static_cast<int>(index), tr("Attention · %1").arg(columns_[index].name),
      [compared, x, y](const JobContext& job) -> Result<std::vector<Map>> {
        std::vector<Map> maps;
        for (const int block : last_blocks(compared->model())) {
          TRY(Map map, compared->attention(block, x, y, job));
          maps.push_back(std::move(map));
        }
        return maps;
      },
      [this, index](Result<std::vector<Map>> maps) {
        CompareMaps& result = columns_[index].quantities["attention"];
        if (maps)
          result.maps = shared(*std::move(maps));
        else
          result.problem = text_of(maps.error());
      });
}

// One alignment a stage over all models: the same colour means the same in a row.
void CompareWork::start_colors() {
  std::vector<std::shared_ptr<ComparedModel>> models;
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (columns_[i].compared) {
      models.push_back(columns_[i].compared);
      indices.push_back(i);
    }
  using Colors = std::vector<std::vector<std::optional<PcaMap>>>;
  start<Colors>(
      "pca", -1, tr("PCA colours of %1").arg(models_text(models.size())),
      [models](const JobContext& job) -> Result<Colors> {
        Colors colors(models.size());
        std::size_t stages = 0;
        for (const auto& model : models) stages = std::max(stages, last_blocks(model->model()).size());
        for (std::size_t stage = 0; stage < stages; ++stage) {
          std::vector<ComparedModel*> present;
          std::vector<int> blocks;
          std::vector<std::size_t> which;
          for (std::size_t i = 0; i < models.size(); ++i) {
            const std::vector<int> last = last_blocks(models[i]->model());
            colors[i].resize(last.size());
            if (stage >= last.size()) continue;
            present.push_back(models[i].get());
            blocks.push_back(last[stage]);
            which.push_back(i);
          }
          TRY_VOID(job.check());
          auto found = pca_colors(present, blocks, job);
          if (!found && found.error().kind == Error::Kind::Cancelled) return tl::unexpected(found.error());
          // A stage of one cell or of one colour has no components; the other stages have.
          if (found)
            for (std::size_t i = 0; i < which.size(); ++i) colors[which[i]][stage] = std::move((*found)[i]);
        }
        return colors;
      },
      [this, indices](Result<Colors> colors) {
        for (std::size_t i = 0; i < indices.size(); ++i) {
          if (colors)
            columns_[indices[i]].colors = std::move((*colors)[i]);
          else
            columns_[indices[i]].colors_problem = text_of(colors.error());
        }
      });
}

void CompareWork::start_spectrum(std::size_t index) {
  const auto compared = columns_[index].compared;
  start<std::vector<MixerSpectrum>>(
      "spectra", static_cast<int>(index), tr("Order spectrum · %1").arg(columns_[index].name),
      [compared](const JobContext& job) { return compared->spectra(job); },
      [this, index](Result<std::vector<MixerSpectrum>> spectra) {
        if (spectra && !spectra->empty())
          columns_[index].spectra = *std::move(spectra);
        else
          columns_[index].spectra_problem = spectra ? tr("this model has no mixers") : text_of(spectra.error());
      });
}

void CompareWork::start_similarity_job(const std::shared_ptr<const Model>& a, const std::shared_ptr<const Model>& b) {
  start<LayerSimilarity>(
      "similarity", -1, tr("CKA of %1 and %2").arg(QString::fromStdString(a->name), QString::fromStdString(b->name)),
      [a, b, pictures = pictures()](const JobContext& job) { return layer_similarity(a, b, pictures, job); },
      [this](Result<LayerSimilarity> found) {
        similarity_asked_ = false;
        if (found)
          similarity_.found = *std::move(found);
        else
          similarity_.problem = text_of(found.error());
      });
}

}  // namespace orderscope
