// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/orders_page.h"

#include <QComboBox>
#include <QEvent>
#include <QLabel>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSlider>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/gui/orders_channels.h"
#include "app/gui/orders_fit.h"
#include "app/gui/orders_lens.h"
#include "app/gui/orders_mixer.h"
#include "app/gui/orders_profile.h"
#include "app/gui/orders_terms.h"
#include "app/gui/orders_work.h"
#include "app/gui/page_controls.h"
#include "app/gui/prediction_image.h"
#include "app/gui/session.h"
#include "widgets/elided_label.h"
#include "widgets/map_grid.h"
#include "widgets/map_tile.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr int kSideWidth = 260, kNarrowestSide = 256, kHighestProfile = 480;
constexpr double kSmallestComfortable = 96;  // side of a map, where the width allows it

}  // namespace

OrdersPage::OrdersPage(Session& session, QWidget* parent)
    : Page(QStringLiteral("orders"), tr("Orders"), session, parent), grid_(new MapGrid(this)) {
  work_ = new OrdersWork(session, jobs(), this);
  content()->addWidget(make_header());
  remark_ = new QLabel(this);
  remark_->setForegroundRole(QPalette::PlaceholderText);
  remark_->setWordWrap(true);
  content()->addWidget(remark_);
  splitter_ = new QSplitter(Qt::Horizontal, this);
  splitter_->addWidget(make_maps());
  splitter_->addWidget(make_side());
  splitter_->setStretchFactor(0, 3);
  splitter_->setStretchFactor(1, 1);
  splitter_->setChildrenCollapsible(false);
  splitter_->setSizes({3 * kSideWidth, kSideWidth});
  splitter_->setHandleWidth(4 * kStep);
  content()->addWidget(splitter_, 1);
  connect_parts();
  set_settings(settings_);
  show_detail();
  show_panels();
}

QWidget* OrdersPage::make_maps() {
  stack_ = new QStackedWidget(this);
  hint_ = new QLabel(stack_);
  hint_->setAlignment(Qt::AlignCenter);
  hint_->setForegroundRole(QPalette::PlaceholderText);
  hint_->setWordWrap(true);
  auto* maps = new QWidget(stack_);
  auto* lines = new QVBoxLayout(maps);
  lines->setContentsMargins(0, 0, 0, 0);
  lines->setSpacing(4 * kStep);
  terms_ = new TermsSection(session(), *work_, grid_->link(), maps);
  channels_ = new ChannelsSection(session(), *work_, grid_->link(), maps);
  lens_ = new LensSection(session(), grid_->link(), maps);
  lines->addWidget(grid_);
  lines->addWidget(channels_);
  lines->addWidget(lens_);
  lines->addWidget(terms_);
  lines->addStretch(1);
  maps_ = make_scroll_area(maps, stack_);
  grid_->setAutoFillBackground(false);
  grid_->set_title_width(96);
  grid_->set_smallest_tile(kSmallestSectionTile);  // five orders and the mixer beside them fit 1280 pixels
  maps_->viewport()->installEventFilter(this);
  stack_->addWidget(hint_);
  stack_->addWidget(maps_);
  return stack_;
}

QWidget* OrdersPage::make_side() {
  auto* side = new QWidget(this);
  auto* lines = new QVBoxLayout(side);
  lines->setContentsMargins(0, 0, 2 * kStep, 0);
  lines->setSpacing(5 * kStep);
  mixer_ = new MixerSection(session(), *work_, side);
  profile_ = new ProfileSection(session(), *work_, side);
  lines->addWidget(mixer_);
  profile_->setMaximumHeight(kHighestProfile);
  lines->addWidget(profile_, 1);
  lines->addStretch(0);
  side_ = make_scroll_area(side, this);
  side_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  side_->setMinimumWidth(kNarrowestSide);
  return side_;
}

