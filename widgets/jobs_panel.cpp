// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/jobs_panel.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QSizePolicy>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/elided_label.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr int kLinesKept = 3;
constexpr int kProgressSteps = 1000;

}  // namespace

JobsPanel::JobsPanel(QWidget* parent)
    : QWidget(parent),
      current_(new ElidedLabel(QPalette::WindowText, this)),
      bar_(new QProgressBar(this)),
      cancel_(new QToolButton(this)),
      done_(new QLabel(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kStep);
  layout->addWidget(make_heading(tr("Jobs"), this));
  auto* line = new QHBoxLayout;
  line->setSpacing(3 * kStep);
  line->addWidget(current_, 3);
  line->addWidget(bar_, 2);
  line->addWidget(cancel_);
  layout->addLayout(line);
  layout->addWidget(done_);
  layout->addStretch(1);

  // Text may be longer than the panel: it must not widen the window.
  done_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  done_->setTextFormat(Qt::PlainText);
  done_->setFont(small_font(font()));
  done_->setForegroundRole(QPalette::PlaceholderText);
  bar_->setTextVisible(false);
  bar_->setAccessibleName(tr("Progress"));
  cancel_->setText(tr("Cancel"));
  cancel_->setToolTip(tr("Stop what is being computed (Ctrl+.)"));
  connect(cancel_, &QToolButton::clicked, this, &JobsPanel::cancel_requested);
  // They keep their place while they are not shown, so that nothing jumps.
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
  current_->set_text(activity.isEmpty() ? what_ : what_ + QStringLiteral(" · ") + activity);
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
  current_->set_text(tr("Ready"));
  bar_->hide();
  cancel_->hide();
}

bool JobsPanel::busy() const { return busy_; }

}  // namespace orderscope
