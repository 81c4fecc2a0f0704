// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/attribution_checks.h"

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "widgets/figure/format.h"
#include "widgets/result_area.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

using What = AttributionProgress::What;

struct Area {
  const char* number;
  const char* title;
  bool small_is_good;
};

constexpr Area kAreas[] = {{"deletion.auc", QT_TRANSLATE_NOOP("AttributionChecks", "deletion"), true},
                           {"insertion.auc", QT_TRANSLATE_NOOP("AttributionChecks", "insertion"), false},
                           {"road.combined", QT_TRANSLATE_NOOP("AttributionChecks", "ROAD"), false},
                           {"average_drop", QT_TRANSLATE_NOOP("AttributionChecks", "drop %"), true}};

double number_of(const MethodResult& result, const char* name) {
  for (const Number& number : result.numbers)
    if (number.name == name) return number.value;
  return std::nan("");
}

const Curve* curve_of(const MethodResult& result, const std::string& name) {
  const auto found = std::ranges::find(result.curves, name, &Curve::name);
  return found == result.curves.end() ? nullptr : &*found;
}

QString method_title(const std::string& id) {
  const MethodDescriptor* method = find_descriptor(id);
  return QString::fromStdString(method ? method->title : id);
}

void add_curve(std::vector<PlottedCurve>& to, const Curve* curve, const QString& name, const QColor& color,
               bool dashed = false) {
  if (curve) to.push_back({.name = name, .color = color, .x = curve->x, .y = curve->y, .dashed = dashed});
}

}  // namespace

AttributionChecks::AttributionChecks(AttributionWork& work, QWidget* parent)
    : QWidget(parent),
      work_(work),
      curves_(new CurvePlot(this)),
      table_(new QLabel(this)),
      which_(new QComboBox(this)),
      all_(new QToolButton(this)),
      ranks_(new CurvePlot(this)) {
  auto* content = new QWidget(this);
  auto* lines = new QVBoxLayout(content);
  lines->setContentsMargins(0, 0, 0, 0);
  lines->addWidget(curves_);
  table_->setTextFormat(Qt::RichText);
  table_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  table_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  table_->setToolTip(
      tr("Areas under the curves of deletion (small is good) and insertion (large is good); ROAD combined "
         "(large is good, 0 is chance); average drop of the confidence (small is good). The best of "
         "each is bold."));
  lines->addWidget(table_);
  faithfulness_ = new ResultArea(tr("Faithfulness"), content, this);
  which_->addItem(tr("deletion"), QStringLiteral("deletion"));
  which_->addItem(tr("insertion"), QStringLiteral("insertion"));
  which_->addItem(tr("ROAD"), QStringLiteral("road"));
  which_->setAccessibleName(tr("Faithfulness curve"));
  which_->setToolTip(
      tr("Deletion: the most important pixels are taken away first. Insertion: they are shown first. ROAD: "
         "they are painted over from their neighbours; dashed, the least important first."));
  all_->setText(tr("All methods"));
  all_->setToolTip(tr("Judge every method at this layer, and those without a layer (Shift+J)"));
  all_->setAccessibleName(tr("Judge all methods"));
  all_->setFocusPolicy(Qt::TabFocus);
  faithfulness_->line()->addWidget(which_);
  faithfulness_->line()->addWidget(all_);
  ranks_->setToolTip(
      tr("Correlation of the map's ranks with those of the map after the weights of ever more stages, from "
         "the head down, were shuffled. A map that stays the same does not depend on what was learned."));
  randomisation_ = new ResultArea(tr("Random weights"), ranks_, this);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(5 * kStep);
  layout->addWidget(faithfulness_);
  layout->addWidget(randomisation_);
  connect(which_, qOverload<int>(&QComboBox::activated), this,
          [this] { Q_EMIT curve_chosen(which_->currentData().toString().toStdString()); });
  connect(all_, &QToolButton::clicked, this, &AttributionChecks::judge_all);
  connect(faithfulness_, &ResultArea::start_requested, this, &AttributionChecks::judge_chosen);
  connect(randomisation_, &ResultArea::start_requested, this, &AttributionChecks::randomise);
  for (ResultArea* area : {faithfulness_, randomisation_})
    connect(area, &ResultArea::cancel_requested, &work_, &AttributionWork::cancel);
  connect(&work_, &AttributionWork::progressed, this, [this] {
    show_faithfulness();
    show_randomisation();
  });
}

