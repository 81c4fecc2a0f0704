// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/compare_spectrum.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "widgets/result_area.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

/// Of sorted values, linear between them.
double quantile(const std::vector<double>& sorted, double part) {
  const double position = part * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - static_cast<double>(below));
}

}  // namespace

std::vector<PlottedCurve> spectrum_curves(const std::vector<CompareColumn>& columns, bool by_depth, int degree) {
  std::vector<PlottedCurve> curves;
  for (const CompareColumn& column : columns) {
    if (column.spectra.empty()) continue;
    PlottedCurve curve{column.name, column.color, {}, {}};
    if (by_depth) {
      const double last = std::max<double>(static_cast<double>(column.spectra.size()) - 1, 1);
      for (std::size_t i = 0; i < column.spectra.size(); ++i) {
        const auto& left = column.spectra[i].unexplained;
        if (degree >= static_cast<int>(left.size()) || !std::isfinite(left[static_cast<std::size_t>(degree)])) continue;
        curve.x.push_back(static_cast<double>(i) / last);
        curve.y.push_back(left[static_cast<std::size_t>(degree)]);
      }
    } else {
      for (std::size_t d = 0; d < column.spectra.front().unexplained.size(); ++d) {
        std::vector<double> values;
        for (const MixerSpectrum& spectrum : column.spectra)
          if (std::isfinite(spectrum.unexplained[d])) values.push_back(spectrum.unexplained[d]);
        if (values.empty()) continue;
        std::sort(values.begin(), values.end());
        curve.x.push_back(static_cast<double>(d));
        curve.y.push_back(quantile(values, 0.5));
        curve.low.push_back(quantile(values, 0.25));
        curve.high.push_back(quantile(values, 0.75));
      }
    }
    curves.push_back(std::move(curve));
  }
  return curves;
}

SpectrumSection::SpectrumSection(CompareWork& work, QWidget* parent)
    : QWidget(parent),
      work_(work),
      plot_(new CurvePlot(this)),
      area_(new ResultArea(tr("Order spectrum"), plot_, this)),
      axis_(new QComboBox(this)),
      degree_(new QSpinBox(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(area_);
  axis_->addItem(tr("by degree"));
  axis_->addItem(tr("by depth"));
  axis_->setAccessibleName(tr("Axis of the order spectrum"));
  axis_->setToolTip(tr("Over the degree of the polynomial, all blocks together; or over the depth, at one degree"));
  degree_->setRange(0, 8);
  degree_->setPrefix(tr("degree "));
  degree_->setAccessibleName(tr("Degree"));
  degree_->setToolTip(tr("What polynomials up to this degree leave unexplained"));
  area_->line()->addWidget(axis_);
  area_->line()->addWidget(degree_);
  plot_->setToolTip(
      tr("How much of a token mixer's output a polynomial of this degree in its input's strength leaves "
         "unexplained: a convolution is linear, a gnConv of order n ends at n + 1, attention never does"));
  connect(axis_, qOverload<int>(&QComboBox::activated), this, &SpectrumSection::choose);
  connect(degree_, qOverload<int>(&QSpinBox::valueChanged), this, &SpectrumSection::choose);
  connect(area_, &ResultArea::start_requested, &work_, &CompareWork::start_spectra);
  connect(area_, &ResultArea::cancel_requested, &work_, &CompareWork::cancel);
  connect(&work_, &CompareWork::changed, this, &SpectrumSection::show_work);
  connect(&work_, &CompareWork::progressed, this, &SpectrumSection::show_work);
  show_settings({});
}

void SpectrumSection::choose() { Q_EMIT settings_chosen(axis_->currentIndex() == 1, degree_->value()); }

void SpectrumSection::show_settings(const CompareSettings& settings) {
  const QSignalBlocker no_axis(axis_), no_degree(degree_);
  axis_->setCurrentIndex(settings.by_depth ? 1 : 0);
  degree_->setValue(settings.degree);
  degree_->setVisible(settings.by_depth);
  show_work();
}

void SpectrumSection::show_work() {
  const bool by_depth = axis_->currentIndex() == 1;
  const auto curves = spectrum_curves(work_.columns(), by_depth, degree_->value());
  const auto& progress = work_.progress();
  QStringList problems;
  int missing = 0, ready = 0;
  for (const CompareColumn& column : work_.columns()) {
    if (!column.spectra_problem.isEmpty()) problems << column.name + QStringLiteral(": ") + column.spectra_problem;
    if (column.compared) ++ready;
    if (column.compared && column.spectra.empty() && column.spectra_problem.isEmpty()) ++missing;
  }
  const bool running = progress && progress->what == "spectra";
  if (!curves.empty() && (missing == 0 || running)) {
    plot_->set_curves(curves, by_depth ? tr("depth, first to last block") : tr("degree"), tr("left unexplained"), true,
                      1e-6, 1.5);
    area_->set_subtitle(running ? tr("%1 …").arg(progress->activity) : QString());
    area_->show_content();
  } else if (running) {
    area_->show_progress(progress->activity, progress->fraction);
  } else if (ready == 0) {
    area_->show_hint(tr("How the mixers' outputs depend on the strength of what they are shown"));
  } else if (missing == 0 && !problems.isEmpty()) {
    area_->show_problem(problems.join('\n'));
  } else {
    area_->show_hint(tr("How the mixers' outputs depend on the strength of what they are shown"), tr("Compute"));
  }
}

}  // namespace orderscope
