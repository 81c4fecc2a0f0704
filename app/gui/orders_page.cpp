// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/orders_page.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSlider>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <cmath>

#include "app/gui/session.h"
#include "widgets/banner.h"
#include "widgets/elided_label.h"
#include "widgets/icons.h"
#include "widgets/map_grid.h"
#include "widgets/theme.h"

namespace orderscope {

OrdersPage::OrdersPage(Session& session, QWidget* parent)
    : QWidget(parent), session_(session), banner_(new Banner(this)), grid_(new MapGrid(this)) {
  setAutoFillBackground(true);
  setBackgroundRole(QPalette::Base);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(4 * kStep, 3 * kStep, 3 * kStep, 3 * kStep);
  layout->setSpacing(3 * kStep);
  layout->addWidget(banner_);
  layout->addWidget(make_header());

  auto* scroll = new QScrollArea(this);
  scroll->setWidgetResizable(true);
  scroll->setFocusPolicy(Qt::NoFocus);
  scroll->viewport()->setAutoFillBackground(false);
  grid_->setAutoFillBackground(false);
  scroll->setWidget(grid_);
  grid_->setAutoFillBackground(false);
  hint_ = new QLabel(this);
  hint_->setAlignment(Qt::AlignCenter);
  hint_->setForegroundRole(QPalette::PlaceholderText);
  hint_->setWordWrap(true);
  remark_ = new QLabel(this);
  remark_->setForegroundRole(QPalette::PlaceholderText);
  remark_->setWordWrap(true);
  layout->addWidget(remark_);
  stack_ = new QStackedWidget(this);
  stack_->addWidget(hint_);
  stack_->addWidget(scroll);
  layout->addWidget(stack_, 1);

  connect(&session_, &Session::result_changed, this, &OrdersPage::show_panels);
  connect(&session_, &Session::view_changed, this, &OrdersPage::show_panels);
  connect(&session_, &Session::block_changed, this, &OrdersPage::show_panels);
  connect(&session_, &Session::models_changed, this, &OrdersPage::show_hint);
  connect(&session_, &Session::images_changed, this, &OrdersPage::show_hint);
  connect(&session_, &Session::started, this, &OrdersPage::show_hint);
  connect(&session_, &Session::finished, this, &OrdersPage::show_hint);
  connect(&session_, &Session::message, banner_, &Banner::show_message);
  connect(&session_, &Session::message_outdated, banner_, &Banner::dismiss);
  show_panels();
}

QWidget* OrdersPage::make_header() {
  auto* header = new QWidget(this);
  auto* layout = new QHBoxLayout(header);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(2 * kStep);
  title_ = new QLabel(header);
  QFont bold = title_->font();
  bold.setBold(true);
  bold.setPointSizeF(bold.pointSizeF() * 1.15);
  title_->setFont(bold);
  summary_ = new ElidedLabel(QPalette::PlaceholderText, header);

  reduction_ = new QComboBox(header);
  reduction_->addItem(tr("mean |·|"), static_cast<int>(ChannelReduction::MeanAbs));
  reduction_->addItem(tr("mean"), static_cast<int>(ChannelReduction::Mean));
  reduction_->addItem(tr("L2"), static_cast<int>(ChannelReduction::L2));
  reduction_->setToolTip(tr("How the channels become one map"));
  reduction_->setAccessibleName(tr("Reduction over channels"));
  scale_ = new QComboBox(header);
  scale_->addItem(tr("scale per map"), static_cast<int>(ScaleMode::PerMap));
  scale_->addItem(tr("scale per row"), static_cast<int>(ScaleMode::Shared));
  scale_->setToolTip(tr("Whether every map has a colour scale of its own or a row shares one"));
  scale_->setAccessibleName(tr("Colour scale"));
  interpolate_ = new QToolButton(header);
  interpolate_->setIcon(line_icon(QStringLiteral("interpolate")));
  interpolate_->setCheckable(true);
  interpolate_->setToolTip(tr("Interpolate between the cells of a map (I)"));
  interpolate_->setAccessibleName(tr("Interpolate"));
  opacity_ = new QSlider(Qt::Horizontal, header);
  opacity_->setRange(0, 100);
  opacity_->setPageStep(10);
  opacity_->setFixedWidth(80);
  opacity_->setToolTip(tr("Opacity of the maps over the photo (+ and −)"));
  opacity_->setAccessibleName(tr("Opacity of the maps"));
  opacity_value_ = new QLabel(header);
  opacity_value_->setFont(value_font(small_font(font())));
  opacity_value_->setForegroundRole(QPalette::PlaceholderText);
  opacity_value_->setFixedWidth(opacity_value_->fontMetrics().horizontalAdvance(QStringLiteral("100 %")) + kStep);
  opacity_value_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);

