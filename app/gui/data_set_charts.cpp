// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/data_set_charts.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/gui/data_set_curves.h"
#include "widgets/bar_plot.h"
#include "widgets/figure/custom_plot.h"
#include "widgets/result_area.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

// Okabe and Ito's green and vermilion: right and wrong stay apart for colour-blind readers.
QColor right_color() { return okabe_ito(2); }
QColor wrong_color() { return okabe_ito(5); }

QString percent(double share) { return QStringLiteral("%1 %").arg(100 * share, 0, 'f', 1); }

}  // namespace

DataSetChartsView::DataSetChartsView(DataSetWork& work, QWidget* parent)
    : QWidget(parent),
      work_(work),
      model_(new QComboBox(this)),
      quantity_(new QComboBox(this)),
      classes_(new BarPlot(this)),
      confidence_(new BarPlot(this)),
      depth_(new CurvePlot(this)),
      ablation_(new CurvePlot(this)),
      classes_area_(new ResultArea(tr("Accuracy by class"), classes_, this)),
      confidence_area_(new ResultArea(tr("Confidence"), confidence_, this)),
      depth_area_(new ResultArea(tr("Orders by depth"), depth_, this)),
      ablation_area_(new ResultArea(tr("Accuracy without an order"), ablation_, this)) {
  auto* lines = new QVBoxLayout(this);
  lines->setContentsMargins(0, 0, 2 * kStep, 0);
  lines->setSpacing(4 * kStep);
  auto* line = new QHBoxLayout;
  auto* of = new QLabel(tr("charts of"), this);
  of->setForegroundRole(QPalette::PlaceholderText);
  of->setBuddy(model_);
  line->addWidget(of);
  line->addWidget(model_, 1);
  lines->addLayout(line);
  model_->setAccessibleName(tr("Model of the charts"));
  model_->setToolTip(tr("Whose rows the charts count, of those that pass the filter"));
  model_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  quantity_->setAccessibleName(tr("Quantity by depth"));
  quantity_->setToolTip(tr("What of each order is shown from the first block to the last"));
  for (int i = 0; i < kDepthQuantities; ++i) quantity_->addItem(depth_title(static_cast<DepthQuantity>(i)));
  depth_area_->line()->addWidget(quantity_);
  classes_->setToolTip(tr("Click a class to see its images alone"));
  for (ResultArea* area : {classes_area_, confidence_area_, depth_area_, ablation_area_}) lines->addWidget(area, 1);
  depth_->setMinimumHeight(150);
  ablation_->setMinimumHeight(150);

  connect(&work_, &DataSetWork::charts_changed, this, &DataSetChartsView::show_charts);
  connect(&work_, &DataSetWork::selection_changed, this, &DataSetChartsView::show_charts);
  connect(model_, qOverload<int>(&QComboBox::activated), this, [this] { Q_EMIT model_chosen(model_->currentText()); });
  connect(quantity_, qOverload<int>(&QComboBox::activated), this,
          [this](int index) { Q_EMIT quantity_chosen(static_cast<DepthQuantity>(index)); });
  connect(classes_, &BarPlot::bar_chosen, this, [this](int bar) {
    const std::string& name = class_names_[static_cast<std::size_t>(bar)];
    Q_EMIT class_chosen(name == settings_.label ? QString() : QString::fromStdString(name));
  });
  connect(confidence_, &BarPlot::bar_chosen, this, [this](int bar) {
    constexpr double kPart = 1.0 / DataSetWork::kConfidenceParts;
    const double least = bar * kPart, most = least + kPart;
    const bool again = std::abs(settings_.least_confidence - least) < 1e-9;
    Q_EMIT confidence_chosen(again ? 0 : least, again ? 1 : most);
  });
  show_charts();
}

