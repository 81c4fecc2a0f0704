// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/compare_disagreement.h"

#include <QBoxLayout>
#include <QLabel>
#include <algorithm>
#include <cmath>

#include "app/gui/compare_grid.h"
#include "core/image/overlay.h"
#include "widgets/figure/format.h"
#include "widgets/map_grid.h"
#include "widgets/result_area.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

/// A quantity of this name has maps to subtract; colours have none, and attention is one model's alone.
std::string subtracted(const std::string& quantity) {
  return quantity == "pca" || quantity == "attention" ? "gradcam" : quantity;
}

}  // namespace

DisagreementSection::DisagreementSection(CompareWork& work, MapLink* link, QWidget* parent)
    : QWidget(parent), work_(work), grid_(new MapGrid(this)), texts_(new QLabel(this)) {
  auto* content = new QWidget(this);
  lines_ = new QBoxLayout(QBoxLayout::TopToBottom, content);
  lines_->setContentsMargins(0, 0, 0, 0);
  lines_->setSpacing(2 * kStep);
  grid_->set_link(link);
  grid_->set_title_width(0);
  grid_->set_comfortable_tile(160);
  grid_->set_largest_tile(260);
  grid_->setAccessibleName(tr("Where the models disagree"));
  lines_->addWidget(grid_, 1);
  texts_->setTextFormat(Qt::RichText);
  texts_->setWordWrap(true);
  texts_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  lines_->addWidget(texts_);
  area_ = new ResultArea(tr("They disagree here"), content, this);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(area_);
  connect(area_, &ResultArea::start_requested, &work_, &CompareWork::retry);
  connect(&work_, &CompareWork::changed, this, &DisagreementSection::show_work);
  show_work();
}

void DisagreementSection::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  constexpr int kWide = 560;
  const bool wide = width() >= kWide;
  lines_->setDirection(wide ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
  grid_->set_comfortable_tile(wide ? 240 : 160);
  grid_->setMaximumWidth(wide ? kWide / 2 + 60 : QWIDGETSIZE_MAX);
  texts_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
}

QString DisagreementSection::text() const { return texts_->text(); }

void DisagreementSection::show_settings(const CompareSettings& settings) {
  settings_ = settings;
  grid_->set_style(settings.style);
  compared_.clear();
  show_work();
}

QString DisagreementSection::predictions() const {
  QStringList rows;
  for (const CompareColumn& column : work_.columns()) {
    if (!column.compared) continue;
    if (column.compared->scores().empty()) continue;
    const ClassScore& best = column.compared->scores().front();
    rows << QStringLiteral(
                "<tr><td style='padding-right:12px'><span style='color:%1'>●</span> %2</td>"
                "<td style='padding-right:12px'>%3</td><td align='right'>%4</td></tr>")
                .arg(column.color.name(), column.name.toHtmlEscaped(),
                     QString::fromStdString(best.name).toHtmlEscaped())
                .arg(best.probability, 0, 'f', 3);
  }
  return rows.isEmpty() ? QString() : QStringLiteral("<table>%1</table>").arg(rows.join(QString()));
}

// Of segmenters and detectors: where they name other classes.
void DisagreementSection::compare_labels() {
  std::vector<std::shared_ptr<const PlacedLabels>> present;
  for (const CompareColumn& column : work_.columns())
    if (column.labels) present.push_back(column.labels);
  if (present == compared_labels_) return;
  compared_labels_ = present;
  compared_.clear();
  labels_.reset();
  if (present.size() < 2) return;
  std::vector<PlacedLabels> placed;
  placed.reserve(present.size());
  for (const auto& one : present) placed.push_back(*one);
  if (auto found = orderscope::label_agreement(placed)) labels_ = std::move(*found);
}

PanelGroup DisagreementSection::labels_group() const {
  PanelGroup group;
  group.title = tr("classes");
  group.hint = tr("Where the models name other classes; of detectors, the best box or mask at a place.");
  MapPanel panel;
  panel.map = std::make_shared<const Map>(labels_->differing);
  panel.scale = scale_for(*panel.map);
  panel.frame = labels_->frame;
  panel.name = tr("other classes");
  panel.label = tr("same on %1 %").arg(labels_->agreeing * 100, 0, 'f', 0);
  group.bar = panel.scale;
  group.panels.push_back(std::move(panel));
  return group;
}

