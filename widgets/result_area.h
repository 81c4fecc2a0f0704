// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QHBoxLayout;
class QLabel;
class QProgressBar;
class QPushButton;
class QStackedWidget;

namespace orderscope {

/// A heading and under it a result, or what stands in its place: what to do, how far the computation is and a way to
/// stop it, or what went wrong and a way to try again.
class ResultArea : public QWidget {
  Q_OBJECT

 public:
  /// Takes `content` over.
  ResultArea(const QString& heading, QWidget* content, QWidget* parent = nullptr);

  /// Where controls behind the heading go.
  QHBoxLayout* line() const { return line_; }
  void set_subtitle(const QString& text);
  QString subtitle() const { return full_subtitle_; }

  void show_content();
  void show_hint(const QString& text, const QString& button = {});
  void show_progress(const QString& text, double fraction);  ///< below 0: not known
  void show_problem(const QString& text);
  QPushButton* button() const { return button_; }
  QString message() const;  ///< empty while the content shows

 Q_SIGNALS:
  void start_requested();  ///< the button of a hint or of a problem
  void cancel_requested();

 protected:
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  enum class State { Content, Hint, Progress, Problem };
  void show_message(State state, const QString& text, const QString& button);
  void show_subtitle();

  QHBoxLayout* line_;
  QLabel* subtitle_;
  QString full_subtitle_;
  QStackedWidget* stack_;
  QLabel* message_;
  QProgressBar* progress_;
  QPushButton* button_;
  State state_ = State::Content;
};

}  // namespace orderscope