  layout->addWidget(title_);
  layout->addWidget(summary_, 1);
  layout->addWidget(reduction_);
  layout->addWidget(scale_);
  layout->addWidget(interpolate_);
  layout->addWidget(opacity_);
  layout->addWidget(opacity_value_);
  set_settings(settings_);

  for (QComboBox* box : {reduction_, scale_})
    connect(box, qOverload<int>(&QComboBox::currentIndexChanged), this, &OrdersPage::read_controls);
  connect(opacity_, &QSlider::valueChanged, this, &OrdersPage::read_controls);
  connect(interpolate_, &QToolButton::toggled, this, &OrdersPage::read_controls);
  return header;
}

void OrdersPage::set_settings(const OrdersSettings& settings) {
  const bool only_style = settings.reduction == settings_.reduction && settings.scale == settings_.scale;
  settings_ = settings;
  const QSignalBlocker b1(reduction_), b2(scale_), b3(opacity_), b4(interpolate_);
  reduction_->setCurrentIndex(reduction_->findData(static_cast<int>(settings.reduction)));
  scale_->setCurrentIndex(scale_->findData(static_cast<int>(settings.scale)));
  opacity_->setValue(static_cast<int>(std::lround(settings.style.opacity * 100)));
  opacity_value_->setText(tr("%1 %").arg(opacity_->value()));
  interpolate_->setChecked(settings.style.interpolate);
  if (only_style)
    grid_->set_style(settings.style);
  else
    show_panels();
  Q_EMIT settings_changed();
}

void OrdersPage::read_controls() {
  OrdersSettings settings;
  settings.reduction = static_cast<ChannelReduction>(reduction_->currentData().toInt());
  settings.scale = static_cast<ScaleMode>(scale_->currentData().toInt());
  settings.style.opacity = opacity_->value() / 100.0;
  settings.style.interpolate = interpolate_->isChecked();
  set_settings(settings);
}

PanelGrid OrdersPage::panels() const {
  return orders_grid(session_.result(), session_.view(), session_.block(), settings_);
}

void OrdersPage::show_panels() {
  grid_->set_grid(panels());
  const auto result = session_.result();
  const auto model = session_.model();
  title_->setText(model ? block_name(*model, session_.block()) : QString());
  summary_->set_text(result ? block_summary(*result, session_.block()) : QString());
  const bool no_orders = result && session_.block() >= 0 &&
                         result->blocks[static_cast<std::size_t>(session_.block())].order == 0;
  remark_->setVisible(no_orders);
  if (no_orders)
    remark_->setText(
        tr("This block mixes space by %1: it has no gnConv, so there are no orders to show.")
            .arg(mixer_text(*result->model, result->model->blocks[static_cast<std::size_t>(session_.block())].stage)));
  show_hint();
  Q_EMIT panels_changed();
}

void OrdersPage::show_hint() {
  const bool has_maps = !grid_->grid().empty();
  stack_->setCurrentIndex(has_maps ? 1 : 0);
  for (QWidget* control : {static_cast<QWidget*>(reduction_), static_cast<QWidget*>(scale_),
                           static_cast<QWidget*>(opacity_), static_cast<QWidget*>(interpolate_)})
    control->setEnabled(has_maps);
  if (has_maps) return;
  if (session_.busy())
    hint_->setText(tr("Maps are on their way"));
  else if (session_.models().empty())
    hint_->setText(
        tr("Drop a checkpoint here, or open one with Ctrl+M\nHorNet, Swin and ConvNeXt, as .pth or .safetensors"));
  else if (session_.images().empty())
    hint_->setText(tr("Drop a photo here, or open one with Ctrl+O"));
  else
    hint_->setText(tr("Nothing to show for this model and image; choose another, or press F5 to try again"));
}

}  // namespace orderscope
