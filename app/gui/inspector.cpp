// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/inspector.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSlider>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/gui/prediction_image.h"
#include "app/gui/session.h"
#include "widgets/elided_label.h"
#include "widgets/figure/map_image.h"
#include "widgets/input_view.h"
#include "widgets/score_list.h"
#include "widgets/theme.h"
#include "widgets/value_table.h"

namespace orderscope {

Inspector::Inspector(Session& session, QWidget* parent)
    : QWidget(parent), session_(session), scores_(new ScoreList(this)), values_(new ValueTable(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(4 * kStep, 3 * kStep, 4 * kStep, 3 * kStep);
  layout->setSpacing(2 * kStep);
  layout->addWidget(make_picture());
  layout->addSpacing(2 * kStep);
  layout->addWidget(make_heading(tr("Prediction"), this));
  layout->addWidget(scores_, 100);
  layout->addSpacing(2 * kStep);
  auto* line = new QHBoxLayout;
  line->addWidget(make_heading(tr("Under the cursor"), this));
  line->addStretch(1);
  position_ = new QLabel(this);
  position_->setFont(value_font(small_font(font())));
  position_->setForegroundRole(QPalette::PlaceholderText);
  line->addWidget(position_);
  layout->addLayout(line);
  layout->addWidget(values_);
  layout->addStretch(1);

  connect(input_, &InputView::clicked, this, &Inspector::explain_at);
  connect(opacity_, &QSlider::valueChanged, this, &Inspector::show_picture);
  connect(only_, &QCheckBox::toggled, this, &Inspector::show_picture);
  connect(scores_, &ScoreList::class_chosen, &session_, &Session::explain);
  connect(&session_, &Session::result_changed, this, &Inspector::show_result);
  connect(&session_, &Session::view_changed, this, &Inspector::show_class);
  connect(&session_, &Session::images_changed, this, [this] {
    if (!session_.result()) show_result();
  });
  show_result();
}

QWidget* Inspector::make_picture() {
  auto* area = new QWidget(this);
  auto* layout = new QHBoxLayout(area);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(3 * kStep);
  input_ = new InputView(area);
  layout->addWidget(input_, 0, Qt::AlignTop);
  auto* texts = new QVBoxLayout;
  texts->setSpacing(kStep);
  name_ = new ElidedLabel(QPalette::WindowText, area, Qt::ElideMiddle);
  QFont bold = name_->font();
  bold.setBold(true);
  name_->setFont(bold);
  details_ = new QLabel(area);
  seen_ = new QLabel(tr("as the model sees it"), area);
  for (QLabel* label : {details_, seen_}) {
    label->setFont(small_font(label->font()));
    label->setWordWrap(true);
  }
  details_->setForegroundRole(QPalette::PlaceholderText);
  seen_->setForegroundRole(QPalette::Link);
  texts->addWidget(name_);
  for (QLabel* label : {details_, seen_}) {
    label->setTextFormat(Qt::PlainText);
    label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    texts->addWidget(label);
  }
  texts->addStretch(1);
  overlay_ = new QWidget(area);
  auto* controls = new QVBoxLayout(overlay_);
  controls->setContentsMargins(0, 0, 0, 0);
  controls->setSpacing(kStep);
  opacity_ = new QSlider(Qt::Horizontal, overlay_);
  opacity_->setRange(0, 100);
  opacity_->setValue(60);
  opacity_->setAccessibleName(tr("Opacity of the prediction"));
  opacity_->setToolTip(tr("Opacity of classes and masks over the picture"));
  only_ = new QCheckBox(tr("Only chosen"), overlay_);
  only_->setToolTip(tr("Show only the class or box that is explained"));
  controls->addWidget(opacity_);
  controls->addWidget(only_);
  overlay_->hide();
  texts->insertWidget(texts->count() - 1, overlay_);
  layout->addLayout(texts, 1);
  return area;
}

void Inspector::resizeEvent(QResizeEvent* event) {
  fit_picture();
  QWidget::resizeEvent(event);
}

// The picture takes half of the width, the text beside it the rest; one with a prediction, which is clicked, more.
void Inspector::fit_picture() {
  const auto result = session_.result();
  const bool predicts = result && result->prediction;
  const int side = std::clamp(width() * (predicts ? 62 : 50) / 100 - 4 * kStep, 120, predicts ? 360 : 240);
  const QSize picture = predicts ? QSize(result->input.pixels.width, result->input.pixels.height) : QSize(1, 1);
  input_->setFixedSize(picture.scaled(side, side, Qt::KeepAspectRatio).expandedTo({1, 1}));
}

int Inspector::explained() const {
  const auto result = session_.result();
  const auto view = session_.view();
  if (!result || !view) return -1;
  if (!result->model->is_detector()) return view->class_index;
  return session_.chosen_class().value_or(result->scores.front().index);
}

void Inspector::explain_at(QPointF position) {
  const auto result = session_.result();
  if (!result || !result->prediction) return;
  if (const auto number = predicted_at(*result->prediction, position)) session_.explain(*number);
}

void Inspector::show_picture() {
  const auto result = session_.result();
  const bool predicts = result && result->prediction;
  overlay_->setVisible(predicts);
  if (!result) return;
  if (!predicts) return input_->set_image(to_qimage(result->input.pixels));
  const auto chosen = only_->isChecked() ? std::optional(explained()) : std::nullopt;
  input_->set_image(prediction_image(*result->prediction, *result->model, opacity_->value() / 100.0, chosen));
}

void Inspector::set_panels(const PanelGrid& grid) { values_->set_grid(grid); }

void Inspector::set_cursor(std::optional<QPointF> position) {
  input_->set_cursor(position);
  values_->set_cursor(position);
  const auto result = session_.result();
  if (!position || !result) {
    position_->clear();
    return;
  }
  const Image& pixels = result->input.pixels;
  position_->setText(tr("pixel %1, %2")
                         .arg(std::min(static_cast<int>(position->x() * pixels.width), pixels.width - 1))
                         .arg(std::min(static_cast<int>(position->y() * pixels.height), pixels.height - 1)));
}

void Inspector::show_result() {
  const auto result = session_.result();
  seen_->setVisible(result != nullptr);
  if (!result) {
    overlay_->hide();
    input_->set_image({});
    input_->set_hint(session_.images().empty() ? tr("Drop a photo here") : QString());
    name_->set_text({});
    details_->clear();
    scores_->set_scores({});
    return;
  }
  fit_picture();
  show_picture();
  input_->setToolTip(result->prediction ? tr("Click a class or a box to see what spoke for it") : QString());
  name_->set_text(file_name(result->image_path));
  const CropBox& crop = result->input.crop;
  QStringList lines{tr("%1 × %2 pixels").arg(result->image_width).arg(result->image_height)};
  const bool warped = result->input.preprocessing.warp;
  const int side = result->input.pixels.width;
  if (!result->model->is_classifier())
    lines << tr("resized to %1 × %2").arg(side).arg(result->input.pixels.height);
  else if (warped)
    lines << tr("squashed to %1").arg(side);
  else
    lines << tr("middle %1 at %2, %3").arg(std::lround(crop.width)).arg(std::lround(crop.x)).arg(std::lround(crop.y))
          << tr("resized to %1").arg(side);
  for (const std::string& warning : result->warnings) lines << QString::fromStdString(warning);
  details_->setText(lines.join('\n'));
  scores_->set_scores(result->scores);
  show_class();
}

void Inspector::show_class() {
  scores_->set_chosen(explained());
  if (only_->isChecked()) show_picture();
}

}  // namespace orderscope
