// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/orders_channels.h"

#include <QVBoxLayout>

#include "app/gui/orders_fit.h"
#include "app/gui/orders_work.h"
#include "app/gui/session.h"
#include "widgets/map_grid.h"
#include "widgets/result_area.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

MapPanel channel_panel(const TapChannel& channel) {
  MapPanel panel;
  panel.label = ChannelsSection::tr("channel %1").arg(channel.channel);
  panel.name = panel.label;
  return panel;
}

}  // namespace

PanelGrid channels_grid(const std::shared_ptr<const TapChannels>& channels, const QImage& photo,
                        const OrdersSettings& settings) {
  PanelGrid grid;
  if (!channels || channels->shown.empty()) return grid;
  grid.photo = photo;
  grid.style = settings.style;
  PanelGroup group;
  group.title = ChannelsSection::tr("channels");
  group.subtitle = ChannelsSection::tr("by energy");
  group.hint = ChannelsSection::tr("Raw values of the channels with most energy, and the share of each in the sum.");
  for (const TapChannel& channel : channels->shown) {
    MapPanel panel = channel_panel(channel);
    panel.detail = QStringLiteral("%1\u00A0%").arg(channel.share * 100, 0, 'f', 1);
    panel.map = std::shared_ptr<const Map>(channels, &channel.map);
    group.panels.push_back(std::move(panel));
  }
  scale_group(group, settings.scale);
  grid.rows = {{std::move(group)}};
  return grid;
}

PanelGrid kernels_grid(const std::shared_ptr<const TapChannels>& channels, const OrdersSettings& settings) {
  PanelGrid grid;
  if (!channels || channels->shown.empty()) return grid;
  grid.style = settings.style;
  grid.style.opacity = 1;
  grid.style.interpolate = false;
  PanelGroup group;
  bool any = false, spectra = false, kernels = false;
  for (const TapChannel& channel : channels->shown) {
    MapPanel panel = channel_panel(channel);
    panel.detail = channel.is_spectrum
                       ? ChannelsSection::tr("spectrum")
                       : QStringLiteral("%1\u00A0×\u00A0%2").arg(channel.kernel.height).arg(channel.kernel.width);
    if (!channel.kernel.empty()) {
      panel.map = std::shared_ptr<const Map>(channels, &channel.kernel);
      any = true;
      (channel.is_spectrum ? spectra : kernels) = true;
    }
    group.panels.push_back(std::move(panel));
  }
  if (!any) return grid;
  group.title = spectra && kernels ? ChannelsSection::tr("weights")
                : spectra          ? ChannelsSection::tr("filters")
                                   : ChannelsSection::tr("kernels");
  group.subtitle = ChannelsSection::tr("of the gate");
  group.hint = ChannelsSection::tr(
      "The learned weights that mix each channel over space: the depthwise kernel, or of a global filter the magnitude "
      "of its frequency response with zero frequency in the middle.");
  // Kernels and spectra are of different units and share no scale.
  scale_group(group, spectra && kernels ? ScaleMode::PerMap : settings.scale);
  grid.rows = {{std::move(group)}};
  return grid;
}

ChannelsSection::ChannelsSection(Session& session, OrdersWork& work, MapLink* link, QWidget* parent)
    : QWidget(parent), session_(session), work_(work) {
  auto* content = new QWidget(this);
  auto* lines = new QVBoxLayout(content);
  lines->setContentsMargins(0, 0, 0, 0);
  lines->setSpacing(2 * kStep);
  maps_ = new MapGrid(content);
  maps_->set_link(link);
  maps_->setAccessibleName(tr("Maps of the channels"));
  kernels_ = new MapGrid(content);
  kernels_->setAccessibleName(tr("Kernels of the channels"));
  for (MapGrid* grid : {maps_, kernels_}) {
    set_section_tiles(*grid);
    lines->addWidget(grid);
  }
  area_ = new ResultArea(tr("Channels"), content, this);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(area_);
  connect(area_, &ResultArea::start_requested, &work_, &OrdersWork::retry);
  connect(area_, &ResultArea::cancel_requested, &work_, &OrdersWork::cancel);
  connect(&work_, &OrdersWork::changed, this, &ChannelsSection::show_work);
  show_work();
}

void ChannelsSection::show_settings(const OrdersSettings& settings) {
  if (settings == settings_) return;
  settings_ = settings;
  shown_.reset();
  show_work();
}

void ChannelsSection::show_work() {
  setVisible(!work_.tap().empty());
  const auto channels = work_.channels();
  const auto result = session_.result();
  if (channels && result) {
    if (channels == shown_) return;
    shown_ = channels;
    maps_->set_grid(channels_grid(channels, to_qimage(result->input.pixels), settings_));
    PanelGrid kernels = kernels_grid(channels, settings_);
    kernels_->setVisible(!kernels.empty());
    kernels_->set_grid(std::move(kernels));
    area_->set_subtitle(tr("%1 · %2 of %3 by energy")
                            .arg(QString::fromStdString(channels->tap))
                            .arg(channels->shown.size())
                            .arg(channels->channels));
    area_->show_content();
    fit_grids();
    return;
  }
  shown_.reset();
  area_->set_subtitle(QString::fromStdString(work_.tap()));
  if (!work_.channels_problem().isEmpty())
    area_->show_problem(work_.channels_problem());
  else if (work_.stopped())
    area_->show_hint(tr("Cancelled"), tr("Compute"));
  else
    area_->show_progress(tr("channels are on their way"), -1);
}

void ChannelsSection::fit_grids() {
  if (!shown_) return;
  const int count = static_cast<int>(shown_->shown.size());
  fit_height(*maps_, 1, count, width());
  fit_height(*kernels_, 1, count, width());
}

void ChannelsSection::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  fit_grids();
}

}  // namespace orderscope
