// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/inspector.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/gui/prediction_controls.h"
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
  const auto add_heading = [&](const QString& text, QLabel*& beside) {
    auto* line = new QHBoxLayout;
    line->addWidget(make_heading(text, this));
    line->addStretch(1);
    beside = new QLabel(this);
    beside->setForegroundRole(QPalette::PlaceholderText);
    line->addWidget(beside);
    layout->addLayout(line);
  };
  add_heading(tr("Prediction"), scores_about_);
  scores_about_->setFont(small_font(font()));
  layout->addWidget(scores_, 100);
  layout->addSpacing(2 * kStep);
  add_heading(tr("Under the cursor"), position_);
  position_->setFont(value_font(small_font(font())));
  layout->addWidget(values_);
  layout->addStretch(1);

  QWidget* previous = input_;
  for (QWidget* next : std::initializer_list<QWidget*>{
           controls_->opacity(), controls_->least_score(), controls_->only_chosen(), controls_->all_button(),
           controls_->region_button(), scores_->search_field(), scores_->view(), values_}) {
    setTabOrder(previous, next);
    previous = next;
  }

  connect(input_, &InputView::clicked, this, &Inspector::explain_at);
  connect(input_, &InputView::part_chosen, this, &Inspector::explain_part);
  connect(controls_, &PredictionControls::settings_changed, this, [this] {
    show_picture();
    show_keys();
    Q_EMIT state_changed();
  });
  connect(controls_, &PredictionControls::whole_picture_requested, this, [this] {
    if (session_.chosen_region() && explained() >= 0) session_.explain(explained());
  });
  connect(scores_, &ScoreList::key_toggled, this, &Inspector::toggle_group);
  connect(scores_, &ScoreList::class_chosen, &session_, &Session::explain);
  connect(&session_, &Session::result_changed, this, &Inspector::show_result);
  connect(&session_, &Session::view_changed, this, &Inspector::show_class);
  connect(&session_, &Session::started, this, &Inspector::show_class);
  connect(&session_, &Session::images_changed, this, [this] {
    if (!session_.result()) show_result();
  });
  show_result();
}

QWidget* Inspector::make_picture() {
  auto* area = new QWidget(this);
  picture_layout_ = new QBoxLayout(QBoxLayout::LeftToRight, area);
  picture_layout_->setContentsMargins(0, 0, 0, 0);
  picture_layout_->setSpacing(3 * kStep);
  input_ = new InputView(area);
  picture_layout_->addWidget(input_, 0, Qt::AlignTop);
  auto* texts = new QVBoxLayout;
  texts->setSpacing(kStep);
  name_ = new ElidedLabel(QPalette::WindowText, area, Qt::ElideMiddle);
  QFont bold = name_->font();
  bold.setBold(true);
  name_->setFont(bold);
  details_ = new QLabel(area);
  seen_ = new QLabel(tr("as the model sees it"), area);
  details_->setForegroundRole(QPalette::PlaceholderText);
  seen_->setForegroundRole(QPalette::Link);
  texts->addWidget(name_);
  for (QLabel* label : {details_, seen_}) {
    label->setFont(small_font(label->font()));
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    texts->addWidget(label);
  }
  controls_ = new PredictionControls(area);
  controls_->hide();
  texts->addWidget(controls_);
  texts->addStretch(1);
  picture_layout_->addLayout(texts, 1);
  return area;
}

void Inspector::resizeEvent(QResizeEvent* event) {
  fit_picture();
  QWidget::resizeEvent(event);
}

bool Inspector::predicts() const {
  const auto result = session_.result();
  return result && result->prediction && !result->prediction->empty();
}

