// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tour.h"

#include <QEvent>
#include <QFrame>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QPainterPath>
#include <QPushButton>
#include <QVBoxLayout>

#include "widgets/theme.h"

namespace orderscope {

Tour::Tour(std::vector<TourStep> steps, QWidget* window) : QWidget(window), steps_(std::move(steps)) {
  std::erase_if(steps_, [](const TourStep& step) { return !step.target || !step.target->isVisible(); });
  setAttribute(Qt::WA_DeleteOnClose);
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Tour"));
  setGeometry(window->rect());
  window->installEventFilter(this);

  auto* card = new QFrame(this);
  card->setObjectName(QStringLiteral("tourCard"));
  card->setAutoFillBackground(true);
  card->setBackgroundRole(QPalette::Button);
  card_ = card;
  title_ = new QLabel(card);
  QFont bold = title_->font();
  bold.setBold(true);
  title_->setFont(bold);
  text_ = new QLabel(card);
  text_->setWordWrap(true);
  count_ = new QLabel(card);
  count_->setFont(small_font(count_->font()));
  count_->setForegroundRole(QPalette::PlaceholderText);
  auto* skip = new QPushButton(tr("Close"), card);
  back_ = new QPushButton(tr("Back"), card);
  next_ = new QPushButton(tr("Next"), card);
  next_->setDefault(true);
  auto* layout = new QVBoxLayout(card);
  layout->setContentsMargins(4 * kStep, 3 * kStep, 4 * kStep, 3 * kStep);
  layout->setSpacing(2 * kStep);
  layout->addWidget(title_);
  layout->addWidget(text_);
  auto* line = new QHBoxLayout;
  line->addWidget(count_);
  line->addStretch(1);
  line->addWidget(skip);
  line->addWidget(back_);
  line->addWidget(next_);
  layout->addLayout(line);
  connect(skip, &QPushButton::clicked, this, &QWidget::close);
  connect(back_, &QPushButton::clicked, this, [this] { show_step(step_ - 1); });
  connect(next_, &QPushButton::clicked, this, [this] { show_step(step_ + 1); });
  show();
  raise();
  show_step(0);
}

void Tour::show_step(int step) {
  if (step < 0) return;
  if (static_cast<std::size_t>(step) >= steps_.size()) {
    close();
    return;
  }
  step_ = step;
  const TourStep& now = steps_[static_cast<std::size_t>(step)];
  title_->setText(now.title);
  text_->setText(now.text);
  count_->setText(tr("%1 of %2").arg(step + 1).arg(steps_.size()));
  back_->setEnabled(step > 0);
  next_->setText(static_cast<std::size_t>(step) + 1 == steps_.size() ? tr("Done") : tr("Next"));
  next_->setFocus();
  place_card();
  update();
}

QRect Tour::spot() const {
  const QPointer<QWidget>& target = steps_[static_cast<std::size_t>(step_)].target;
  if (!target) return {};
  return QRect(mapFromGlobal(target->mapToGlobal(QPoint(0, 0))), target->size()) & rect();
}

void Tour::place_card() {
  constexpr int kCardWidth = 340;
  card_->setFixedWidth(std::min(kCardWidth, width() - 8 * kStep));
  card_->adjustSize();
  const QRect free = rect().adjusted(3 * kStep, 3 * kStep, -3 * kStep, -3 * kStep);
  const QRect hole = spot();
  const QSize size = card_->size();
  // Beside the place if there is room, else inside it at its lower right.
  QPoint at(hole.right() + 3 * kStep, hole.top());
  if (at.x() + size.width() > free.right()) at.setX(hole.left() - 3 * kStep - size.width());
  if (at.x() < free.left()) {
    at = QPoint(hole.center().x() - size.width() / 2, hole.bottom() + 3 * kStep);
    if (at.y() + size.height() > free.bottom()) at.setY(hole.top() - 3 * kStep - size.height());
    if (at.y() < free.top()) at = hole.bottomRight() - QPoint(size.width() + 4 * kStep, size.height() + 4 * kStep);
  }
  at.setX(std::clamp(at.x(), free.left(), std::max(free.left(), free.right() - size.width())));
  at.setY(std::clamp(at.y(), free.top(), std::max(free.top(), free.bottom() - size.height())));
  card_->move(at);
}

void Tour::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  QPainterPath shade;
  shade.addRect(rect());
  QPainterPath hole;
  hole.addRoundedRect(spot(), kStep, kStep);
  painter.fillPath(shade.subtracted(hole), QColor(0, 0, 0, 130));
  painter.setPen(QPen(palette().color(QPalette::Highlight), 2));
  painter.drawPath(hole);
  painter.setPen(palette().color(QPalette::Mid));
  painter.setBrush(palette().color(QPalette::Button));
}

void Tour::mousePressEvent(QMouseEvent*) { show_step(step_ + 1); }

void Tour::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Escape: close(); break;
    case Qt::Key_Left: show_step(step_ - 1); break;
    case Qt::Key_Right:
    case Qt::Key_Return:
    case Qt::Key_Space: show_step(step_ + 1); break;
    default: QWidget::keyPressEvent(event);
  }
}

bool Tour::eventFilter(QObject* object, QEvent* event) {
  if (event->type() == QEvent::Resize) {
    setGeometry(parentWidget()->rect());
    place_card();
  }
  return QWidget::eventFilter(object, event);
}

}  // namespace orderscope
