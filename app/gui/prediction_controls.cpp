// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/prediction_controls.h"

#include <QCheckBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>
#include <cmath>

#include "widgets/theme.h"

namespace orderscope {

PredictionControls::PredictionControls(QWidget* parent) : QWidget(parent) {
  auto* lines = new QVBoxLayout(this);
  lines->setContentsMargins(0, 0, 0, 0);
  lines->setSpacing(kStep);
  auto* sliders = new QGridLayout;
  sliders->setHorizontalSpacing(2 * kStep);
  sliders->setVerticalSpacing(kStep / 2);
  const auto add_slider = [&](int row, const QString& name, QLabel*& title, QLabel*& value) {
    title = new QLabel(name, this);
    title->setFont(small_font(font()));
    title->setForegroundRole(QPalette::PlaceholderText);
    auto* slider = new QSlider(Qt::Horizontal, this);
    slider->setRange(0, 100);
    slider->setPageStep(10);
    value = new QLabel(this);
    value->setFont(value_font(small_font(font())));
    value->setForegroundRole(QPalette::PlaceholderText);
    value->setFixedWidth(value->fontMetrics().horizontalAdvance(QStringLiteral("100 %")) + kStep);
    value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    sliders->addWidget(title, row, 0);
    sliders->addWidget(slider, row, 1);
    sliders->addWidget(value, row, 2);
    return slider;
  };
  QLabel* opacity_name = nullptr;
  opacity_ = add_slider(0, tr("Opacity"), opacity_name, opacity_value_);
  opacity_->setAccessibleName(tr("Opacity of the prediction"));
  opacity_->setToolTip(tr("Opacity of classes and masks over the picture (Ctrl+Alt+Up, Ctrl+Alt+Down)"));
  least_ = add_slider(1, tr("Score from"), least_name_, least_value_);
  least_->setAccessibleName(tr("Least score of the boxes shown"));
  least_->setToolTip(tr("Boxes with a lower score are left out of the picture; the list has them all"));
  lines->addLayout(sliders);

  auto* choices = new QHBoxLayout;
  choices->setSpacing(2 * kStep);
  only_ = new QCheckBox(tr("Only chosen"), this);
  only_->setToolTip(tr("Show only the class or box that is explained (Ctrl+Alt+S)"));
  all_ = new QToolButton(this);
  all_->setText(tr("Show all"));
  all_->setToolTip(tr("Show the hidden classes again (Ctrl+Alt+A)"));
  choices->addWidget(only_);
  choices->addStretch(1);
  choices->addWidget(all_);
  lines->addLayout(choices);
  region_ = new QToolButton(this);
  region_->setToolTip(tr("This region is explained; click to explain the class over the whole picture (Ctrl+Alt+W)"));
  region_->setAccessibleName(tr("Forget the region"));
  region_->hide();
  lines->addWidget(region_);

  connect(opacity_, &QSlider::valueChanged, this,
          [this](int percent) { change([=](PredictionSettings& s) { s.opacity = percent / 100.0; }); });
  connect(least_, &QSlider::valueChanged, this,
          [this](int percent) { change([=](PredictionSettings& s) { s.least_score = percent / 100.0; }); });
  connect(only_, &QCheckBox::toggled, this,
          [this](bool on) { change([=](PredictionSettings& s) { s.only_chosen = on; }); });
  connect(all_, &QToolButton::clicked, this, [this] { change([](PredictionSettings& s) { s.hidden.clear(); }); });
  connect(region_, &QToolButton::clicked, this, &PredictionControls::whole_picture_requested);
  show_settings();
}

void PredictionControls::set_settings(const PredictionSettings& settings) {
  if (settings == settings_) return;
  settings_ = settings;
  show_settings();
  Q_EMIT settings_changed();
}

void PredictionControls::change(const std::function<void(PredictionSettings&)>& edit) {
  PredictionSettings settings = settings_;
  edit(settings);
  set_settings(settings);
}

void PredictionControls::toggle(const std::string& class_name) {
  change([&](PredictionSettings& s) {
    if (s.hidden.erase(class_name) == 0) s.hidden.insert(class_name);
  });
}

void PredictionControls::show_kind(bool boxes) {
  for (QWidget* widget :
       {static_cast<QWidget*>(least_name_), static_cast<QWidget*>(least_), static_cast<QWidget*>(least_value_)})
    widget->setVisible(boxes);
}

void PredictionControls::show_region(const std::optional<PhotoRegion>& region) {
  region_->setVisible(region.has_value());
  if (!region) return;
  const auto& [x, y, width, height] = *region;
  region_->setText(tr("region %1 × %2 at %3, %4  ✕").arg(width).arg(height).arg(x).arg(y));
}

void PredictionControls::show_settings() {
  const QSignalBlocker b1(opacity_), b2(least_), b3(only_);
  opacity_->setValue(static_cast<int>(std::lround(settings_.opacity * 100)));
  opacity_value_->setText(tr("%1 %").arg(opacity_->value()));
  least_->setValue(static_cast<int>(std::lround(settings_.least_score * 100)));
  least_value_->setText(QString::number(settings_.least_score, 'f', 2));
  only_->setChecked(settings_.only_chosen);
  all_->setEnabled(!settings_.hidden.empty());
}

}  // namespace orderscope
