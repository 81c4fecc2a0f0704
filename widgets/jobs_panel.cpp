// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/jobs_panel.h"

#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QProgressBar>
#include <QSizePolicy>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "widgets/elided_label.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr int kJobsShown = 3;
constexpr int kLinesKept = 8;
constexpr int kProgressSteps = 1000;

}  // namespace

JobsPanel::JobsPanel(QWidget* parent) : QWidget(parent), more_(new QLabel(this)), done_(new QLabel(this)) {
  setAccessibleName(tr("Jobs"));
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(3 * kStep, kStep, 3 * kStep, 2 * kStep);
  layout->setSpacing(kStep);
  auto* grid = new QGridLayout;
  grid->setHorizontalSpacing(3 * kStep);
  grid->setVerticalSpacing(kStep);
  grid->setColumnStretch(0, 3);
  grid->setColumnStretch(1, 2);
  for (int i = 0; i < kJobsShown; ++i) {
    Line line{new ElidedLabel(QPalette::WindowText, this), new QProgressBar(this), new QToolButton(this)};
    line.bar->setTextVisible(false);
    line.bar->setAccessibleName(tr("Progress"));
    line.cancel->setText(tr("Cancel"));
    line.cancel->setToolTip(i == 0 ? tr("Stop this job (Ctrl+. stops all)") : tr("Stop this job"));
    line.cancel->setAccessibleName(tr("Cancel job %1").arg(i + 1));
    connect(line.cancel, &QToolButton::clicked, this, [this, i] {
      if (static_cast<std::size_t>(i) < jobs_.size()) Q_EMIT cancel_requested(jobs_[static_cast<std::size_t>(i)].id);
    });
    // They keep their place while they are not shown, so that nothing jumps.
    for (QWidget* widget : {static_cast<QWidget*>(line.bar), static_cast<QWidget*>(line.cancel)}) {
      QSizePolicy policy = widget->sizePolicy();
      policy.setRetainSizeWhenHidden(i == 0);
      widget->setSizePolicy(policy);
    }
    grid->addWidget(line.text, i, 0);
    grid->addWidget(line.bar, i, 1);
    grid->addWidget(line.cancel, i, 2);
    lines_.push_back(line);
  }
  layout->addLayout(grid);
  layout->addWidget(more_);
  layout->addWidget(done_, 1);

  // Text may be longer or higher than the panel: it must not widen the window.
  for (QLabel* label : {more_, done_}) {
    label->setTextFormat(Qt::PlainText);
    label->setFont(small_font(font()));
    label->setForegroundRole(QPalette::PlaceholderText);
  }
  done_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Ignored);
  done_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  done_->installEventFilter(this);
  set_jobs({});
}

void JobsPanel::set_jobs(const std::vector<JobRow>& jobs) {
  jobs_ = jobs;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const Line& line = lines_[i];
    const bool used = i < jobs.size();
    line.text->setVisible(used || i == 0);
    line.bar->setVisible(used);
    line.cancel->setVisible(used);
    if (!used) continue;
    const JobRow& job = jobs[i];
    line.text->set_text(job.activity.isEmpty() ? job.title : job.title + QStringLiteral(" · ") + job.activity);
    line.bar->setRange(0, job.fraction < 0 ? 0 : kProgressSteps);
    if (job.fraction >= 0) line.bar->setValue(static_cast<int>(job.fraction * kProgressSteps));
  }
  if (jobs.empty()) lines_.front().text->set_text(tr("Ready"));
  more_->setVisible(jobs.size() > lines_.size());
  more_->setText(tr("and %n more", nullptr, static_cast<int>(jobs.size() - std::min(jobs.size(), lines_.size()))));
}

void JobsPanel::add_done(const QString& line) {
  done_lines_.prepend(line);
  while (done_lines_.size() > kLinesKept) done_lines_.removeLast();
  show_done();
}

// Whole lines only: half of one looks broken.
void JobsPanel::show_done() {
  const int fitting = done_->height() / done_->fontMetrics().lineSpacing();
  done_->setText(done_lines_.mid(0, std::max(fitting, 1)).join('\n'));
}

bool JobsPanel::eventFilter(QObject* object, QEvent* event) {
  if (object == done_ && event->type() == QEvent::Resize) show_done();
  return QWidget::eventFilter(object, event);
}

}  // namespace orderscope