void OrdersPage::connect_parts() {
  connect(&session(), &Session::result_changed, this, &OrdersPage::show_panels);
  connect(&session(), &Session::view_changed, this, &OrdersPage::show_panels);
  connect(&session(), &Session::block_changed, this, &OrdersPage::show_panels);
  connect(&session(), &Session::models_changed, this, &OrdersPage::show_hint);
  connect(&session(), &Session::images_changed, this, &OrdersPage::show_hint);
  connect(&session(), &Session::started, this, &OrdersPage::show_hint);
  connect(&session(), &Session::finished, this, &OrdersPage::show_hint);
  connect(grid_, &MapGrid::cursor_moved, this, &Page::cursor_moved);
  connect(grid_, &MapGrid::tile_chosen, this, &OrdersPage::look_into_chosen);
  connect(lens_, &LensSection::quantity_chosen, this,
          [this](LensQuantity quantity) { change_detail([=](OrdersDetail& d) { d.lens_quantity = quantity; }); });
  connect(lens_, &LensSection::orders_chosen, this, [this](int left, int right) {
    change_detail([=](OrdersDetail& d) {
      d.lens_left = left;
      d.lens_right = right;
    });
  });
  connect(lens_, &LensSection::divider_chosen, this,
          [this](double position) { change_detail([=](OrdersDetail& d) { d.lens_divider = position; }); });
  connect(terms_, &TermsSection::kind_chosen, this,
          [this](bool by_gates) { change_detail([=](OrdersDetail& d) { d.by_gates = by_gates; }); });
  connect(terms_, &TermsSection::terms_chosen, this,
          [this](int added) { change_detail([=](OrdersDetail& d) { d.terms = added; }); });
  connect(mixer_, &MixerSection::scope_chosen, this,
          [this](MixScope scope) { change_detail([=](OrdersDetail& d) { d.scope = scope; }); });
  connect(mixer_, &MixerSection::factors_chosen, this,
          [this](const std::vector<double>& factors) { change_detail([&](OrdersDetail& d) { d.factors = factors; }); });
  connect(profile_, &ProfileSection::quantity_chosen, this,
          [this](ProfileQuantity quantity) { change_detail([=](OrdersDetail& d) { d.profile = quantity; }); });
}

void OrdersPage::change_detail(const std::function<void(OrdersDetail&)>& edit) {
  OrdersDetail detail = detail_;
  edit(detail);
  set_detail(detail);
}

void OrdersPage::set_detail(const OrdersDetail& detail) {
  if (detail == detail_) return;
  detail_ = detail;
  show_detail();
  Q_EMIT state_changed();
}

void OrdersPage::show_detail() {
  const QSignalBlocker quiet(side_button_);
  side_button_->setChecked(detail_.side);
  show_side();
  lens_->show_settings(settings_, detail_);
  terms_->show_settings(settings_, detail_);
  mixer_->show_detail(detail_);
  profile_->show_detail(detail_);
}

// Another block's map in the same place takes its place here too.
void OrdersPage::look_into_chosen() {
  const auto& tiles = grid_->tiles();
  const int chosen = grid_->chosen();
  const bool is_tile = chosen >= 0 && static_cast<std::size_t>(chosen) < tiles.size();
  work_->set_tap(is_tile ? tiles[static_cast<std::size_t>(chosen)]->panel().context.toString().toStdString()
                         : std::string());
}

void OrdersPage::show_side() {
  const bool empty = mixer_->isHidden() && profile_->isHidden();
  side_->setVisible(detail_.side && !empty);
}

void OrdersPage::showEvent(QShowEvent* event) {
  Page::showEvent(event);
  work_->set_in_front(true);
}

void OrdersPage::hideEvent(QHideEvent* event) {
  work_->set_in_front(false);
  Page::hideEvent(event);
}

// The maps of the computation fill most of the page; what follows them shows that there is more.
bool OrdersPage::eventFilter(QObject* object, QEvent* event) {
  if (object == maps_->viewport() && event->type() == QEvent::Resize) fit_maps();
  return Page::eventFilter(object, event);
}

void OrdersPage::fit_maps() {
  constexpr double kShare = 0.88;
  const double share = terms_->isHidden() ? 1 : kShare;
  const double rows = std::max(static_cast<double>(grid_->grid().rows.size()), 1.0);
  const double height = share * maps_->viewport()->height() - (rows - 1) * 2 * kStep;
  grid_->set_comfortable_tile(
      std::max(std::floor(height / rows - MapTile::caption_height(grid_->font())), kSmallestComfortable));
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
  lens_->show_settings(settings_, detail_);
  terms_->show_settings(settings_, detail_);
  channels_->show_settings(settings_);
  Q_EMIT state_changed();
}

void OrdersPage::set_cursor(std::optional<QPointF> position) {
  if (position)
    grid_->set_cursor(position);
  else
    grid_->release_cursor();
}

PanelGrid OrdersPage::panels() const {
  PanelGrid grid = orders_grid(session().result(), session().view(), session().block(), settings_);
  if (session().result()) mark_explained(grid, *session().result(), session().question());
  return grid;
}

void OrdersPage::show_panels() {
  grid_->set_grid(panels());
  const auto result = session().result();
  const auto model = session().model();
  title_->setText(model ? block_name(*model, session().block()) : QString());
  summary_->set_text(result ? block_summary(*result, session().block()) : QString());
  const bool no_orders =
      result && session().block() >= 0 && result->blocks[static_cast<std::size_t>(session().block())].order == 0;
  remark_->setVisible(no_orders);
  if (no_orders)
    remark_->setText(
        tr("This block mixes space by %1: it has no gnConv, so there are no orders to show.")
            .arg(mixer_text(*result->model, result->model->blocks[static_cast<std::size_t>(session().block())].stage)));
  show_hint();
  fit_maps();
  show_side();
  look_into_chosen();
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
