// SPDX-License-Identifier: GPL-3.0-or-later
// Session files and figures of the window.
#include <QAction>
#include <QFileDialog>
#include <QLocale>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QTabBar>
#include <algorithm>

#include "app/gui/actions.h"
#include "app/gui/data_set_page.h"
#include "app/gui/data_set_work.h"
#include "app/gui/figure_dialog.h"
#include "app/gui/inspector.h"
#include "app/gui/main_window.h"
#include "app/gui/page.h"
#include "app/gui/session.h"
#include "app/gui/session_document.h"
#include "app/gui/view_history.h"

namespace orderscope {

namespace fs = std::filesystem;

namespace {

fs::path with_suffix(const QString& path) {
  const fs::path file = path.toStdString();
  return file.extension() == kSessionSuffix ? file : fs::path(file.string() + kSessionSuffix);
}

QString session_filter() {
  return MainWindow::tr("OrderScope sessions (*%1)").arg(QString::fromLatin1(kSessionSuffix));
}

}  // namespace

void MainWindow::make_document() {
  document_ = new SessionDocument(
      session_->jobs(), [this] { return session_file(); }, [this](const SessionFile& file) { apply_session(file); },
      this);
  connect(document_, &SessionDocument::failed, this, &MainWindow::show_problem);
  connect(document_, &SessionDocument::state_changed, this, &MainWindow::show_title);
  connect(document_, &SessionDocument::sources_missing, this, &MainWindow::ask_for_missing);
  connect(document_, &SessionDocument::outside_named, this, &MainWindow::ask_for_outside);
  for (const auto signal : {&SessionDocument::opened, &SessionDocument::saved})
    connect(document_, signal, this, [this](const fs::path& path) {
      if (!path.empty()) settings_.add_recent_file(QString::fromStdString(path.string()));
    });
  connect(document_, &SessionDocument::saved, this, [this] {
    if (closing_) close();
  });
  connect(document_, &SessionDocument::failed, this, [this] { closing_ = false; });
  const auto touch = [this] { document_->touch(); };
  for (Page* page : pages_) connect(page, &Page::state_changed, document_, touch);
  connect(inspector_, &Inspector::state_changed, document_, touch);
  connect(tabs_, &QTabBar::currentChanged, document_, touch);
  for (const auto signal : {&Session::models_changed, &Session::images_changed, &Session::view_changed})
    connect(session_.get(), signal, document_, touch);
  connect(session_.get(), &Session::block_changed, document_, touch);
  connect(session_.get(), &Session::finished, document_, [this] { document_->settle(); });
}

void MainWindow::fill_session_menu(QMenu& menu) {
  add_action(menu, tr("&New session"), tr("Ctrl+N"), tr("Start with no models and no images"), [this] {
    if (may_leave_session()) document_->start_anew();
  });
  add_action(menu, tr("Open s&ession…"), tr("Ctrl+Alt+O"), tr("Open a session that was saved"), [this] {
    if (!may_leave_session()) return;
    const QString path = QFileDialog::getOpenFileName(this, tr("Open session"), {}, session_filter());
    if (!path.isEmpty()) document_->open(path.toStdString());
  });
  add_action(menu, tr("&Save session"), tr("Ctrl+S"),
             tr("Save which models, images, settings and figure the window has"), [this] { save_session(); });
  add_action(menu, tr("Save session &as…"), tr("Ctrl+Shift+S"), tr("Save the session under another name"),
             [this] { save_session_as(); });
}

SessionFile MainWindow::session_file() const {
  SessionFile file;
  for (const ModelSource& source : session_->models()) {
    SessionSource entry;
    entry.path = fs::absolute(source.path).lexically_normal();
    if (source.model) entry.sha256 = source.model->sha256;
    file.models.push_back(std::move(entry));
  }
  const auto result = session_->result();
  for (const ImageSource& source : session_->images()) {
    SessionSource entry;
    entry.path = fs::absolute(source.path).lexically_normal();
    if (result && result->image_path == source.path) entry.sha256 = result->input.source_sha256;
    file.images.push_back(std::move(entry));
  }
  file.model = session_->model_index();
  file.image = session_->image_index();
  if (const auto model = session_->model(); model && session_->block() >= 0)
    file.block = model->blocks[static_cast<std::size_t>(session_->block())].name;
  file.class_index = session_->chosen_class();
  file.region = session_->chosen_region();
  file.page = page()->id().toStdString();
  for (const Page* each : pages_) file.pages[each->id().toStdString()] = each->state();
  file.pages[kPredictionState] = inspector_->state();
  file.figure = figure_;
  return file;
}

void MainWindow::apply_session(const SessionFile& file) {
  figure_ = file.figure;
  if (figure_dialog_) figure_dialog_->close();
  SessionChoice choice;
  for (const SessionSource& source : file.models) choice.models.push_back(source.path);
  for (const SessionSource& source : file.images) choice.images.push_back(source.path);
  choice.model = file.model;
  choice.image = file.image;
  choice.block = file.block;
  choice.class_index = file.class_index;
  choice.region = file.region;
  session_->replace(choice);
  for (Page* each : pages_) {
    const auto state = file.pages.find(each->id().toStdString());
    if (state == file.pages.end() || !state->second.is_object()) continue;
    try {
      each->restore(state->second);
    } catch (const nlohmann::json::exception&) {
      show_problem(tr("The session's settings of the page %1 make no sense and were left out").arg(each->title()));
    }
  }
  if (const auto state = file.pages.find(kPredictionState); state != file.pages.end() && state->second.is_object())
    inspector_->restore(state->second);
  if (!file.page.empty()) show_page(QString::fromStdString(file.page));
  history_->start_anew();
}

void MainWindow::open_session(const fs::path& path) { document_->open(path); }

void MainWindow::save_session() {
  if (document_->path().empty() || document_->locked_elsewhere()) return save_session_as();
  document_->save(document_->path());
}

void MainWindow::save_session_as() {
  const QString start = document_->path().empty() ? QStringLiteral("session") + QString::fromLatin1(kSessionSuffix)
                                                  : QString::fromStdString(document_->path().string());
  const QString path = QFileDialog::getSaveFileName(this, tr("Save session"), start, session_filter());
  if (!path.isEmpty()) document_->save(with_suffix(path));
}

bool MainWindow::may_leave_session() {
  if (document_->path().empty() || !document_->modified()) return true;
  const auto answer =
      QMessageBox::question(this, tr("Save session"), tr("%1 has changes that are not saved.").arg(document_->name()),
                            QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel);
  if (answer == QMessageBox::Save) save_session();
  return answer == QMessageBox::Discard;
}

void MainWindow::ask_for_missing(const QString& text) {
  auto* box = new QMessageBox(QMessageBox::Question, tr("Open session"),
                              tr("Not all files of this session are where they were."), QMessageBox::Cancel, this);
  box->setObjectName(QStringLiteral("missing"));
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->setInformativeText(QString(text).replace(QStringLiteral("; "), QStringLiteral("\n")));
  const QPushButton* search = box->addButton(tr("Search a folder…"), QMessageBox::AcceptRole);
  const QPushButton* without = box->addButton(tr("Open without them"), QMessageBox::DestructiveRole);
  connect(box, &QMessageBox::buttonClicked, this, [this, search, without](QAbstractButton* button) {
    if (button == without) return document_->open_without();
    if (button != search) return document_->forget_opening();
    const QString folder = QFileDialog::getExistingDirectory(this, tr("Where are the files now?"));
    if (folder.isEmpty()) return document_->forget_opening();
    document_->search(folder.toStdString());
  });
  box->open();
}

void MainWindow::ask_for_outside(const QString& text) {
  auto* box = new QMessageBox(QMessageBox::Question, tr("Open session"),
                              tr("This session was not saved here and names files outside its folder."),
                              QMessageBox::Cancel, this);
  box->setObjectName(QStringLiteral("outside"));
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->setInformativeText(
      QString(text).replace(QStringLiteral("; "), QStringLiteral("\n")) +
      tr("\n\nOpen them only if you know where the session comes from. You will not be asked again about this one."));
  const QPushButton* allow = box->addButton(tr("Open them"), QMessageBox::AcceptRole);
  QPushButton* without = box->addButton(tr("Open without them"), QMessageBox::DestructiveRole);
  box->setDefaultButton(without);
  connect(box, &QMessageBox::buttonClicked, this, [this, allow, without](QAbstractButton* button) {
    if (button == allow) return document_->allow_outside();
    if (button == without) return document_->open_without();
    document_->forget_opening();
  });
  box->open();
}

void MainWindow::set_trusted(const TrustedSessions& trusted) {
  document_->set_trusted(trusted);
  data_set_->work().set_trusted(trusted);
}

void MainWindow::always_allow_outside() {
  document_->always_allow_outside();
  data_set_->work().always_allow_outside();
}

void MainWindow::keep_copies(const fs::path& folder) {
  document_->keep_copies(folder);
  auto orphans = document_->orphans();
  if (orphans.empty()) return;
  const Recovery::Orphan newest = orphans.front();
  auto* box = new QMessageBox(QMessageBox::Question, tr("Recover session"),
                              tr("OrderScope ended without being closed. Open the session of %1 again?")
                                  .arg(QLocale().toString(newest.when, QLocale::ShortFormat)),
                              QMessageBox::NoButton, this);
  box->setObjectName(QStringLiteral("recover"));
  box->setAttribute(Qt::WA_DeleteOnClose);
  const QPushButton* yes = box->addButton(tr("Open it"), QMessageBox::AcceptRole);
  const QPushButton* discard = box->addButton(tr("Delete it"), QMessageBox::DestructiveRole);
  box->addButton(tr("Not now"), QMessageBox::RejectRole);
  connect(box, &QMessageBox::buttonClicked, this, [this, newest, yes, discard](QAbstractButton* button) {
    if (button == yes) document_->recover(newest);
    if (button == discard) Recovery::discard(newest);
  });
  box->open();
}

void MainWindow::show_title() {
  QStringList parts;
  if (!document_->name().isEmpty()) parts << document_->name() + QStringLiteral("[*]");
  if (const auto result = session_->result())
    parts << file_name(result->image_path) << QString::fromStdString(result->model->name);
  parts << QStringLiteral("OrderScope");
  setWindowTitle(parts.join(QStringLiteral(" – ")));
  setWindowModified(!document_->path().empty() && document_->modified());
}

FigureDialog& MainWindow::figure_dialog() {
  if (!figure_dialog_) {
    figure_dialog_ = new FigureDialog(session_->jobs(), session_->model_cache(), this);
    connect(figure_dialog_, &FigureDialog::plan_changed, this, [this] {
      figure_ = figure_dialog_->plan();
      document_->touch();
    });
    connect(figure_dialog_, &FigureDialog::add_requested, this, &MainWindow::add_page_to_figure);
  }
  SessionFile file = session_file();
  document_->complete(file);
  figure_dialog_->set_session(std::move(file));
  return *figure_dialog_;
}

void MainWindow::show_figure() {
  FigureDialog& dialog = figure_dialog();
  dialog.show();
  dialog.raise();
  if (figure_.panels.empty()) add_page_to_figure();
}

void MainWindow::add_page_to_figure() {
  const std::vector<FigurePanelPlan> panels = page()->figure_panels();
  if (panels.empty()) return show_problem(tr("This page shows nothing yet that could be printed"));
  FigureDialog& dialog = figure_dialog();  // with the models and images there are now
  dialog.add_panels(panels);
}

}  // namespace orderscope
