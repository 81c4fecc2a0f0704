// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/network_panel.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/orders_view.h"
#include "app/gui/session.h"
#include "widgets/network_strip.h"
#include "widgets/theme.h"

namespace orderscope {

NetworkPanel::NetworkPanel(Session& session, QWidget* parent)
    : QWidget(parent),
      session_(session),
      strip_(new NetworkStrip(this)),
      what_(new QLabel(this)),
      legend_(new OrderLegend(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(3 * kStep, kStep, 4 * kStep, 2 * kStep);
  layout->setSpacing(2 * kStep);
  auto* line = new QHBoxLayout;
  line->setSpacing(2 * kStep);
  what_->setFont(small_font(font()));
  what_->setForegroundRole(QPalette::PlaceholderText);
  line->addWidget(what_);
  line->addSpacing(2 * kStep);
  line->addWidget(legend_);
  line->addStretch(1);
  layout->addLayout(line);
  layout->addWidget(strip_, 1);

  connect(strip_, &NetworkStrip::block_chosen, &session_, &Session::select_block);
  connect(&session_, &Session::block_changed, strip_, &NetworkStrip::set_current);
  connect(&session_, &Session::models_changed, this, &NetworkPanel::show_blocks);
  connect(&session_, &Session::result_changed, this, &NetworkPanel::show_blocks);
}

void NetworkPanel::show_blocks() {
  const auto model = session_.model();
  const auto result = session_.result();
  std::vector<StripBlock> blocks;
  std::size_t highest = 0;
  if (model) {
    for (std::size_t i = 0; i < model->blocks.size(); ++i) {
      StripBlock block;
      block.name = QString::fromStdString(model->blocks[i].name);
      block.stage = model->blocks[i].stage;
      if (model->blocks[i].in_head) block.stage_name = tr("HorFPN");
      if (result && result->model == model && i < result->blocks.size())
        block.shares = order_energy_shares(result->blocks[i]);
      highest = std::max(highest, block.shares.size());
      blocks.push_back(std::move(block));
    }
  }
  strip_->set_blocks(std::move(blocks));
  strip_->set_current(session_.block());
  what_->setText(highest > 0 ? tr("share of each order in a block's energy")
                 : result    ? tr("no orders in this family")
                             : QString());
  legend_->set_highest(static_cast<int>(highest));
}

}  // namespace orderscope
