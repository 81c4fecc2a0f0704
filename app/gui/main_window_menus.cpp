// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAction>
#include <QApplication>
#include <QDialog>
#include <QDockWidget>
#include <QFileDialog>
#include <QFileInfo>
#include <QFontDatabase>
#include <QMenuBar>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QTabBar>
#include <QVBoxLayout>

#include "app/gui/actions.h"
#include "app/gui/inspector.h"
#include "app/gui/main_window.h"
#include "app/gui/network_panel.h"
#include "app/gui/orders_page.h"
#include "app/gui/session.h"
#include "app/gui/session_export.h"
#include "app/gui/sources_panel.h"
#include "app/gui/timings.h"
#include "app/gui/view_history.h"
#include "core/base/version.h"
#include "core/plugins/plugins.h"
#include "widgets/banner.h"
#include "widgets/icons.h"
#include "widgets/jobs_panel.h"
#include "widgets/score_list.h"
#include "widgets/theme_switch.h"

namespace orderscope {

void MainWindow::make_menus() {
  make_file_menu();
  make_edit_menu();
  make_page_menus();
  make_prediction_menu();
  make_go_menu();
  make_window_menu();
  make_help_menu();
}

void MainWindow::make_file_menu() {
  QMenu& menu = *menuBar()->addMenu(tr("&File"));
  fill_session_menu(menu);
  menu.addSeparator();
  add_action(
      menu, tr("Open &images…"), tr("Ctrl+O"), tr("Add photos to the list"), [this] { open_images(); },
      QStringLiteral("image"));
  add_action(
      menu, tr("Open &folder of images…"), tr("Ctrl+Shift+O"), tr("Add all photos of a folder"),
      [this] { open_folder(); }, QStringLiteral("folder"));
  add_action(
      menu, tr("Open &model…"), tr("Ctrl+M"), tr("Add a HorNet, Swin or ConvNeXt checkpoint"), [this] { open_model(); },
      QStringLiteral("model"));
  add_action(menu, tr("Published &weights…"), tr("Ctrl+Shift+M"),
             tr("Checkpoints to download, and those that are here"), [this] { show_weights(); });
  recent_ = menu.addMenu(tr("&Recent"));
  connect(recent_, &QMenu::aboutToShow, this, &MainWindow::show_recent_files);
  add_action(menu, tr("Folder of pl&ugins…"), tr("Ctrl+Shift+G"),
             tr("Load the plugins in a folder now and at every start; only folders named here or on the command line "
                "are looked into"),
             [this] { add_plugin_folder(); });
  add_action(menu, tr("&Compute again"), tr("F5"), tr("Read the model and the image from disk again"),
             [this] { session_->reload(); });
  menu.addSeparator();
  QMenu& exports = *menu.addMenu(line_icon(QStringLiteral("export")), tr("&Export"));
  add_action(exports, tr("&Figure…"), tr("Ctrl+E"), tr("Compose a figure for print: PDF, SVG or PNG"),
             [this] { show_figure(); });
  add_action(exports, tr("&Session folder…"), tr("Ctrl+Shift+E"),
             tr("Write figure, raw maps and provenance to a folder"), [this] { export_session_folder(); });
  add_action(exports, tr("Picture of the &window…"), tr("Ctrl+Shift+P"), tr("Write this window as a PNG"),
             [this] { save_window_image(); });
  menu.addSeparator();
  add_action(
      menu, tr("&Cancel what is running"), tr("Ctrl+."), tr("Stop all computations"), [this] { session_->cancel(); },
      QStringLiteral("cancel"));
  add_action(menu, tr("&Quit"), tr("Ctrl+Q"), tr("Leave OrderScope"), [this] { close(); });
}

void MainWindow::make_edit_menu() {
  QMenu& menu = *menuBar()->addMenu(tr("&Edit"));
  QAction* undo = history_->createUndoAction(&menu, tr("&Undo"));
  undo->setShortcut(QKeySequence(tr("Ctrl+Z")));
  undo->setToolTip(tr("Take back the last change of a view"));
  QAction* redo = history_->createRedoAction(&menu, tr("&Redo"));
  redo->setShortcut(QKeySequence(tr("Ctrl+Shift+Z")));
  redo->setToolTip(tr("Make the change again that was taken back"));
  menu.addActions({undo, redo});
  menu.setToolTipsVisible(true);
}

void MainWindow::make_page_menus() {
  for (Page* page : pages_) {
    QMenu* menu = menuBar()->addMenu(QStringLiteral("&%1").arg(page->title()));
    page->fill_menu(*menu);
    page_menus_.push_back(menu);
  }
}

void MainWindow::make_prediction_menu() {
  QMenu* menu = menuBar()->addMenu(tr("&Prediction"));
  inspector_->fill_menu(*menu);
  const auto show = [this, menu] {
    menu->menuAction()->setVisible(inspector_->predicts());
    for (QAction* action : menu->actions()) action->setEnabled(inspector_->predicts());
  };
  connect(session_.get(), &Session::result_changed, menu, show);
  show();
}

void MainWindow::make_go_menu() {
  QMenu& menu = *menuBar()->addMenu(tr("&Go"));
  for (std::size_t i = 0; i < pages_.size(); ++i)
    add_action(menu, tr("Page: %1").arg(pages_[i]->title()), tr("Alt+%1").arg(i + 1), tr("Show this page"),
               [this, i] { tabs_->setCurrentIndex(static_cast<int>(i)); });
  menu.addSeparator();
  add_action(
      menu, tr("&Previous block"), tr("Alt+Left"), tr("To the block before"),
      [this] { session_->select_block(session_->block() - 1); }, QStringLiteral("previous"));
  add_action(
      menu, tr("&Next block"), tr("Alt+Right"), tr("To the block after"),
      [this] { session_->select_block(session_->block() + 1); }, QStringLiteral("next"));
  add_action(menu, tr("Previous &image"), tr("PgUp"), tr("To the image before"),
             [this] { session_->select_image(session_->image_index() - 1); });
  add_action(menu, tr("Next i&mage"), tr("PgDown"), tr("To the image after"),
             [this] { session_->select_image(session_->image_index() + 1); });
  add_action(menu, tr("Previous mo&del"), tr("Ctrl+PgUp"), tr("To the model before"),
             [this] { session_->select_model(session_->model_index() - 1); });
  add_action(menu, tr("Next mod&el"), tr("Ctrl+PgDown"), tr("To the model after"),
             [this] { session_->select_model(session_->model_index() + 1); });
  add_action(menu, tr("&Class to explain"), tr("Ctrl+F"), tr("To the list of classes"),
             [this] { inspector_->scores()->focus_search(); });
}

void MainWindow::make_window_menu() {
  QMenu& menu = *menuBar()->addMenu(tr("&Window"));
  for (const QDockWidget* dock : docks_) menu.addAction(dock->toggleViewAction());
  add_action(menu, tr("&Reset the layout"), tr("Ctrl+Shift+R"), tr("Put all panels back to their places"),
             [this] { arrange_docks(); });
  menu.addSeparator();
  add_action(
      menu, tr("&Dark or light"), tr("Ctrl+Shift+L"), tr("Switch the theme"),
      [this] { set_theme(theme_ == ThemeKind::Dark ? ThemeKind::Light : ThemeKind::Dark); }, QStringLiteral("theme"));
  add_action(menu, tr("&Full screen"), tr("F11"), tr("Fill the screen, or go back"),
             [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
}

void MainWindow::make_help_menu() {
  QMenu& menu = *menuBar()->addMenu(tr("&Help"));
  add_action(menu, tr("&Tour of this page"), tr("F1"), tr("What there is on this page"), [this] { start_tour(); });
  add_action(menu, tr("T&imings"), tr("Ctrl+Shift+T"), tr("How long things took, as this program measured it"),
             [this] { show_timings(); });
  add_action(menu, tr("&About OrderScope"), {}, tr("Version and licence"), [this] { show_about(); });
}

void MainWindow::show_recent_files() {
  recent_->clear();
  const QStringList files = settings_.recent_files();
  for (const QString& file : files)
    add_action(*recent_, QFileInfo(file).fileName(), {}, file, [this, file] { add_files({file.toStdString()}); });
  if (files.isEmpty()) recent_->addAction(tr("Nothing yet"))->setEnabled(false);
  recent_->addSeparator();
  add_action(*recent_, tr("Clear"), {}, tr("Forget these files; they stay on disk"),
             [this] { settings_.clear_recent_files(); });
}

void MainWindow::open_folder() {
  const QString folder = QFileDialog::getExistingDirectory(this, tr("Folder of images"));
  if (!folder.isEmpty()) add_files({folder.toStdString()});
}

void MainWindow::open_images() {
  const QStringList files = QFileDialog::getOpenFileNames(this, tr("Open images"), {},
                                                          tr("Images and checkpoints (*.jpg *.jpeg *.png *.webp *.tif "
                                                             "*.tiff *.bmp *.pth *.pt *.safetensors);;All files (*)"));
  std::vector<std::filesystem::path> paths;
  for (const QString& file : files) paths.emplace_back(file.toStdString());
  if (!paths.empty()) add_files(paths);
}

void MainWindow::open_model() {
  const QString file = QFileDialog::getOpenFileName(
      this, tr("Open model"), {}, tr("Checkpoints (*.pth *.pt *.bin *.ckpt *.safetensors);;All files (*)"));
  if (!file.isEmpty()) add_files({file.toStdString()});
}

void MainWindow::show_problem(const QString& text) { page()->banner()->show_message(text); }

void MainWindow::export_session_folder() {
  if (!session_->result()) return show_problem(tr("There are no maps to export yet"));
  const QString folder = QFileDialog::getExistingDirectory(this, tr("Export session to a folder"));
  if (folder.isEmpty()) return;
  if (const auto written = export_orders(snapshot(), folder.toStdString()); !written)
    return show_problem(QString::fromStdString(written.error().message()));
  jobs_->add_done(tr("session written to %1").arg(folder));
}

OrdersSnapshot MainWindow::snapshot() const {
  return {session_->result(), session_->view(), session_->block(), orders_->settings()};
}

void MainWindow::save_window_image() {
  const QString path = QFileDialog::getSaveFileName(this, tr("Picture of the window"), QStringLiteral("orderscope.png"),
                                                    tr("PNG (*.png)"));
  if (!path.isEmpty() && !grab().save(path)) show_problem(tr("%1 cannot be written").arg(path));
}

void MainWindow::set_theme(ThemeKind theme) {
  theme_ = theme;
  settings_.set_theme(theme);
  switch_theme(*qApp, theme);
}

void MainWindow::offer_tour() {
  if (settings_.tour_seen(page()->id())) return;
  connect(session_.get(), &Session::view_changed, this, [this] {
    if (!settings_.tour_seen(page()->id())) start_tour();
  });
}

void MainWindow::add_plugin_folder() {
  const QString folder = QFileDialog::getExistingDirectory(this, tr("Folder of plugins"));
  if (folder.isEmpty()) return;
  QStringList folders = settings_.plugin_folders();
  if (!folders.contains(folder)) settings_.set_plugin_folders(folders << folder);
  const std::size_t before = plugin_report().failures.size();
  load_plugins({folder.toStdString()});
  QStringList problems;
  for (std::size_t i = before; i < plugin_report().failures.size(); ++i)
    problems << QString::fromStdString(plugin_report().failures[i].message());
  if (!problems.isEmpty()) return show_problem(problems.join('\n'));
  jobs_->add_done(tr("plugins of %1 loaded").arg(folder));
}

void MainWindow::start_tour() {
  if (tour_) tour_->close();
  std::vector<TourStep> steps = page()->tour();
  steps.push_back({models_, tr("Models"),
                   tr("Checkpoints that are open. Drop .pth or .safetensors files onto the window "
                      "to add more; a model keeps its colour everywhere.")});
  steps.push_back({network_, tr("The network"),
                   tr("A column a block, coloured by the share of each order in its "
                      "energy. Click one, or walk with Alt and the arrow keys.")});
  steps.push_back({inspector_, tr("Inspector"),
                   inspector_->predicts()
                       ? tr("What the model found over the picture. Click a class or box, or drag over a region, to "
                            "explain it; click a colour in the list to hide its class.")
                       : tr("The picture as the model sees it, the classes it thought of, and "
                            "the values under the cursor. Click a class to explain it.")});
  settings_.set_tour_seen(page()->id());
  tour_ = new Tour(std::move(steps), this);
}

void MainWindow::show_timings() {
  auto* dialog = new QDialog(this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setWindowTitle(tr("Timings"));
  auto* layout = new QVBoxLayout(dialog);
  auto* text = new QPlainTextEdit(dialog);
  text->setReadOnly(true);
  text->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  text->setAccessibleName(tr("Timings"));
  layout->addWidget(text);
  const auto show = [this, text] {
    QString lines;
    for (const Timings::Entry& entry : timings_->entries())
      lines += QStringLiteral("%1 ms  %2%3\n")
                   .arg(entry.milliseconds, 9, 'f', 1)
                   .arg(entry.since_start ? tr("since the start: ") : QString(), entry.what);
    text->setPlainText(lines);
  };
  connect(timings_, &Timings::changed, dialog, show);
  show();
  dialog->resize(560, 360);
  dialog->show();
}

void MainWindow::show_about() {
  QMessageBox::about(this, tr("About OrderScope"),
                     tr("<b>%1</b><p>What happens inside HorNet, Swin and ConvNeXt: every order of a gnConv, class "
                        "activation maps, and what a decision rested on.</p><p>GPL-3.0-or-later. gnConv: Rao et al., "
                        "NeurIPS 2022; Grad-CAM: Selvaraju et al., ICCV 2017.</p>")
                         .arg(QString::fromStdString(version_text())));
}

}  // namespace orderscope
