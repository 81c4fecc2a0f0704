// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/data_set_filter.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QToolButton>
#include <algorithm>
#include <cmath>

#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr int kTypingMilliseconds = 250;

/// The first entry is "any"; the box shows `wanted` also if the run does not know it.
void fill(QComboBox& box, const QString& any, const std::vector<std::string>& names, const std::string& wanted) {
  QStringList texts{any};
  for (const std::string& name : names)
    if (!name.empty()) texts << QString::fromStdString(name);
  if (!wanted.empty() && !texts.contains(QString::fromStdString(wanted))) texts << QString::fromStdString(wanted);
  QStringList shown;
  for (int i = 0; i < box.count(); ++i) shown << box.itemText(i);
  if (shown != texts) {
    box.clear();
    box.addItems(texts);
  }
  const int place =
      wanted.empty() ? 0 : box.findText(QString::fromStdString(wanted), Qt::MatchExactly | Qt::MatchCaseSensitive);
  box.setCurrentIndex(std::max(place, 0));
  box.setEnabled(texts.size() > 1);
}

}  // namespace

DataSetSettings unfiltered(const DataSetSettings& settings) {
  DataSetSettings result = settings;
  const DataSetSettings none;
  result.text = none.text;
  result.model = none.model;
  result.label = none.label;
  result.predicted = none.predicted;
  result.outcome = none.outcome;
  result.least_confidence = none.least_confidence;
  result.most_confidence = none.most_confidence;
  return result;
}

DataSetFilterBar::DataSetFilterBar(QWidget* parent) : QWidget(parent) {
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kStep);
  text_ = new QLineEdit(this);
  text_->setPlaceholderText(tr("Path contains"));
  text_->setClearButtonEnabled(true);
  text_->setAccessibleName(tr("Filter by path"));
  text_->setToolTip(tr("Only images whose path contains this (/)"));
  text_->setMinimumWidth(text_->fontMetrics().horizontalAdvance(text_->placeholderText()) + 6 * kStep);
  layout->addWidget(text_, 2);
  label_ = add_box(tr("Class"), tr("Only images of this class"));
  predicted_ = add_box(tr("Predicted"), tr("Only images that were taken for this class"));
  outcome_ = add_box(tr("Outcome"),
                     tr("Only right or wrong predictions, images on which the models disagree, or broken ones"));
  outcome_->addItems({tr("any outcome"), tr("right"), tr("wrong"), tr("models disagree"), tr("broken")});
  model_ = add_box(tr("Model"), tr("Only rows of this model"));
  const auto confidence = [&](const QString& name, double value) {
    auto* box = new QDoubleSpinBox(this);
    box->setRange(0, 1);
    box->setSingleStep(0.05);
    box->setDecimals(2);
    box->setValue(value);
    box->setAccessibleName(name);
    box->setToolTip(name);
    box->setKeyboardTracking(false);
    layout->addWidget(box);
    return box;
  };
  least_ = confidence(tr("Least confidence"), 0);
  auto* to = new QLabel(QStringLiteral("–"), this);
  layout->addWidget(to);
  most_ = confidence(tr("Most confidence"), 1);
  clear_ = new QToolButton(this);
  clear_->setText(tr("Clear"));
  clear_->setToolTip(tr("No condition: all rows (A)"));
  clear_->setAccessibleName(tr("Clear the filter"));
  clear_->setFocusPolicy(Qt::TabFocus);
  layout->addWidget(clear_);

  typing_.setSingleShot(true);
  typing_.setInterval(kTypingMilliseconds);
  connect(text_, &QLineEdit::textEdited, &typing_, qOverload<>(&QTimer::start));
  connect(text_, &QLineEdit::returnPressed, this, &DataSetFilterBar::choose);
  connect(&typing_, &QTimer::timeout, this, &DataSetFilterBar::choose);
  for (QComboBox* box : {label_, predicted_, outcome_, model_})
    connect(box, qOverload<int>(&QComboBox::activated), this, &DataSetFilterBar::choose);
  for (QDoubleSpinBox* box : {least_, most_})
    connect(box, qOverload<double>(&QDoubleSpinBox::valueChanged), this, &DataSetFilterBar::choose);
  connect(clear_, &QToolButton::clicked, this, [this] { Q_EMIT filter_chosen(unfiltered(settings_)); });
  show_settings({}, nullptr);
}

QComboBox* DataSetFilterBar::add_box(const QString& name, const QString& tool_tip) {
  auto* box = new QComboBox(this);
  box->setAccessibleName(name);
  box->setToolTip(tool_tip);
  box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  box->setMinimumContentsLength(8);
  box->setMaxVisibleItems(30);
  static_cast<QHBoxLayout*>(layout())->addWidget(box, 1);
  return box;
}

DataSetSettings DataSetFilterBar::chosen() const {
  DataSetSettings s = settings_;
  const auto name = [](const QComboBox* box) {
    return box->currentIndex() <= 0 ? std::string() : box->currentText().toStdString();
  };
  s.text = text_->text().toStdString();
  s.label = name(label_);
  s.predicted = name(predicted_);
  s.model = name(model_);
  s.outcome = static_cast<DataSetOutcome>(outcome_->currentIndex());
  s.least_confidence = least_->value();
  s.most_confidence = std::max(most_->value(), s.least_confidence);
  return s;
}

void DataSetFilterBar::choose() {
  typing_.stop();
  const DataSetSettings settings = chosen();
  if (!(settings == settings_)) Q_EMIT filter_chosen(settings);
}

void DataSetFilterBar::show_settings(const DataSetSettings& settings, const OpenRun* run) {
  settings_ = settings;
  const QSignalBlocker blocked[] = {QSignalBlocker(text_), QSignalBlocker(least_), QSignalBlocker(most_)};
  if (!typing_.isActive() && text_->text() != QString::fromStdString(settings.text))
    text_->setText(QString::fromStdString(settings.text));
  std::vector<std::string> models;
  if (run)
    for (const BatchModelInfo& model : run->models) models.push_back(model.name);
  fill(*label_, tr("any class"), run ? run->classes : std::vector<std::string>(), settings.label);
  fill(*predicted_, tr("any prediction"), run ? predicted_names(settings, run->models) : std::vector<std::string>(),
       settings.predicted);
  fill(*model_, tr("all models"), models, settings.model);
  model_->setEnabled(models.size() > 1 || !settings.model.empty());
  outcome_->setCurrentIndex(static_cast<int>(settings.outcome));
  least_->setValue(settings.least_confidence);
  most_->setValue(settings.most_confidence);
  clear_->setEnabled(!(unfiltered(settings) == settings));
}

void DataSetFilterBar::focus_text() {
  text_->setFocus(Qt::ShortcutFocusReason);
  text_->selectAll();
}

}  // namespace orderscope
