// SPDX-License-Identifier: GPL-3.0-or-later
#include <QApplication>

#include "app/cli/command.h"
#include "app/cli/figure.h"
#include "widgets/figure/figure.h"

namespace orderscope::cli {

Result<void> write_figure(const SessionFile& session, const PanelRunner::OpenModel& open,
                          const std::filesystem::path& path, bool data, const JobContext& job) {
  const QString file = QString::fromStdString(path.string());
  TRY_VOID(plate_format(file));
  // Fonts and plots want an application; a display is none of their business.
  qputenv("QT_QPA_PLATFORM", "offscreen");
  qInstallMessageHandler([](QtMsgType, const QMessageLogContext&, const QString&) {});
  char name[] = "orderscope-cli";
  char* arguments[] = {name, nullptr};
  int count = 1;
  const QApplication application(count, arguments);

  PanelRunner runner(session, open);
  TRY(const Plate plate, draw_figure(session, runner, job));
  if (const QString warning = page_warning(plate); !warning.isEmpty())
    print_warning(path.string() + ": " + warning.toStdString());
  TRY_VOID(write_plate(plate, file, session.figure.dpi));
  if (data) TRY_VOID(write_plate_data(plate, path));
  return {};
}

}  // namespace orderscope::cli