void AttributionChecks::show_maps(const Model& model, const AttributionKey& chosen,
                                  const AttributionSettings& settings) {
  chosen_ = chosen;
  settings_ = settings;
  classifies_ = model.is_classifier();
  for (QWidget* widget : std::initializer_list<QWidget*>{which_, all_}) widget->setVisible(classifies_);
  beside_.clear();
  const auto rows = attribution_rows(model, settings);
  // Beside a method without a layer stand the others at the deepest one.
  const std::string layer = !chosen.layer.empty() || rows.empty() ? chosen.layer : rows.back().tap;
  for (const AttributionRequest& request : attribution_requests(model, settings))
    if (request.layer == layer || request.layer.empty()) beside_.push_back({request.method, request.layer});
  which_->setCurrentIndex(std::max(which_->findData(QString::fromStdString(settings.curve)), 0));
  show_faithfulness();
  show_randomisation();
}

void AttributionChecks::judge_all() { work_.judge(beside_); }

void AttributionChecks::randomise() {
  if (!work_.target().against) work_.randomise({chosen_});
}

std::vector<AttributionChecks::Judged> AttributionChecks::judged() const {
  std::vector<Judged> found;
  for (const AttributionKey& key : beside_) {
    const AttributionCell* cell = work_.cell(key);
    if (cell && cell->judged)
      found.push_back(
          {method_title(key.method), method_color(settings_, key.method), key == chosen_, cell->judged.get()});
  }
  return found;
}

QString AttributionChecks::table() const { return table_->text(); }

QString AttributionChecks::table_of(const std::vector<Judged>& judged) const {
  QString html = QStringLiteral("<table cellspacing='0'><tr><td></td>");
  double best[std::size(kAreas)];
  for (std::size_t i = 0; i < std::size(kAreas); ++i) {
    best[i] = std::nan("");
    for (const Judged& each : judged) {
      const double value = number_of(*each.result, kAreas[i].number);
      if (std::isnan(best[i]) || (kAreas[i].small_is_good ? value < best[i] : value > best[i])) best[i] = value;
    }
    html += QStringLiteral("<td align='right' style='padding-left:7px; color:%2'>%1</td>")
                .arg(tr(kAreas[i].title), palette().color(QPalette::PlaceholderText).name());
  }
  html += QStringLiteral("</tr>");
  for (const Judged& each : judged) {
    html += QStringLiteral("<tr><td><span style='color:%1'>●</span> %2</td>")
                .arg(each.color.name(), each.name.toHtmlEscaped());
    for (std::size_t i = 0; i < std::size(kAreas); ++i) {
      const double value = number_of(*each.result, kAreas[i].number);
      QString text = QString::number(value, 'f', i == 3 ? 0 : 3);
      if (judged.size() > 1 && value == best[i]) text = QStringLiteral("<b>%1</b>").arg(text);
      html += QStringLiteral("<td align='right' style='padding-left:7px'>%1</td>").arg(text);
    }
    html += QStringLiteral("</tr>");
  }
  return html + QStringLiteral("</table>");
}

