// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/compare_similarity.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/gui/page_controls.h"
#include "widgets/matrix_view.h"
#include "widgets/result_area.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

MatrixAxis axis_of(const CompareColumn& column) {
  MatrixAxis axis{column.name, column.color, {}};
  if (column.model)
    for (const BlockInfo& block : column.model->blocks) axis.groups.push_back(block.stage);
  return axis;
}

}  // namespace

SimilaritySection::SimilaritySection(CompareWork& work, QWidget* parent)
    : QWidget(parent),
      work_(work),
      matrix_(new MatrixView(this)),
      area_(new ResultArea(tr("CKA"), matrix_, this)),
      a_(new QComboBox(this)),
      b_(new QComboBox(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(area_);
  const std::pair<QComboBox*, QString> boxes[] = {{a_, tr("Model of the rows")}, {b_, tr("Model of the columns")}};
  for (const auto& [box, name] : boxes) {
    box->setAccessibleName(name);
    box->setToolTip(name);
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(8);
    box->setIconSize({10, 10});
    area_->line()->addWidget(box);
    connect(box, qOverload<int>(&QComboBox::activated), this, &SimilaritySection::choose_models);
  }
  connect(area_, &ResultArea::start_requested, &work_, &CompareWork::start_similarity);
  connect(area_, &ResultArea::cancel_requested, &work_, &CompareWork::cancel);
  connect(&work_, &CompareWork::changed, this, &SimilaritySection::show_work);
  connect(&work_, &CompareWork::progressed, this, &SimilaritySection::show_work);
  connect(matrix_, &MatrixView::cell_opened, this, [this](int row, int column) {
    const auto& columns = work_.columns();
    const auto& pair = work_.similarity();
    Q_EMIT layers_opened({columns[static_cast<std::size_t>(pair.a)].path.string(),
                          columns[static_cast<std::size_t>(pair.b)].path.string(), row, column});
  });
  show_work();
}

void SimilaritySection::choose_models() {
  const auto path = [&](const QComboBox* box) {
    return work_.columns()[static_cast<std::size_t>(box->currentIndex())].path.string();
  };
  if (a_->currentIndex() >= 0 && b_->currentIndex() >= 0) Q_EMIT models_chosen({path(a_), path(b_)});
}

void SimilaritySection::show_models() {
  const QSignalBlocker no_a(a_), no_b(b_);
  QStringList names;
  for (const CompareColumn& column : work_.columns()) names << column.name;
  for (QComboBox* box : {a_, b_}) {
    // An open list would close.
    if (names == names_) break;
    box->clear();
    for (const CompareColumn& column : work_.columns()) box->addItem(color_dot(column.color), column.name);
    box->setEnabled(box->count() > 0);
  }
  names_ = names;
  a_->setCurrentIndex(work_.similarity().a);
  b_->setCurrentIndex(work_.similarity().b);
}

void SimilaritySection::show_work() {
  show_models();
  const auto& similarity = work_.similarity();
  const auto& progress = work_.progress();
  const auto pictures = static_cast<int>(work_.pictures().size());
  area_->set_subtitle({});
  if (similarity.found) {
    const LayerSimilarity& found = *similarity.found;
    area_->set_subtitle(tr("%1, %2").arg(QString::fromStdString(found.estimator), images_text(found.images)));
    if (shown_ != &found || matrix_->matrix().values != found.matrix.values) {
      ColorScale scale{Colormap::Viridis, 0, 1};
      // Unbiased values may leave 0 to 1.
      for (const double value : found.matrix.values)
        if (std::isfinite(value)) {
          scale.low = std::min(scale.low, static_cast<float>(value));
          scale.high = std::max(scale.high, static_cast<float>(value));
        }
      const auto& columns = work_.columns();
      matrix_->set_matrix(found.matrix, axis_of(columns[static_cast<std::size_t>(similarity.a)]),
                          axis_of(columns[static_cast<std::size_t>(similarity.b)]), scale);
      shown_ = &found;
      show_chosen(chosen_);
    }
    area_->show_content();
    return;
  }
  shown_ = nullptr;
  if (!similarity.problem.isEmpty())
    area_->show_problem(similarity.problem);
  else if (progress && progress->what == "similarity")
    area_->show_progress(progress->activity, progress->fraction);
  else if (work_.columns().empty())
    area_->show_hint(tr("Open a model to compare its layers"));
  else if (pictures < 2)
    area_->show_hint(tr("Layers are compared over several images: add at least two, better fifty"));
  else
    area_->show_hint(tr("How alike every two layers see %1").arg(images_text(pictures)), tr("Compute"));
}

void SimilaritySection::show_chosen(const std::optional<CompareLayers>& layers) {
  chosen_ = layers;
  const auto& columns = work_.columns();
  const auto path = [&](int index) {
    return static_cast<std::size_t>(index) < columns.size() ? columns[static_cast<std::size_t>(index)].path.string()
                                                            : std::string();
  };
  // Of two other models than those of the matrix it is no cell.
  const bool here =
      layers && layers->model_a == path(work_.similarity().a) && layers->model_b == path(work_.similarity().b);
  matrix_->set_chosen(here ? std::optional(QPoint(layers->block_b, layers->block_a)) : std::nullopt);
}

}  // namespace orderscope
