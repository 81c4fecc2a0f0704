// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/unattended.h"

#include <QCoreApplication>
#include <QTimer>
#include <algorithm>
#include <cstdio>

#include "app/gui/main_window.h"
#include "app/gui/session.h"
#include "app/gui/session_export.h"

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
}

void UnattendedExport::start() {
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
  if (!computed_ || !thumbnails || !window_.session().jobs().empty()) return;
  ended_ = true;
  // After everything that the last result has set off, layouts included.
  QTimer::singleShot(0, this, &UnattendedExport::write);
}

void UnattendedExport::write() {
  if (!window_.session().result()) return fail_with(tr("there is no image to show"));
  if (!options_.export_session.isEmpty()) {
    const auto written = export_orders(window_.snapshot(), options_.export_session.toStdString());
    if (!written) return fail_with(QString::fromStdString(written.error().message()));
  }
  if (!options_.export_window.isEmpty() && !window_.grab().save(options_.export_window))
    return fail_with(tr("%1: cannot be written").arg(options_.export_window));
  QCoreApplication::exit(0);
}

void UnattendedExport::fail_with(const QString& text) {
  ended_ = true;
  std::fprintf(stderr, "orderscope: %s\n", qPrintable(QString(text).replace('\n', QStringLiteral("; "))));
  QCoreApplication::exit(1);
}

}  // namespace orderscope