void AttributionChecks::show_faithfulness() {
  const AttributionCell* cell = work_.cell(chosen_);
  const auto all = judged();
  const auto& progress = work_.progress();
  const bool running = progress && progress->what == What::Judging;
  all_->setEnabled(cell != nullptr && all.size() < beside_.size());
  which_->setEnabled(!all.empty());
  faithfulness_->set_subtitle({});
  if (!classifies_) {
    faithfulness_->show_hint(
        tr("For classifiers only: the curves follow the probability of a class of the whole picture"));
    return;
  }
  if (!all.empty()) {
    std::vector<PlottedCurve> plotted;
    for (const Judged& each : all) {
      if (settings_.curve == "road") {
        add_curve(plotted, curve_of(*each.result, "road.morf"), each.name, each.color);
        add_curve(plotted, curve_of(*each.result, "road.lerf"), QString(), each.color, true);
      } else {
        add_curve(plotted, curve_of(*each.result, settings_.curve), each.name, each.color);
      }
    }
    curves_->set_curves(plotted, tr("share of pixels"), tr("probability"), false, 0, 1);
    table_->setText(table_of(all));
    if (running) faithfulness_->set_subtitle(tr("%1 …").arg(method_title(progress->keys.front().method)));
    faithfulness_->show_content();
  } else if (running) {
    faithfulness_->show_progress(progress->activity, progress->fraction);
  } else if (cell && !cell->judged_problem.isEmpty()) {
    faithfulness_->show_problem(cell->judged_problem);
  } else if (cell == nullptr || !cell->found) {
    faithfulness_->show_hint(tr("Whether the map says what the probability rests on"));
  } else {
    faithfulness_->show_hint(tr("Whether the map says what the probability rests on: about 120 forward passes"),
                             tr("Judge this map"));
  }
}

void AttributionChecks::show_randomisation() {
  const AttributionCell* cell = work_.cell(chosen_);
  const auto& progress = work_.progress();
  const MethodDescriptor* method = find_descriptor(chosen_.method);
  randomisation_->set_subtitle({});
  if (!classifies_) {
    randomisation_->show_hint(tr("For classifiers only: stages are shuffled from the head down"));
    return;
  }
  if (cell && cell->randomised) {
    std::vector<PlottedCurve> plotted;
    const QColor color = method_color(settings_, chosen_.method);
    add_curve(plotted, curve_of(*cell->randomised, "randomisation.rank"), tr("signed"), color);
    add_curve(plotted, curve_of(*cell->randomised, "randomisation.rank_abs"), tr("magnitudes"), color, true);
    ranks_->set_curves(plotted, tr("stages shuffled, from the head down"), tr("rank correlation"), false, -1, 1.05);
    if (cell->found && cell->found->maps.size() > 1)
      randomisation_->set_subtitle(tr("of %1").arg(QString::fromStdString(cell->found->maps.front().name)));
    randomisation_->show_content();
  } else if (progress && progress->what == What::Randomising) {
    randomisation_->show_progress(progress->activity, progress->fraction);
  } else if (cell && !cell->randomised_problem.isEmpty()) {
    randomisation_->show_problem(cell->randomised_problem);
  } else if (work_.target().against) {
    randomisation_->show_hint(tr("The check explains a class alone; take the other class away"));
  } else if (cell == nullptr || !cell->found || method == nullptr) {
    randomisation_->show_hint(tr("Whether the map depends on what was learned"));
  } else {
    randomisation_->show_hint(tr("Whether the map depends on what was learned: it is made again, about six times"),
                              tr("Shuffle the weights"));
  }
}

void AttributionChecks::copy_numbers() const {
  QStringList lines;
  for (const Judged& each : judged()) {
    for (const Number& number : each.result->numbers)
      lines << QStringList{each.name, QString::fromStdString(number.name), QString::number(number.value, 'g', 9)}.join(
          '\t');
    for (const Curve& curve : each.result->curves)
      for (std::size_t i = 0; i < curve.x.size(); ++i)
        lines << QStringList{each.name, QString::fromStdString(curve.name), QString::number(curve.x[i], 'g', 9),
                             QString::number(curve.y[i], 'g', 9)}
                     .join('\t');
  }
  QGuiApplication::clipboard()->setText(lines.join('\n'));
}

}  // namespace orderscope
