// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/jobs_panel.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QSizePolicy>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr int kLinesKept = 2;
constexpr int kProgressSteps = 1000;

}  // namespace

JobsPanel::JobsPanel(QWidget* parent)
    : QWidget(parent),
      current_(new QLabel(this)),
      bar_(new QProgressBar(this)),
      cancel_(new QToolButton(this)),
      done_(new QLabel(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kStep);
  layout->addWidget(make_heading(tr("Jobs"), this));
  layout->addWidget(current_);
  auto* line = new QHBoxLayout;
  line->setSpacing(2 * kStep);
  line->addWidget(bar_, 1);
  line->addWidget(cancel_);
  layout->addLayout(line);
  layout->addWidget(done_);
  layout->addStretch(1);

  // Text may be longer than the panel: it must not widen the window.
  for (QLabel* label : {current_, done_}) {
    label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    label->setTextFormat(Qt::PlainText);
  }
  done_->setFont(small_font(font()));
  done_->setForegroundRole(QPalette::PlaceholderText);
  bar_->setTextVisible(false);
  bar_->setAccessibleName(tr("Progress"));
  cancel_->setText(tr("Cancel"));
  cancel_->setToolTip(tr("Stop what is being computed (Ctrl+.)"));
  connect(cancel_, &QToolButton::clicked, this, &JobsPanel::cancel_requested);
  // The line keeps its place while it is not shown, so that nothing jumps.
  for (QWidget* widget : {static_cast<QWidget*>(bar_), static_cast<QWidget*>(cancel_)}) {
    QSizePolicy policy = widget->sizePolicy();
    policy.setRetainSizeWhenHidden(true);
    widget->setSizePolicy(policy);
  }
  finish();
}

void JobsPanel::start(const QString& what) {
  what_ = what;
  busy_ = true;
  set_progress({}, -1);
  bar_->show();
  cancel_->show();
}

void JobsPanel::set_progress(const QString& activity, double fraction) {
  if (!busy_) return;
  current_->setText(activity.isEmpty() ? what_ : what_ + QStringLiteral(" · ") + activity);
  bar_->setRange(0, fraction < 0 ? 0 : kProgressSteps);
  if (fraction >= 0) bar_->setValue(static_cast<int>(fraction * kProgressSteps));
}

void JobsPanel::add_done(const QString& line) {
  done_lines_.prepend(line);
  while (done_lines_.size() > kLinesKept) done_lines_.removeLast();
  done_->setText(done_lines_.join('\n'));
}

void JobsPanel::finish() {
  busy_ = false;
  current_->setText(tr("Nothing is running"));
  bar_->hide();
  cancel_->hide();
}

bool JobsPanel::busy() const { return busy_; }

}  // namespace orderscope