// The picture takes half of the width, the text beside it the rest. One with a prediction is clicked and dragged on: it
// has the whole width, and the text stands below.
void Inspector::fit_picture() {
  const bool wide = predicts();
  picture_layout_->setDirection(wide ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
  picture_layout_->setSpacing(wide ? 2 * kStep : 3 * kStep);
  if (!wide) {
    const int side = std::clamp(width() / 2 - 4 * kStep, 120, 240);
    return input_->setFixedSize(side, side);
  }
  const Image& pixels = session_.result()->input.pixels;
  const QSize room(std::max(width() - 8 * kStep, 120), std::clamp(height() * 2 / 5, 160, 560));
  input_->setFixedSize(QSize(pixels.width, pixels.height).scaled(room, Qt::KeepAspectRatio).expandedTo({1, 1}));
}

void Inspector::show_picture() {
  const auto result = session_.result();
  if (!result) return;
  if (!predicts()) {
    input_->set_overlay({});
    input_->set_part(std::nullopt);
    return input_->set_image(to_qimage(result->input.pixels));
  }
  input_->set_image(prediction_image(*result->prediction, *result->model, look()));
  const auto& region = session_.chosen_region();
  input_->set_part(region ? std::optional(picture_part(*region, result->input.crop)) : std::nullopt);
  if (!result->model->is_detector()) return input_->set_overlay({});
  input_->set_overlay([result, look = look()](QPainter& painter, const QRectF& picture) {
    paint_boxes(painter, picture, *result->prediction, *result->model, look);
  });
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
  QString text = tr("pixel %1, %2")
                     .arg(std::min(static_cast<int>(position->x() * pixels.width), pixels.width - 1))
                     .arg(std::min(static_cast<int>(position->y() * pixels.height), pixels.height - 1));
  if (predicts())
    if (const auto number = predicted_at(*result->prediction, *position, look()))
      for (const ClassScore& score : result->scores)
        if (score.index == *number) text.prepend(QString::fromStdString(score.name) + QStringLiteral(" · "));
  position_->setText(text);
}

void Inspector::show_result() {
  const auto result = session_.result();
  const bool wide = predicts();
  seen_->setVisible(result != nullptr && !wide);
  controls_->setVisible(wide);
  input_->set_choosable(wide);
  fit_picture();
  if (!result) {
    input_->set_overlay({});
    input_->set_part(std::nullopt);
    input_->set_image({});
    input_->set_hint(session_.images().empty() ? tr("Drop a photo here") : QString());
    name_->set_text({});
    details_->clear();
    scores_->set_scores({});
    scores_about_->clear();
    return;
  }
  controls_->show_kind(result->model->is_detector());
  input_->setToolTip(wide ? tr("Click a class or a box to see what spoke for it, or drag over a region") : QString());
  name_->set_text(file_name(result->image_path));
  show_details();
  show_scores();
  show_class();
}

void Inspector::show_details() {
  const auto result = session_.result();
  const CropBox& crop = result->input.crop;
  QStringList lines{tr("%1 × %2 pixels").arg(result->image_width).arg(result->image_height)};
  const int side = result->input.pixels.width;
  if (!result->model->is_classifier())
    lines << tr("resized to %1 × %2").arg(side).arg(result->input.pixels.height);
  else if (result->input.preprocessing.warp)
    lines << tr("squashed to %1").arg(side);
  else
    lines << tr("middle %1 at\u00A0%2,\u00A0%3")
                 .arg(std::lround(crop.width))
                 .arg(std::lround(crop.x))
                 .arg(std::lround(crop.y))
          << tr("resized to %1").arg(side);
  QString text = lines.join(predicts() ? QStringLiteral(", ") : QStringLiteral("\n"));
  for (const std::string& warning : result->warnings) text += '\n' + QString::fromStdString(warning);
  details_->setText(text);
}

void Inspector::show_scores() {
  const auto result = session_.result();
  std::vector<ClassScore> scores = result->scores;
  scores_about_->clear();
  if (result->model->is_segmenter()) {
    scores_about_->setText(tr("share of the picture"));
  } else if (result->model->is_detector()) {
    for (ClassScore& score : scores) score.name = std::to_string(score.index) + "  " + score.name;
    scores_about_->setText(scores.empty()       ? tr("nothing was found")
                           : scores.size() == 1 ? tr("1 box")
                                                : tr("%1 boxes").arg(scores.size()));
  }
  scores_->set_scores(scores);
  show_keys();
}

void Inspector::show_keys() {
  std::vector<ScoreKey> keys;
  if (predicts()) {
    const auto result = session_.result();
    const Model& model = *result->model;
    for (const ClassScore& score : result->scores) {
      const int label = model.is_detector()
                            ? result->prediction->detections.found[static_cast<std::size_t>(score.index)].label
                            : score.index;
      keys.push_back(
          {class_color(model, label), label, !controls_->settings().hidden.contains(model.class_name(label))});
    }
  }
  scores_->set_keys(keys);
}

void Inspector::show_class() {
  scores_->set_chosen(explained());
  controls_->show_region(session_.chosen_region());
  show_picture();
}

}  // namespace orderscope
