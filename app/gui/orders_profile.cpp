// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/orders_profile.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/orders_work.h"
#include "app/gui/session.h"
#include "widgets/result_area.h"

namespace orderscope {

ProfileSection::ProfileSection(Session& session, OrdersWork& work, QWidget* parent)
    : QWidget(parent),
      session_(session),
      work_(work),
      plot_(new StackedPlot(this)),
      area_(new ResultArea(tr("Depth profile"), plot_, this)),
      quantity_(new QComboBox(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(area_);
  quantity_->addItem(tr("states"));
  quantity_->addItem(tr("interaction orders"));
  quantity_->addItem(tr("contributions"));
  quantity_->setAccessibleName(tr("Quantity of the depth profile"));
  quantity_->setToolTip(
      tr("Share of a block's energy by order of the state; by exact interaction order (all blocks are taken apart); or "
         "share of the size of the gates' contributions to the class"));
  area_->line()->addWidget(quantity_);
  connect(quantity_, qOverload<int>(&QComboBox::activated), this,
          [this](int index) { Q_EMIT quantity_chosen(static_cast<ProfileQuantity>(index)); });
  connect(plot_, &StackedPlot::column_chosen, &session_, &Session::select_block);
  connect(area_, &ResultArea::start_requested, &work_, &OrdersWork::retry);
  connect(area_, &ResultArea::cancel_requested, &work_, &OrdersWork::cancel);
  connect(&session_, &Session::block_changed, plot_, &StackedPlot::set_current);
  connect(&session_, &Session::result_changed, this, &ProfileSection::show_profile);
  connect(&session_, &Session::view_changed, this, &ProfileSection::show_profile);
  connect(&work_, &OrdersWork::changed, this, &ProfileSection::show_profile);
  connect(&work_, &OrdersWork::progressed, this, &ProfileSection::show_progress);
  show_profile();
}

void ProfileSection::show_detail(const OrdersDetail& detail) {
  if (detail.profile == shown_) return;
  shown_ = detail.profile;
  work_.set_shares_wanted(shown_ == ProfileQuantity::Terms);
  show_profile();
}

void ProfileSection::show_profile() {
  quantity_->setCurrentIndex(static_cast<int>(shown_));
  const auto result = session_.result();
  const bool orders =
      result && std::ranges::any_of(result->model->blocks, [](const BlockInfo& block) { return block.order > 0; });
  setVisible(!result || orders);
  if (!orders) {
    area_->show_hint(tr("How the orders share each block, from the first to the last"));
    return;
  }
  const bool terms = shown_ == ProfileQuantity::Terms;
  if (terms && work_.shares().empty()) {
    if (!work_.shares_problem().isEmpty())
      area_->show_problem(work_.shares_problem());
    else if (work_.stopped())
      area_->show_hint(tr("Cancelled"), tr("Compute"));
    else
      area_->show_progress(tr("taking the blocks apart"), -1);
    return;
  }
  const auto view = session_.view();
  if (shown_ == ProfileQuantity::Contributions && !view) {
    area_->show_hint(tr("gradients are on their way"));
    return;
  }
  plot_->set_columns(depth_profile_columns(*result, view.get(), work_.shares(), shown_),
                     shown_ == ProfileQuantity::Contributions ? tr("share of contribution") : tr("share of energy"));
  plot_->set_current(session_.block());
  area_->show_content();
}

void ProfileSection::show_progress() {
  const auto& progress = work_.progress();
  if (shown_ == ProfileQuantity::Terms && work_.shares().empty() && progress &&
      progress->what == QLatin1String("shares"))
    area_->show_progress(progress->activity, progress->fraction);
}

}  // namespace orderscope
