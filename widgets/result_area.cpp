// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/result_area.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <cmath>

#include "widgets/theme.h"

namespace orderscope {

ResultArea::ResultArea(const QString& heading, QWidget* content, QWidget* parent) : QWidget(parent) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kStep);
  line_ = new QHBoxLayout;
  line_->setSpacing(2 * kStep);
  line_->addWidget(make_heading(heading, this));
  subtitle_ = new QLabel(this);
  subtitle_->setFont(small_font(font()));
  subtitle_->setForegroundRole(QPalette::PlaceholderText);
  subtitle_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  subtitle_->installEventFilter(this);
  line_->addWidget(subtitle_, 1);
  layout->addLayout(line_);

  auto* message = new QWidget(this);
  auto* lines = new QVBoxLayout(message);
  lines->setContentsMargins(0, kStep, 0, kStep);
  message_ = new QLabel(message);
  message_->setWordWrap(true);
  message_->setTextFormat(Qt::PlainText);
  message_->setForegroundRole(QPalette::PlaceholderText);
  progress_ = new QProgressBar(message);
  progress_->setTextVisible(false);
  progress_->setAccessibleName(tr("Progress of %1").arg(heading));
  button_ = new QPushButton(message);
  lines->addWidget(message_);
  lines->addWidget(progress_);
  lines->addWidget(button_, 0, Qt::AlignLeft);
  lines->addStretch(1);
  stack_ = new QStackedWidget(this);
  stack_->addWidget(message);
  stack_->addWidget(content);
  layout->addWidget(stack_, 1);
  setAccessibleName(heading);
  connect(button_, &QPushButton::clicked, this, [this] {
    if (state_ == State::Progress)
      Q_EMIT cancel_requested();
    else
      Q_EMIT start_requested();
  });
  show_hint({});
}

void ResultArea::set_subtitle(const QString& text) {
  full_subtitle_ = text;
  subtitle_->setToolTip(text);
  show_subtitle();
}

void ResultArea::show_subtitle() {
  if (Qt::mightBeRichText(full_subtitle_)) return subtitle_->setText(full_subtitle_);
  const QString text = subtitle_->fontMetrics().elidedText(full_subtitle_, Qt::ElideRight, subtitle_->width());
  // A word and a half says nothing: the tool tip has it all.
  constexpr qsizetype kReadable = 10;
  subtitle_->setText(text == full_subtitle_ || text.size() >= kReadable ? text : QString());
}

bool ResultArea::eventFilter(QObject* object, QEvent* event) {
  if (object == subtitle_ && event->type() == QEvent::Resize) show_subtitle();
  return QWidget::eventFilter(object, event);
}

QString ResultArea::message() const { return state_ == State::Content ? QString() : message_->text(); }

void ResultArea::show_content() {
  state_ = State::Content;
  stack_->setCurrentIndex(1);
}

void ResultArea::show_message(State state, const QString& text, const QString& button) {
  state_ = state;
  message_->setText(text);
  progress_->setVisible(state == State::Progress);
  button_->setText(button);
  button_->setVisible(!button.isEmpty());
  stack_->setCurrentIndex(0);
}

void ResultArea::show_hint(const QString& text, const QString& button) { show_message(State::Hint, text, button); }

void ResultArea::show_problem(const QString& text) { show_message(State::Problem, text, tr("Try again")); }

void ResultArea::show_progress(const QString& text, double fraction) {
  show_message(State::Progress, text, tr("Cancel"));
  progress_->setRange(0, fraction < 0 ? 0 : 1000);
  if (fraction >= 0) progress_->setValue(static_cast<int>(std::lround(fraction * 1000)));
}

}  // namespace orderscope