QString DisagreementSection::overlaps() const {
  if (!labels_) return {};
  constexpr std::size_t kShown = 6;
  QStringList rows;
  for (std::size_t i = 0; i < std::min(labels_->classes.size(), kShown); ++i) {
    const ClassOverlap& one = labels_->classes[i];
    rows << QStringLiteral(
                "<tr><td style='padding-right:12px'>%1</td><td align='right' style='padding-right:12px'>%2 %</td>"
                "<td align='right' style='padding-right:12px'>%3 %</td><td align='right'>%4</td></tr>")
                .arg(QString::fromStdString(one.name).toHtmlEscaped())
                .arg(one.first * 100, 0, 'f', 1)
                .arg(one.second * 100, 0, 'f', 1)
                .arg(one.iou, 0, 'f', 2);
  }
  return QStringLiteral("<p style='color:%1;margin-top:6px;margin-bottom:2px'>%2</p><table>%3</table>")
      .arg(palette().color(QPalette::PlaceholderText).name(),
           tr("share of the picture in the first two models, and IoU"), rows.join(QString()));
}

void DisagreementSection::show_work() {
  compare_labels();
  const std::string quantity = subtracted(settings_.quantity);
  std::vector<PlacedMap> placed;
  std::vector<SharedMap> maps;
  QStringList names;
  for (const CompareColumn& column : work_.columns()) {
    const SharedMap map = compare_map(column, quantity, settings_.stage);
    if (!map) continue;
    placed.push_back({map.get(), column.frame()});
    maps.push_back(map);
    names << column.name;
  }
  if (work_.columns().size() < 2) {
    area_->show_hint(tr("It takes two models to disagree: open another"));
    return;
  }
  if (placed.size() < 2 && !labels_) {
    compared_.clear();
    correlations_.clear();
    area_->set_subtitle({});
    area_->show_hint(work_.photo().isNull() ? tr("Maps are on their way")
                                            : tr("%1 is on its way").arg(quantity_title(quantity)));
    return;
  }
  if (maps == compared_ && !maps.empty()) return;
  compared_ = maps;
  PanelGrid grid;
  grid.photo = work_.photo();
  grid.frame = work_.photo_frame();
  grid.style = settings_.style;
  if (labels_) grid.rows.push_back({labels_group()});
  QString text = predictions() + overlaps();
  correlations_.clear();
  models_ = names;
  if (placed.size() >= 2) {
    const auto agreement = map_agreement(placed);
    if (!agreement) {
      area_->show_hint(QString::fromStdString(agreement.error().message()));
      return;
    }
    correlations_ = agreement->correlation;
    grid.rows.push_back({difference_group(*agreement, names)});
    text += correlation_text();
  }
  area_->set_subtitle(placed.size() < 2    ? tr("classes")
                      : placed.size() == 2 ? tr("%1, last stage").arg(quantity_title(quantity))
                                           : tr("%1, last stage: spread").arg(quantity_title(quantity)));
  // Two maps one below the other need the room of two.
  constexpr int kRowHeight = 150;
  grid_->setMinimumHeight(grid.rows.size() > 1 ? kRowHeight * static_cast<int>(grid.rows.size()) : 0);
  grid_->set_grid(std::move(grid));
  texts_->setText(text);
  area_->show_content();
}

PanelGroup DisagreementSection::difference_group(const MapAgreement& agreement, const QStringList& names) const {
  PanelGroup group;
  group.title = tr("difference");
  MapPanel panel;
  panel.map = std::make_shared<const Map>(agreement.difference);
  panel.scale = scale_for(*panel.map);
  panel.frame = agreement.frame;
  panel.name = tr("difference of %1").arg(names.join(QStringLiteral(", ")));
  panel.label = names.size() == 2 ? tr("%1 − %2").arg(names[0], names[1]) : tr("spread of %1 models").arg(names.size());
  group.bar = panel.scale;
  group.panels.push_back(std::move(panel));
  return group;
}

QString DisagreementSection::correlation_text() const {
  QStringList rows;
  std::size_t pair = 0;
  for (qsizetype i = 0; i < models_.size(); ++i)
    for (qsizetype j = i + 1; j < models_.size(); ++j, ++pair) {
      const double r = correlations_[pair];
      rows << QStringLiteral("<tr><td style='padding-right:12px'>%1 · %2</td><td align='right'>%3</td></tr>")
                  .arg(models_[i].toHtmlEscaped(), models_[j].toHtmlEscaped(),
                       std::isfinite(r) ? column_text(r) : QStringLiteral("–"));
    }
  return QStringLiteral("<p style='color:%1;margin-top:6px;margin-bottom:2px'>%2</p><table>%3</table>")
      .arg(palette().color(QPalette::PlaceholderText).name(), tr("correlation of the maps"), rows.join(QString()));
}

}  // namespace orderscope
