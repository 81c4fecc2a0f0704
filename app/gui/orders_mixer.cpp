// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/orders_mixer.h"

#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/gui/orders_work.h"
#include "app/gui/session.h"
#include "widgets/score_list.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr int kStepsOfOne = 100;  // positions of a slider from 0 to 1
constexpr std::size_t kScoresShown = 5;

float probability_of(const std::vector<ClassScore>& scores, int class_index) {
  const auto found = std::ranges::find(scores, class_index, &ClassScore::index);
  return found == scores.end() ? 0 : found->probability;
}

}  // namespace

QString change_text(const QString& name, double before, double after) {
  const double change = after - before;
  const QString sign = change < 0 ? QStringLiteral("−") : QStringLiteral("+");
  return QStringLiteral("%1  %2 → %3 (%4%5)")
      .arg(name)
      .arg(before, 0, 'f', 3)
      .arg(after, 0, 'f', 3)
      .arg(sign)
      .arg(std::abs(change), 0, 'f', 3);
}

MixerSection::MixerSection(Session& session, OrdersWork& work, QWidget* parent)
    : QWidget(parent),
      session_(session),
      work_(work),
      scope_(new QComboBox(this)),
      reset_(new QToolButton(this)),
      change_(new QLabel(this)),
      scores_(new ScoreList(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(2 * kStep);
  auto* line = new QHBoxLayout;
  line->addWidget(make_heading(tr("Order mixer"), this));
  line->addStretch(1);
  scope_->addItem(tr("this block"));
  scope_->addItem(tr("this stage"));
  scope_->addItem(tr("network"));
  scope_->setAccessibleName(tr("Blocks that the mixer changes"));
  scope_->setToolTip(tr("Whose gates the sliders multiply; they follow the chosen block"));
  reset_->setText(tr("Reset"));
  reset_->setAccessibleName(tr("Reset the order mixer"));
  reset_->setToolTip(tr("All orders back to 1: the network as it is"));
  line->addWidget(scope_);
  line->addWidget(reset_);
  layout->addLayout(line);
  rows_ = new QGridLayout;
  rows_->setHorizontalSpacing(2 * kStep);
  rows_->setVerticalSpacing(kStep);
  rows_->setColumnStretch(1, 1);
  layout->addLayout(rows_);
  change_->setWordWrap(true);
  change_->setTextFormat(Qt::PlainText);
  layout->addWidget(change_);
  layout->addWidget(scores_);

  connect(scope_, qOverload<int>(&QComboBox::activated), this,
          [this](int index) { Q_EMIT scope_chosen(static_cast<MixScope>(index)); });
  connect(reset_, &QToolButton::clicked, this, [this] { Q_EMIT factors_chosen({}); });
  connect(scores_, &ScoreList::class_chosen, &session_, &Session::explain);
  connect(&session_, &Session::block_changed, this, &MixerSection::show_session);
  connect(&session_, &Session::result_changed, this, &MixerSection::show_session);
  connect(&session_, &Session::view_changed, this, &MixerSection::show_scores);
  connect(&work_, &OrdersWork::mixed_changed, this, &MixerSection::show_scores);
  show_session();
}

void MixerSection::show_detail(const OrdersDetail& detail) {
  if (detail.scope == detail_.scope && detail.factors == detail_.factors) return;
  detail_ = detail;
  show_session();
}

// What the sliders mean is another after a change of block, and so is what they do.
void MixerSection::show_session() {
  const auto result = session_.result();
  const int highest = result && result->model->is_classifier()
                          ? highest_mixed_order(*result->model, session_.block(), detail_.scope)
                          : 0;
  scope_->setCurrentIndex(static_cast<int>(detail_.scope));
  show_sliders(highest);
  work_.set_factors(highest > 0 ? mixer_factors(*result->model, session_.block(), detail_.scope, detail_.factors)
                                : std::vector<OrderFactor>());
  show_scores();
}

void MixerSection::show_sliders(int count) {
  while (static_cast<int>(sliders_.size()) < count) {
    const int order = static_cast<int>(sliders_.size()) + 1;
    auto* name = new QLabel(tr("order %1").arg(order), this);
    auto* slider = new QSlider(Qt::Horizontal, this);
    slider->setRange(0, static_cast<int>(kLargestFactor * kStepsOfOne));
    slider->setSingleStep(5);
    slider->setPageStep(25);
    slider->setAccessibleName(tr("Factor of order %1").arg(order));
    slider->setToolTip(tr("What the gates of order %1 are multiplied by: 0 removes it, 1 leaves it alone").arg(order));
    auto* value = new QLabel(this);
    value->setFont(value_font(font()));
    value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    value->setMinimumWidth(value->fontMetrics().horizontalAdvance(QStringLiteral("0.00")) + kStep);
    rows_->addWidget(name, order - 1, 0);
    rows_->addWidget(slider, order - 1, 1);
    rows_->addWidget(value, order - 1, 2);
    connect(slider, &QSlider::valueChanged, this, [this, order] { choose(order); });
    names_.push_back(name);
    sliders_.push_back(slider);
    values_.push_back(value);
  }
  while (static_cast<int>(sliders_.size()) > count) {
    delete sliders_.back();
    delete names_.back();
    delete values_.back();
    sliders_.pop_back();
    names_.pop_back();
    values_.pop_back();
  }
  for (std::size_t i = 0; i < sliders_.size(); ++i) {
    const QSignalBlocker quiet(sliders_[i]);
    const double factor = i < detail_.factors.size() ? detail_.factors[i] : 1;
    sliders_[i]->setValue(static_cast<int>(std::lround(factor * kStepsOfOne)));
    values_[i]->setText(QString::number(factor, 'f', 2));
  }
  // Of a segmenter or detector the note stays that says why there are no sliders.
  const auto result = session_.result();
  const bool note = result && !result->model->is_classifier() &&
                    std::ranges::any_of(result->model->blocks, [](const BlockInfo& block) { return block.order > 0; });
  setVisible(!result || count > 0 || note);
  scope_->setEnabled(count > 0);
  reset_->setEnabled(std::ranges::any_of(detail_.factors, [](double factor) { return factor != 1; }));
}

void MixerSection::choose(int order) {
  std::vector<double> factors = detail_.factors;
  const auto at = static_cast<std::size_t>(order - 1);
  factors.resize(std::max(factors.size(), at + 1), 1.0);
  factors[at] = static_cast<double>(sliders_[at]->value()) / kStepsOfOne;
  while (!factors.empty() && factors.back() == 1) factors.pop_back();
  Q_EMIT factors_chosen(factors);
}

void MixerSection::show_scores() {
  const auto result = session_.result();
  const bool classifies = result && result->model->is_classifier();
  for (QWidget* widget : std::initializer_list<QWidget*>{scores_, scope_, reset_}) widget->setVisible(classifies);
  if (!result || (classifies && result->scores.empty())) {
    change_->setText(tr("Open a model and a photo, then move a slider: the class scores move with it"));
    return;
  }
  if (!classifies) {
    change_->setText(
        tr("For classifiers only: sliders move the class scores of a whole picture, which %1 does not give")
            .arg(QString::fromStdString(result->model->name)));
    return;
  }
  const auto view = session_.view();
  const int explained = view ? view->class_index : result->scores.front().index;
  const auto mixed = work_.mixed();
  const std::vector<ClassScore>& now = mixed ? *mixed : result->scores;
  if (!work_.mix_problem().isEmpty())
    change_->setText(work_.mix_problem());
  else if (mixed)
    change_->setText(change_text(QString::fromStdString(result->model->class_name(explained)),
                                 probability_of(result->scores, explained), probability_of(now, explained)));
  else
    change_->setText(tr("The network as it is: move a slider to see what an order is worth"));
  scores_->set_chosen(explained);
  scores_->set_scores({now.begin(), now.begin() + static_cast<std::ptrdiff_t>(std::min(now.size(), kScoresShown))});
}

}  // namespace orderscope
