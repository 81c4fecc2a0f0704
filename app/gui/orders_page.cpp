// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/orders_page.h"

#include <QActionGroup>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSlider>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/gui/actions.h"
#include "app/gui/session.h"
#include "app/gui/session_export.h"
#include "app/gui/state_value.h"
#include "widgets/elided_label.h"
#include "widgets/icons.h"
#include "widgets/map_grid.h"
#include "widgets/theme.h"

namespace orderscope {

OrdersPage::OrdersPage(Session& session, QWidget* parent)
    : Page(QStringLiteral("orders"), tr("Orders"), session, parent), grid_(new MapGrid(this)) {
  auto* layout = content();
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

  connect(&session, &Session::result_changed, this, &OrdersPage::show_panels);
  connect(&session, &Session::view_changed, this, &OrdersPage::show_panels);
  connect(&session, &Session::block_changed, this, &OrdersPage::show_panels);
  connect(&session, &Session::models_changed, this, &OrdersPage::show_hint);
  connect(&session, &Session::images_changed, this, &OrdersPage::show_hint);
  connect(&session, &Session::started, this, &OrdersPage::show_hint);
  connect(&session, &Session::finished, this, &OrdersPage::show_hint);
  connect(grid_, &MapGrid::cursor_moved, this, &Page::cursor_moved);
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
  Q_EMIT state_changed();
}

void OrdersPage::read_controls() {
  OrdersSettings settings;
  settings.reduction = static_cast<ChannelReduction>(reduction_->currentData().toInt());
  settings.scale = static_cast<ScaleMode>(scale_->currentData().toInt());
  settings.style.opacity = opacity_->value() / 100.0;
  settings.style.interpolate = interpolate_->isChecked();
  set_settings(settings);
}

void OrdersPage::fill_menu(QMenu& menu) {
  const auto change = [this](auto edit) {
    OrdersSettings settings = settings_;
    edit(settings);
    set_settings(settings);
  };
  std::vector<std::pair<QAction*, std::function<bool(const OrdersSettings&)>>> checks;
  const auto choice = [&](QMenu& target, const QString& text, const QString& key, const QString& tip, auto edit,
                          std::function<bool(const OrdersSettings&)> is_on) {
    QAction* action = add_action(target, text, key, tip, [change, edit] { change(edit); });
    action->setCheckable(true);
    checks.emplace_back(action, std::move(is_on));
    return action;
  };

  QMenu* reduction = menu.addMenu(tr("&Channels"));
  auto* reductions = new QActionGroup(reduction);
  const auto reduce = [&](const QString& text, const QString& key, const QString& tip, ChannelReduction to) {
    reductions->addAction(choice(*reduction, text, key, tip, [to](OrdersSettings& s) { s.reduction = to; },
                                 [to](const OrdersSettings& s) { return s.reduction == to; }));
  };
  reduce(tr("Mean of absolute values"), tr("Ctrl+1"), tr("mean |·| over channels"), ChannelReduction::MeanAbs);
  reduce(tr("Mean"), tr("Ctrl+2"), tr("Signed mean over channels"), ChannelReduction::Mean);
  reduce(tr("L2 norm"), tr("Ctrl+3"), tr("Root of the sum of squares over channels"), ChannelReduction::L2);
  choice(menu, tr("&Shared scale per row"), tr("S"), tr("One colour scale for all maps of a row"),
         [](OrdersSettings& s) { s.scale = s.scale == ScaleMode::Shared ? ScaleMode::PerMap : ScaleMode::Shared; },
         [](const OrdersSettings& s) { return s.scale == ScaleMode::Shared; });
  choice(menu, tr("&Interpolate"), tr("I"), tr("Interpolate between the cells of a map"),
         [](OrdersSettings& s) { s.style.interpolate = !s.style.interpolate; },
         [](const OrdersSettings& s) { return s.style.interpolate; });
  constexpr double kOpacityStep = 0.1;
  add_action(menu, tr("More &opaque"), tr("+"), tr("Less of the photo"), [change] {
    change([](OrdersSettings& s) { s.style.opacity = std::min(1.0, s.style.opacity + kOpacityStep); });
  });
  add_action(menu, tr("More &transparent"), tr("-"), tr("More of the photo"), [change] {
    change([](OrdersSettings& s) { s.style.opacity = std::max(0.0, s.style.opacity - kOpacityStep); });
  });
  const auto show_checks = [this, checks] {
    for (const auto& [action, is_on] : checks) action->setChecked(is_on(settings_));
  };
  connect(this, &Page::state_changed, &menu, show_checks);
  show_checks();
}

Plate OrdersPage::figure() const {
  if (!session().result() || session().block() < 0) return {};
  return orders_plate({session().result(), session().view(), session().block(), settings_});
}

void OrdersPage::set_cursor(std::optional<QPointF> position) {
  if (position)
    grid_->set_cursor(position);
  else
    grid_->release_cursor();
}

nlohmann::json OrdersPage::state() const {
  return {{"reduction", to_string(settings_.reduction)},
          {"scale", settings_.scale == ScaleMode::Shared ? "row" : "map"},
          {"opacity", settings_.style.opacity},
          {"interpolate", settings_.style.interpolate}};
}

void OrdersPage::restore(const nlohmann::json& state) {
  OrdersSettings settings = settings_;
  const std::string reduction = value_or(state, "reduction", std::string());
  for (const auto known : {ChannelReduction::MeanAbs, ChannelReduction::Mean, ChannelReduction::L2})
    if (reduction == to_string(known)) settings.reduction = known;
  const std::string scale = value_or(state, "scale", std::string());
  if (scale == "row" || scale == "map") settings.scale = scale == "row" ? ScaleMode::Shared : ScaleMode::PerMap;
  settings.style.opacity = std::clamp(value_or(state, "opacity", settings.style.opacity), 0.0, 1.0);
  settings.style.interpolate = value_or(state, "interpolate", settings.style.interpolate);
  set_settings(settings);
}

std::vector<TourStep> OrdersPage::tour() const {
  return {{grid_, tr("A gnConv as it computes"),
           tr("A column an order, a row for each of gate, state and contribution. The value under the cursor is shown "
              "for all of them at once; a click pins it.")},
          {reduction_, tr("From channels to a map"),
           tr("Maps are raw values: choose how channels are reduced, and whether a row shares one colour scale.")},
          {opacity_, tr("The photo below"), tr("Maps lie over the photo in grey, so that its colours are not read as values.")}};
}

PanelGrid OrdersPage::panels() const {
  return orders_grid(session().result(), session().view(), session().block(), settings_);
}

void OrdersPage::show_panels() {
  grid_->set_grid(panels());
  const auto result = session().result();
  const auto model = session().model();
  title_->setText(model ? block_name(*model, session().block()) : QString());
  summary_->set_text(result ? block_summary(*result, session().block()) : QString());
  const bool no_orders = result && session().block() >= 0 &&
                         result->blocks[static_cast<std::size_t>(session().block())].order == 0;
  remark_->setVisible(no_orders);
  if (no_orders)
    remark_->setText(
        tr("This block mixes space by %1: it has no gnConv, so there are no orders to show.")
            .arg(mixer_text(*result->model, result->model->blocks[static_cast<std::size_t>(session().block())].stage)));
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
  if (session().busy())
    hint_->setText(tr("Maps are on their way"));
  else if (session().models().empty())
    hint_->setText(
        tr("Drop a checkpoint here, or open one with Ctrl+M\nHorNet, Swin and ConvNeXt, as .pth or .safetensors"));
  else if (session().images().empty())
    hint_->setText(tr("Drop a photo here, or open one with Ctrl+O"));
  else
    hint_->setText(tr("Nothing to show for this model and image; choose another, or press F5 to try again"));
}

}  // namespace orderscope
