// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/orders_terms.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>
#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/orders_fit.h"
#include "app/gui/orders_work.h"
#include "app/gui/session.h"
#include "widgets/figure/format.h"
#include "widgets/map_grid.h"
#include "widgets/result_area.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr int kMessageHeight = 72;

}  // namespace

TermsSection::TermsSection(Session& session, OrdersWork& work, MapLink* link, QWidget* parent)
    : QWidget(parent), session_(session), work_(work), kind_(new QComboBox(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  area_ = new ResultArea(tr("Exact interaction orders"), make_content(), this);
  grid_->set_link(link);
  layout->addWidget(area_);
  kind_->addItem(tr("by degree"));
  kind_->addItem(tr("by gates"));
  kind_->setAccessibleName(tr("Kind of terms"));
  kind_->setToolTip(
      tr("By degree in the block's input, where its gates are linear in it; or by the number of gates that a term "
         "passes, which is exact for global-local filters too"));
  area_->line()->addWidget(kind_);

  connect(kind_, qOverload<int>(&QComboBox::activated), this, [this](int index) { Q_EMIT kind_chosen(index == 1); });
  connect(slider_, &QSlider::valueChanged, this,
          [this](int value) { Q_EMIT terms_chosen(value == slider_->maximum() ? 0 : value); });
  connect(area_, &ResultArea::start_requested, &work_, &OrdersWork::retry);
  connect(area_, &ResultArea::cancel_requested, &work_, &OrdersWork::cancel);
  connect(&work_, &OrdersWork::changed, this, &TermsSection::show_work);
  connect(&work_, &OrdersWork::progressed, this, &TermsSection::show_progress);
  show_work();
}

QWidget* TermsSection::make_content() {
  auto* content = new QWidget(this);
  auto* lines = new QVBoxLayout(content);
  lines->setContentsMargins(0, 0, 0, 0);
  lines->setSpacing(2 * kStep);
  grid_ = new MapGrid(content);
  set_section_tiles(*grid_);
  grid_->setAccessibleName(tr("Maps of the interaction orders"));
  auto* line = new QHBoxLayout;
  line->setSpacing(2 * kStep);
  slider_name_ = new QLabel(tr("&Add up"), content);
  slider_ = new QSlider(Qt::Horizontal, content);
  slider_->setRange(1, 1);
  slider_->setPageStep(1);
  slider_->setTickPosition(QSlider::TicksBelow);
  slider_->setTickInterval(1);
  slider_->setMinimumWidth(120);
  slider_->setMaximumWidth(320);
  slider_->setAccessibleName(tr("Terms that are added up"));
  slider_->setToolTip(tr("Adds the terms one after the other: the last row shows the output taking shape"));
  slider_name_->setBuddy(slider_);
  slider_value_ = new QLabel(content);
  slider_value_->setFont(small_font(font()));
  slider_value_->setForegroundRole(QPalette::PlaceholderText);
  slider_value_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  line->addWidget(slider_name_);
  line->addWidget(slider_, 1);
  line->addWidget(slider_value_, 2);
  bars_ = new Waterfall(content);
  bars_->setAccessibleName(tr("Contributions of the interaction orders"));
  lines->addWidget(grid_);
  lines->addLayout(line);
  lines->addWidget(bars_);
  return content;
}

int TermsSection::added() const {
  const auto terms = work_.terms();
  const int count = terms ? static_cast<int>(terms->terms.size()) : 0;
  return detail_.terms <= 0 ? count : std::min(detail_.terms, count);
}

void TermsSection::show_settings(const OrdersSettings& settings, const OrdersDetail& detail) {
  OrdersSettings without_style = settings;
  without_style.style = settings_.style;
  const bool only_style =
      without_style == settings_ && detail.by_gates == detail_.by_gates && detail.terms == detail_.terms;
  settings_ = settings;
  detail_ = detail;
  work_.set_by_gates(detail.by_gates);
  if (only_style)
    grid_->set_style(settings.style);
  else
    show_work();
}

void TermsSection::show_work() {
  const auto result = session_.result();
  const int block = session_.block();
  const bool has_block = result && block >= 0 && static_cast<std::size_t>(block) < result->model->blocks.size();
  const BlockInfo* info = has_block ? &result->model->blocks[static_cast<std::size_t>(block)] : nullptr;
  setVisible(info == nullptr || info->order > 0);
  const bool degrees = info != nullptr && has_degrees(*result->model, *info);
  kind_->setEnabled(degrees);
  kind_->setCurrentIndex(detail_.by_gates || (info != nullptr && !degrees) ? 1 : 0);
  if (work_.terms()) {
    show_terms();
    area_->show_content();
    fit_grid();
    return;
  }
  area_->set_subtitle({});
  if (!work_.terms_problem().isEmpty())
    area_->show_problem(work_.terms_problem());
  else if (work_.progress() && work_.progress()->what == QLatin1String("terms"))
    show_progress();
  else if (work_.stopped())
    area_->show_hint(tr("Cancelled"), tr("Compute"));
  else
    area_->show_hint(tr("The block's output, taken apart into interaction orders that add up to it"));
  area_->setMinimumHeight(kMessageHeight);
}

void TermsSection::show_progress() {
  const auto& progress = work_.progress();
  if (!work_.terms() && progress && progress->what == QLatin1String("terms"))
    area_->show_progress(progress->activity, progress->fraction);
}

void TermsSection::show_terms() {
  const auto terms = work_.terms();
  const auto result = session_.result();
  if (!result) return;
  if (result != photo_of_) {
    photo_ = to_qimage(result->input.pixels);
    photo_of_ = result;
  }
  const QString name = QString::fromStdString(result->model->class_name(terms->class_index));
  const int count = static_cast<int>(terms->terms.size());
  grid_->set_grid(terms_grid(terms, added(), photo_, settings_, name));
  const QString unit = result->model->is_detector() ? tr("probability") : tr("logit");
  bars_->set_bars(contribution_bars(*terms, added()), unit);
  bars_->setToolTip(tr("What each term adds to the %1 of %2").arg(unit, name));
  const QSignalBlocker quiet(slider_);
  slider_->setRange(1, count);
  slider_->setValue(added());
  const OrderTerm& last = terms->terms[static_cast<std::size_t>(added() - 1)];
  const QString upto = term_label(last.power, terms->by_gates);
  slider_value_->setText(
      added() == count
          ? tr("all %1 terms: the output, to %2 of its largest value").arg(count).arg(value_text(terms->defect))
          : tr("up to %1: %2 of the output's energy is missing")
                .arg(upto, QStringLiteral("%1\u00A0%").arg(last.missing * 100, 0, 'f', 1)));
  slider_value_->setToolTip(slider_value_->text());
  area_->set_subtitle(terms->warnings.empty()
                          ? tr("%1 · they add up to the block's output").arg(QString::fromStdString(terms->block))
                          : QString::fromStdString(terms->warnings.front()));
}

void TermsSection::fit_grid() {
  const auto terms = work_.terms();
  if (!terms) return;
  fit_height(*grid_, 3, static_cast<int>(terms->terms.size()), width());
  area_->setMinimumHeight(0);
}

void TermsSection::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  fit_grid();
}

}  // namespace orderscope
