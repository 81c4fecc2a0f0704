// SPDX-License-Identifier: GPL-3.0-or-later
#include <QActionGroup>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QSlider>
#include <QToolButton>
#include <algorithm>

#include "app/gui/actions.h"
#include "app/gui/orders_lens.h"
#include "app/gui/orders_mixer.h"
#include "app/gui/orders_page.h"
#include "app/gui/orders_profile.h"
#include "app/gui/orders_work.h"
#include "app/gui/page_controls.h"
#include "widgets/elided_label.h"
#include "widgets/icons.h"
#include "widgets/map_grid.h"
#include "widgets/theme.h"

namespace orderscope {

QWidget* OrdersPage::make_header() {
  auto* header = new QWidget(this);
  auto* layout = new QHBoxLayout(header);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(2 * kStep);
  title_ = new QLabel(header);
  title_->setFont(title_font(title_->font()));
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
  side_button_ = new QToolButton(header);
  side_button_->setText(tr("Mixer"));
  side_button_->setCheckable(true);
  side_button_->setToolTip(tr("Order mixer and depth profile beside the maps (M)"));
  side_button_->setAccessibleName(tr("Order mixer and depth profile"));
  layout->addWidget(side_button_);

  for (QComboBox* box : {reduction_, scale_})
    connect(box, qOverload<int>(&QComboBox::currentIndexChanged), this, &OrdersPage::read_controls);
  connect(opacity_, &QSlider::valueChanged, this, &OrdersPage::read_controls);
  connect(interpolate_, &QToolButton::toggled, this, &OrdersPage::read_controls);
  connect(side_button_, &QToolButton::toggled, this,
          [this](bool on) { change_detail([on](OrdersDetail& d) { d.side = on; }); });
  return header;
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
    reductions->addAction(choice(
        *reduction, text, key, tip, [to](OrdersSettings& s) { s.reduction = to; },
        [to](const OrdersSettings& s) { return s.reduction == to; }));
  };
  reduce(tr("Mean of absolute values"), tr("Ctrl+1"), tr("mean |·| over channels"), ChannelReduction::MeanAbs);
  reduce(tr("Mean"), tr("Ctrl+2"), tr("Signed mean over channels"), ChannelReduction::Mean);
  reduce(tr("L2 norm"), tr("Ctrl+3"), tr("Root of the sum of squares over channels"), ChannelReduction::L2);
  choice(
      menu, tr("&Shared scale per row"), tr("S"), tr("One colour scale for all maps of a row"),
      [](OrdersSettings& s) { s.scale = s.scale == ScaleMode::Shared ? ScaleMode::PerMap : ScaleMode::Shared; },
      [](const OrdersSettings& s) { return s.scale == ScaleMode::Shared; });
  choice(
      menu, tr("&Interpolate"), tr("I"), tr("Interpolate between the cells of a map"),
      [](OrdersSettings& s) { s.style.interpolate = !s.style.interpolate; },
      [](const OrdersSettings& s) { return s.style.interpolate; });
  constexpr double kOpacityStep = 0.1;
  add_action(menu, tr("More &opaque"), tr("+"), tr("Less of the photo"), [change] {
    change([](OrdersSettings& s) { s.style.opacity = std::min(1.0, s.style.opacity + kOpacityStep); });
  });
  add_action(menu, tr("More &transparent"), tr("-"), tr("More of the photo"), [change] {
    change([](OrdersSettings& s) { s.style.opacity = std::max(0.0, s.style.opacity - kOpacityStep); });
  });
  menu.addSeparator();
  QAction* side =
      add_action(menu, tr("Order &mixer and depth profile"), tr("M"), tr("Shows or hides what stands beside the maps"),
                 [this] { change_detail([](OrdersDetail& d) { d.side = !d.side; }); });
  side->setCheckable(true);
  QAction* lens =
      add_action(menu, tr("Order &lens"), tr("L"), tr("Shows or hides two orders with a divider between them"),
                 [this] { change_detail([](OrdersDetail& d) { d.lens = !d.lens; }); });
  lens->setCheckable(true);
  const auto move_divider = [this](double by) {
    change_detail([by](OrdersDetail& d) { d.lens_divider = std::clamp(d.lens_divider + by, 0.0, 1.0); });
  };
  constexpr double kDividerStep = 0.05;
  add_action(menu, tr("Lens: more of the &right order"), tr("["), tr("Moves the divider of the order lens to the left"),
             [move_divider] { move_divider(-kDividerStep); });
  add_action(menu, tr("Lens: more of the l&eft order"), tr("]"), tr("Moves the divider of the order lens to the right"),
             [move_divider] { move_divider(kDividerStep); });
  add_action(menu, tr("&Reset the order mixer"), tr("Shift+M"), tr("All orders back to 1: the network as it is"),
             [this] { change_detail([](OrdersDetail& d) { d.factors.clear(); }); });
  const auto add_terms = [this](int step) {
    const auto terms = work_->terms();
    if (!terms) return;
    const int count = static_cast<int>(terms->terms.size());
    change_detail([=](OrdersDetail& d) {
      const int now = d.terms <= 0 ? count : std::min(d.terms, count);
      const int next = std::clamp(now + step, 1, count);
      d.terms = next == count ? 0 : next;
    });
  };
  add_action(menu, tr("&Add the next interaction order"), tr("."), tr("Adds one more term to the sum below the maps"),
             [add_terms] { add_terms(1); });
  add_action(menu, tr("&Leave out the last interaction order"), tr(","),
             tr("Takes the last term out of the sum below the maps"), [add_terms] { add_terms(-1); });
  const auto show_checks = [this, checks, side, lens] {
    side->setChecked(detail_.side);
    lens->setChecked(detail_.lens);
    for (const auto& [action, is_on] : checks) action->setChecked(is_on(settings_));
  };
  connect(this, &Page::state_changed, &menu, show_checks);
  show_checks();
}

std::vector<TourStep> OrdersPage::tour() const {
  return {{grid_, tr("A gnConv as it computes"),
           tr("A column an order, a row for each of gate, state and contribution. The value under the cursor is shown "
              "for all of them at once; a click pins it.")},
          {reduction_, tr("From channels to a map"),
           tr("Maps are raw values: choose how channels are reduced, and whether a row shares one colour scale.")},
          {opacity_, tr("The photo below"),
           tr("Maps lie over the photo in grey, so that its colours are not read as values.")},
          {lens_, tr("Two orders, one photo"),
           tr("Drag the divider: the one order uncovers the other, both on one colour scale.")},
          {mixer_, tr("What is an order worth?"),
           tr("Multiply the gates of an order, in this block, its stage or the whole network: the scores follow.")},
          {profile_, tr("Through the depth"),
           tr("How the orders share each block, from the first to the last. A click goes to the block.")}};
}

}  // namespace orderscope
