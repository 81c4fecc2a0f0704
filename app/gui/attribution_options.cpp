// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/attribution_options.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QVBoxLayout>

#include "core/run/attribution.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr double kLargestNumber = 9007199254740992.0;  // doubles beyond it skip whole numbers

QString title_of(const MethodParameter& parameter) {
  QString title = QString::fromStdString(parameter.name);
  return title.replace('-', ' ');
}

}  // namespace

MethodOptions::MethodOptions(QWidget* parent) : QWidget(parent), form_(new QFormLayout), problem_(new QLabel(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kStep);
  form_->setContentsMargins(0, 0, 0, 0);
  form_->setHorizontalSpacing(3 * kStep);
  form_->setVerticalSpacing(kStep);
  form_->setFieldGrowthPolicy(QFormLayout::FieldsStayAtSizeHint);
  form_->setLabelAlignment(Qt::AlignLeft);
  layout->addLayout(form_);
  problem_->setWordWrap(true);
  problem_->hide();
  layout->addWidget(problem_);
}

void MethodOptions::show_method(const std::string& id, const std::map<std::string, std::string>& values) {
  // The fields stay while their method does: the one that is being typed into keeps the keyboard.
  if (id == method_ && values == values_) return;
  method_ = id;
  values_ = values;
  problem_->hide();
  while (form_->rowCount() > 0) {
    const QFormLayout::TakeRowResult row = form_->takeRow(0);
    for (QLayoutItem* item : {row.labelItem, row.fieldItem}) {
      if (item && item->widget()) item->widget()->deleteLater();
      delete item;
    }
  }
  const MethodDescriptor* method = find_descriptor(id);
  const auto options = method ? method_options(*method) : std::vector<MethodParameter>();
  setVisible(!options.empty());
  for (const MethodParameter& option : options) {
    const auto found = values.find(option.name);
    const QString value = QString::fromStdString(found == values.end() ? option.default_value : found->second);
    QWidget* field = nullptr;
    if (option.type == MethodParameter::Type::Choice) {
      auto* box = new QComboBox(this);
      for (const std::string& choice : option.choices) box->addItem(QString::fromStdString(choice));
      box->setCurrentText(value);
      connect(box, &QComboBox::textActivated, this,
              [this, name = option.name](const QString& text) { choose(name, text.toStdString()); });
      field = box;
    } else {
      const bool whole = option.type == MethodParameter::Type::Integer;
      auto* number = new QDoubleSpinBox(this);
      number->setDecimals(whole ? 0 : 4);
      number->setRange(option.low < option.high ? option.low : -kLargestNumber,
                       option.low < option.high ? option.high : kLargestNumber);
      number->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
      number->setKeyboardTracking(false);
      number->setGroupSeparatorShown(false);
      number->setMinimumWidth(26 * kStep);
      number->setMaximumWidth(40 * kStep);
      number->setValue(value.toDouble());
      connect(number, qOverload<double>(&QDoubleSpinBox::valueChanged), this,
              [this, whole, name = option.name](double chosen) {
                choose(name,
                       (whole ? QString::number(chosen, 'f', 0) : QString::number(chosen, 'g', 12)).toStdString());
              });
      field = number;
    }
    field->setObjectName(QString::fromStdString(option.name));
    field->setAccessibleName(title_of(option));
    field->setToolTip(QString::fromStdString(option.help));
    auto* label = new QLabel(title_of(option), this);
    label->setToolTip(field->toolTip());
    form_->addRow(label, field);
  }
}

void MethodOptions::choose(const std::string& name, const std::string& value) {
  const MethodDescriptor* method = find_descriptor(method_);
  if (method == nullptr) return;
  auto values = values_;
  values[name] = value;
  const auto checked = check_options(*method, values);
  problem_->setVisible(!checked);
  if (!checked) return problem_->setText(QString::fromStdString(checked.error().message()));
  for (const MethodParameter& option : method->parameters)
    if (const auto found = values.find(option.name); found != values.end() && found->second == option.default_value)
      values.erase(found);
  values_ = values;
  Q_EMIT options_chosen(values_);
}

}  // namespace orderscope