void DataSetChartsView::show_settings(const DataSetSettings& settings, int model) {
  settings_ = settings;
  const QSignalBlocker blocked[] = {QSignalBlocker(model_), QSignalBlocker(quantity_)};
  model_->clear();
  if (const auto& run = work_.run())
    for (const BatchModelInfo& each : run->models) model_->addItem(QString::fromStdString(each.name));
  model_->setCurrentIndex(model);
  model_->setEnabled(model_->count() > 1 && settings.model.empty());
  quantity_->setCurrentIndex(static_cast<int>(settings.depth));
  show_charts();
}

void DataSetChartsView::show_waiting() {
  if (!work_.charts()) show_charts();
}

void DataSetChartsView::show_charts() {
  if (const auto& charts = work_.charts()) {
    show_classes(*charts);
    show_confidence(*charts);
    show_orders(*charts);
    return;
  }
  for (ResultArea* area : {classes_area_, confidence_area_, depth_area_, ablation_area_}) {
    area->set_subtitle({});
    area->show_hint(work_.busy() ? tr("is being counted") : tr("once there are results"));
  }
}

/// Why no row is counted.
QString DataSetChartsView::why_empty() const {
  const BatchCounts& counts = work_.counts();
  if (counts.images > 0 && counts.broken == counts.images) return tr("No image of this run could be read");
  if (settings_.outcome == DataSetOutcome::Broken) return tr("Broken images have no prediction");
  return tr("No image passes the filter");
}

void DataSetChartsView::show_classes(const DataSetCharts& charts) {
  const BatchQuery::Tallies& tallies = charts.any_outcome ? *charts.any_outcome : charts.tallies;
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t c = 0; c + 1 < tallies.by_label.size(); ++c)
    if (const double share = accuracy(tallies.by_label[c]); std::isfinite(share)) order.emplace_back(share, c);
  const double all = accuracy(tallies.all);
  if (order.empty()) {
    classes_area_->set_subtitle({});
    classes_area_->show_hint(tallies.all.rows() > 0 ? tr("No image here has a class that the model knows")
                                                    : why_empty());
    class_names_.clear();
    return;
  }
  std::ranges::sort(order);
  class_names_.clear();
  BarSeries bars{tr("top-1 accuracy"), right_color(), {}};
  QStringList names;
  std::optional<int> marked;
  for (const auto& [share, c] : order) {
    const std::string& name = charts.classes[c];
    if (name == settings_.label) marked = static_cast<int>(class_names_.size());
    class_names_.push_back(name);
    names << QString::fromStdString(name);
    bars.values.push_back(share);
  }
  classes_->set_bars({std::move(bars)}, names, {tr("class, worst first"), tr("top-1"), 1, std::nullopt});
  classes_->set_marked(marked);
  const QString counted =
      charts.any_outcome ? tr("%1 of %2 images, right or wrong; worst: %3, %4") : tr("%1 of %2 images; worst: %3, %4");
  classes_area_->set_subtitle(counted.arg(percent(all))
                                  .arg(tallies.all.right + tallies.all.wrong)
                                  .arg(names.front(), percent(order.front().first)));
  classes_area_->show_content();
}

