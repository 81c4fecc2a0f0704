// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/unattended.h"

#include <QCoreApplication>
#include <QTimer>
#include <algorithm>
#include <cstdio>
#include <utility>

#include "app/gui/figure_dialog.h"
#include "app/gui/main_window.h"
#include "app/gui/page.h"
#include "app/gui/session.h"
#include "app/gui/session_document.h"
#include "app/gui/session_export.h"
#include "widgets/figure/plate.h"

namespace orderscope {

UnattendedExport::UnattendedExport(MainWindow& window, CommandLine options, QObject* parent)
    : QObject(parent), window_(window), options_(std::move(options)) {
  Session& session = window_.session();
  connect(&session, &Session::message, this, [this](const QString& text) {
    if (problem_.isEmpty()) problem_ = text;
  });
  connect(&session, &Session::finished, this, [this](bool complete) {
    computed_ = true;
    if (!complete && problem_.isEmpty()) problem_ = tr("the computation was cancelled");
    finish_if_ready();
  });
  connect(&session, &Session::images_changed, this, &UnattendedExport::finish_if_ready);
  connect(&session.jobs(), &JobList::changed, this, &UnattendedExport::finish_if_ready);
  settle_.setSingleShot(true);
  connect(&settle_, &QTimer::timeout, this, [this] {
    if (!std::exchange(asked_page_, true)) {
      window_.page()->compute_all();
      // Its jobs come back here; without any, now.
      return finish_if_ready();
    }
    ended_ = true;
    write();
  });
}

void UnattendedExport::start() {
  if (!options_.session.empty()) {
    SessionDocument& document = window_.document();
    connect(&document, &SessionDocument::failed, this, &UnattendedExport::fail_with);
    connect(&document, &SessionDocument::sources_missing, this, &UnattendedExport::fail_with);
    connect(&document, &SessionDocument::outside_named, this, [this](const QString& text) {
      fail_with(tr("%1 (say --allow-outside if you know where the session comes from)").arg(text));
    });
    connect(&document, &SessionDocument::opened, this, [this] {
      // A run over a data set needs neither models nor images.
      if (window_.session().busy()) return;
      computed_ = true;
      finish_if_ready();
    });
    window_.open_session(options_.session);
    return;
  }
  window_.add_files(options_.files);
  if (!window_.session().busy() && problem_.isEmpty()) problem_ = tr("there is no model to open");
  if (!problem_.isEmpty()) QTimer::singleShot(0, this, [this] { fail_with(problem_); });
}

void UnattendedExport::finish_if_ready() {
  if (ended_) return;
  if (!problem_.isEmpty()) return fail_with(problem_);
  const auto& images = window_.session().images();
  const bool thumbnails = std::all_of(images.begin(), images.end(), [](const ImageSource& image) {
    return !image.thumbnail.isNull() || !image.problem.isEmpty();
  });
  const bool ready = computed_ && thumbnails && window_.session().jobs().empty();
  if (!ready) return settle_.stop();
  // After everything that the last result sets off: layouts, and jobs of the page in front.
  constexpr int kSettleMilliseconds = 100;
  settle_.start(kSettleMilliseconds);
}

void UnattendedExport::write() {
  const Session& session = window_.session();
  if (!session.result() && panels_of(window_.page()->figure()).empty())
    return fail_with(session.models().empty() ? tr("there is no model to open") : tr("there is no image to show"));
  if (!options_.export_session.isEmpty()) {
    const auto written = export_orders(window_.snapshot(), options_.export_session.toStdString());
    if (!written) return fail_with(QString::fromStdString(written.error().message()));
  }
  if (!options_.export_window.isEmpty() && !window_.grab().save(options_.export_window))
    return fail_with(tr("%1: cannot be written").arg(options_.export_window));
  if (options_.export_figure.isEmpty()) return QCoreApplication::exit(0);
  FigureDialog& dialog = window_.figure_dialog();
  if (dialog.plan().panels.empty()) {
    // What orderscope-cli prints of such a session, and of the other pages what they show.
    const Page& page = *window_.page();
    dialog.add_panels(page.id() == QStringLiteral("orders") ? figure_of(window_.session_file()).panels
                                                            : page.figure_panels());
  }
  if (dialog.plan().panels.empty()) return fail_with(tr("this page shows nothing that could be printed"));
  if (dialog.ready()) return write_figure(dialog);
  connect(&dialog, &FigureDialog::drawn, this, [this, &dialog] { write_figure(dialog); });
}

void UnattendedExport::write_figure(FigureDialog& dialog) {
  if (const QString warning = page_warning(dialog.plate()); !warning.isEmpty())
    std::fprintf(stderr, "orderscope: %s: %s\n", qPrintable(options_.export_figure), qPrintable(warning));
  const auto written = dialog.export_to(options_.export_figure);
  if (!written) return fail_with(QString::fromStdString(written.error().message()));
  QCoreApplication::exit(0);
}

void UnattendedExport::fail_with(const QString& text) {
  ended_ = true;
  std::fprintf(stderr, "orderscope: %s\n", qPrintable(QString(text).replace('\n', QStringLiteral("; "))));
  QCoreApplication::exit(1);
}

}  // namespace orderscope
