// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>
#include <QTimer>

#include "app/gui/command_line.h"

namespace orderscope {

class FigureDialog;
class MainWindow;

/// Writes what the command line asked for once the window has all its maps, then ends the event loop with 0; with 1
/// after one line on stderr if anything went wrong on the way.
class UnattendedExport : public QObject {
  Q_OBJECT

 public:
  UnattendedExport(MainWindow& window, CommandLine options, QObject* parent = nullptr);
  void start();

 private:
  void finish_if_ready();
  void write();
  void write_figure(FigureDialog& dialog);
  void fail_with(const QString& text);

  MainWindow& window_;
  CommandLine options_;
  QString problem_;
  bool computed_ = false;
  bool asked_page_ = false;  ///< to compute all that it shows
  QTimer settle_;
  bool ended_ = false;
};

}  // namespace orderscope