void DataSetChartsView::show_confidence(const DataSetCharts& charts) {
  const auto& parts = charts.tallies.by_confidence;
  if (charts.tallies.all.rows() == 0) {
    confidence_area_->set_subtitle({});
    confidence_area_->show_hint(why_empty());
    return;
  }
  BarSeries right{tr("right"), right_color(), {}}, wrong{tr("wrong"), wrong_color(), {}},
      unlabelled{tr("unlabelled"), okabe_ito(0), {}};
  QStringList names;
  std::optional<int> marked;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const double low = static_cast<double>(i) / static_cast<double>(parts.size()),
                 high = static_cast<double>(i + 1) / static_cast<double>(parts.size());
    names << QStringLiteral("%1 – %2").arg(low, 0, 'f', 2).arg(high, 0, 'f', 2);
    right.values.push_back(static_cast<double>(parts[i].right));
    wrong.values.push_back(static_cast<double>(parts[i].wrong));
    unlabelled.values.push_back(static_cast<double>(parts[i].unlabelled));
    if (std::abs(settings_.least_confidence - low) < 1e-9 && std::abs(settings_.most_confidence - high) < 1e-9)
      marked = static_cast<int>(i);
  }
  const auto& all = charts.tallies.all;
  QStringList said;
  if (all.right + all.wrong > 0)
    said << QStringLiteral("<span style='color:%1'>■</span> %2").arg(right.color.name(), tr("%1 right").arg(all.right))
         << QStringLiteral("<span style='color:%1'>■</span> %2").arg(wrong.color.name(), tr("%1 wrong").arg(all.wrong));
  if (all.unlabelled > 0)
    said << QStringLiteral("<span style='color:%1'>■</span> %2")
                .arg(unlabelled.color.name(), tr("%1 unlabelled").arg(all.unlabelled));
  std::vector<BarSeries> series;
  if (all.right + all.wrong > 0) series = {std::move(right), std::move(wrong)};
  if (all.unlabelled > 0) series.push_back(std::move(unlabelled));
  confidence_->set_bars(std::move(series), names, {tr("confidence"), tr("images"), 0, std::pair(0.0, 1.0)});
  confidence_->set_marked(marked);
  confidence_area_->set_subtitle(said.join(QStringLiteral("  ")));
  confidence_area_->show_content();
}

void DataSetChartsView::show_orders(const DataSetCharts& charts) {
  const bool orders = std::ranges::any_of(charts.figures, [](const BatchFigure& f) { return f.quantity == "gate"; });
  const QString waiting = orders ? tr("the figures of the orders are being read")
                                 : tr("%1 has no orders").arg(QString::fromStdString(charts.model.name));
  if (!charts.means || !orders) {
    for (ResultArea* area : {depth_area_, ablation_area_}) {
      area->set_subtitle({});
      area->show_hint(waiting);
    }
    return;
  }
  auto curves = depth_curves(charts.figures, charts.means->figures, settings_.depth);
  const bool any = !curves.empty();
  QString subtitle = tr("mean of %1 images").arg(charts.means->rows);
  if (const auto& selection = work_.selection(); selection && selection->images > 0 && any) {
    for (PlottedCurve& own : depth_curves(charts.figures, selection->figures, settings_.depth)) {
      own.name.clear();
      own.dashed = true;
      curves.push_back(std::move(own));
    }
    subtitle += tr("; dashed: %1 selected").arg(selection->images);
  }
  depth_area_->set_subtitle(any ? subtitle : QString());
  if (any) {
    depth_->set_curves(curves, tr("block"), depth_label(settings_.depth));
    depth_area_->show_content();
  } else {
    depth_area_->show_hint(settings_.depth == DepthQuantity::Contribution
                               ? tr("This run has no contributions: it was made without gradients")
                               : why_empty());
  }
  const auto ablated = ablation_curves(charts);
  ablation_area_->set_subtitle(ablated.empty() ? QString() : tr("gates of the order set to zero"));
  if (ablated.empty()) {
    ablation_area_->show_hint(tr("This run holds no order ablation, or no image with a class passes the filter"));
  } else {
    ablation_->set_curves(ablated, tr("order removed (0: none)"), tr("top-1"), false, 0, 1);
    ablation_area_->show_content();
  }
}

std::vector<PlatePanel> DataSetChartsView::panels() const {
  std::vector<PlatePanel> panels;
  if (!work_.charts()) return panels;
  const auto add = [&](const ResultArea* area, const QString& title, QCustomPlot* plot) {
    if (!area->message().isEmpty()) return;
    PlatePanel panel;
    panel.title = title;
    panel.width = 0.5;
    panel.content = plot_of(*plot);
    panels.push_back(std::move(panel));
  };
  add(classes_area_, tr("accuracy by class"), classes_->plot());
  add(confidence_area_, tr("confidence"), confidence_->plot());
  add(depth_area_, depth_title(settings_.depth), depth_->plot());
  add(ablation_area_, tr("accuracy without an order"), ablation_->plot());
  return panels;
}

}  // namespace orderscope
