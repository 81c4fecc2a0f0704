// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/attribution_detail.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/gui/attribution_notes.h"
#include "app/gui/attribution_options.h"
#include "widgets/elided_label.h"
#include "widgets/map_grid.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr int kSmallestMap = 88, kLargestMap = 300;  // pixels

}  // namespace

AttributionDetail::AttributionDetail(AttributionWork& work, MapLink* link, QWidget* parent)
    : QWidget(parent),
      work_(work),
      title_(new ElidedLabel(QPalette::WindowText, this, Qt::ElideMiddle)),
      large_(new QToolButton(this)),
      grid_(new MapGrid(this)),
      formula_(new QLabel(this)),
      text_(new QLabel(this)),
      options_(new MethodOptions(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(2 * kStep);
  auto* line = new QHBoxLayout;
  QFont bold = title_->font();
  bold.setBold(true);
  title_->setFont(bold);
  line->addWidget(title_, 1);
  large_->setText(tr("Large"));
  large_->setToolTip(tr("Let this map fill the page (L)"));
  large_->setAccessibleName(tr("Large map"));
  large_->setFocusPolicy(Qt::TabFocus);
  connect(large_, &QToolButton::clicked, this, &AttributionDetail::large_requested);
  line->addWidget(large_);
  layout->addLayout(line);
  grid_->set_link(link);
  grid_->set_title_width(0);
  grid_->set_smallest_tile(kSmallestMap);
  grid_->set_largest_tile(kLargestMap);
  grid_->setAccessibleName(tr("The chosen map"));
  layout->addWidget(grid_);
  formula_->setFont(value_font(formula_->font()));
  formula_->setToolTip(
      tr("A: activation of the layer, G: gradient of the logit with respect to it, c: channels, p: "
         "places, y: logit, x: image"));
  for (QLabel* label : {formula_, text_}) {
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(label);
  }
  text_->setTextFormat(Qt::RichText);
  layout->addWidget(options_);
}

QString AttributionDetail::text() const { return formula_->text() + '\n' + text_->text(); }

void AttributionDetail::show_map(const AttributionKey& key, const AttributionSettings& settings, const QImage& photo,
                                 const std::function<void(PanelGrid&)>& mark) {
  const MethodDescriptor* method = find_descriptor(key.method);
  const AttributionCell* cell = work_.cell(key);
  setVisible(method != nullptr && cell != nullptr);
  if (method == nullptr || cell == nullptr) return;
  QString title = QString::fromStdString(method->title);
  if (!key.layer.empty()) title += QStringLiteral("   ") + QString::fromStdString(key.layer);
  title_->set_text(title);
  PanelGrid grid = cell_grid(work_, key, settings, photo);
  if (mark) mark(grid);
  const bool one = grid.rows.size() == 1 && grid.rows.front().front().panels.size() == 1;
  const int rows = static_cast<int>(grid.rows.size());
  grid_->set_grid(std::move(grid));
  // One map as large as the column allows, the terms of a sum in rows.
  grid_->setFixedHeight(one ? std::clamp(width() * 3 / 4, kSmallestMap, kLargestMap)
                            : grid_->minimumSizeHint().height() + (rows > 1 ? 0 : 10 * kStep));
  const AttributionNotes notes = notes_about(key.method);
  formula_->setText(notes.formula);
  formula_->setVisible(!notes.formula.isEmpty());
  QStringList lines;
  const auto add = [&](const QString& head, const QString& text) {
    if (!text.isEmpty()) lines << QStringLiteral("<b>%1</b> %2").arg(head, text.toHtmlEscaped());
  };
  add(tr("Shows"), notes.reading);
  add(tr("Beware"), notes.caution);
  if (cell->found)
    for (const std::string& warning : cell->found->warnings) add(tr("Here"), QString::fromStdString(warning));
  add(tr("Failed"), cell->problem);
  add(tr("Source"), QString::fromStdString(method->citation));
  if (cell->found && !shares_passes(*method))
    add(tr("Took"), cell->milliseconds < 10000 ? tr("%1 ms").arg(cell->milliseconds, 0, 'f', 0)
                                               : tr("%1 s").arg(cell->milliseconds / 1000, 0, 'f', 1));
  text_->setText(QStringLiteral("<p style='margin-top:0'>") + lines.join(QStringLiteral("<br>")) +
                 QStringLiteral("</p>"));
  const auto options = settings.options.find(key.method);
  options_->show_method(key.method,
                        options == settings.options.end() ? std::map<std::string, std::string>() : options->second);
}

}  // namespace orderscope
