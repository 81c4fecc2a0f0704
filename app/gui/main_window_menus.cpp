// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QFileDialog>
#include <QMenuBar>
#include <QMessageBox>
#include <algorithm>

#include "app/gui/inspector.h"
#include "app/gui/main_window.h"
#include "app/gui/network_panel.h"
#include "app/gui/orders_page.h"
#include "app/gui/session.h"
#include "app/gui/session_export.h"
#include "core/base/version.h"
#include "widgets/banner.h"
#include "widgets/icons.h"
#include "widgets/jobs_panel.h"
#include "widgets/score_list.h"

namespace orderscope {

QAction* MainWindow::add_action(QMenu* menu, const QString& text, const QString& shortcut, const QString& tool_tip,
                                std::function<void()> triggered, const QString& icon) {
  auto* action = new QAction(text, this);
  if (!icon.isEmpty()) action->setIcon(line_icon(icon));
  action->setShortcut(QKeySequence(shortcut));
  action->setToolTip(tool_tip);
  connect(action, &QAction::triggered, this, std::move(triggered));
  menu->addAction(action);
  return action;
}

void MainWindow::make_menus() {
  make_file_menu();
  make_view_menu();
  make_go_menu();
  make_help_menu();
  for (QMenu* menu : menuBar()->findChildren<QMenu*>(Qt::FindDirectChildrenOnly)) menu->setToolTipsVisible(true);
}

void MainWindow::make_file_menu() {
  QMenu* menu = menuBar()->addMenu(tr("&File"));
  add_action(menu, tr("Open &images…"), tr("Ctrl+O"), tr("Add photos to the list"), [this] { open_images(); },
             QStringLiteral("image"));
  add_action(menu, tr("Open &folder of images…"), tr("Ctrl+Shift+O"), tr("Add all photos of a folder"),
             [this] {
               const QString folder = QFileDialog::getExistingDirectory(this, tr("Folder of images"));
               if (!folder.isEmpty()) add_files({folder.toStdString()});
             },
             QStringLiteral("folder"));
  add_action(menu, tr("Open &model…"), tr("Ctrl+M"), tr("Add a HorNet, Swin or ConvNeXt checkpoint"),
             [this] { open_model(); }, QStringLiteral("model"));
  add_action(menu, tr("&Compute again"), tr("F5"), tr("Read the model and the image from disk again"),
             [this] { session_->reload(); });
  menu->addSeparator();
  QMenu* exports = menu->addMenu(line_icon(QStringLiteral("export")), tr("&Export"));
  exports->setToolTipsVisible(true);
  add_action(exports, tr("&Plate…"), tr("Ctrl+E"), tr("Write the maps as a figure: PDF or PNG"),
             [this] { export_plate(); });
  add_action(exports, tr("&Session folder…"), tr("Ctrl+Shift+E"),
             tr("Write figure, raw maps and provenance to a folder"), [this] { export_session_folder(); });
  add_action(exports, tr("Picture of the &window…"), tr("Ctrl+Shift+P"), tr("Write this window as a PNG"),
             [this] { save_window_image(); });
  menu->addSeparator();
  add_action(
      menu, tr("&Cancel what is running"), tr("Ctrl+."), tr("Stop the computation"), [this] { session_->cancel(); },
      QStringLiteral("cancel"));
  add_action(menu, tr("&Quit"), tr("Ctrl+Q"), tr("Leave OrderScope"), [this] { close(); });
}

void MainWindow::make_view_menu() {
  QMenu* menu = menuBar()->addMenu(tr("&View"));
  const auto change = [this](auto edit) {
    OrdersSettings settings = orders_->settings();
    edit(settings);
    orders_->set_settings(settings);
  };
  std::vector<std::pair<QAction*, std::function<bool(const OrdersSettings&)>>> checks;
  const auto choice = [&](QMenu* target, QActionGroup* group, const QString& text, const QString& key,
                          const QString& tip, auto edit, std::function<bool(const OrdersSettings&)> is_on) {
    QAction* action = add_action(target, text, key, tip, [change, edit] { change(edit); });
    action->setCheckable(true);
    if (group != nullptr) group->addAction(action);
    checks.emplace_back(action, std::move(is_on));
  };

  QMenu* reduction = menu->addMenu(tr("&Channels"));
  auto* reductions = new QActionGroup(this);
  const auto reduce = [&](const QString& text, const QString& key, const QString& tip, ChannelReduction to) {
    choice(reduction, reductions, text, key, tip, [to](OrdersSettings& s) { s.reduction = to; },
           [to](const OrdersSettings& s) { return s.reduction == to; });
  };
  reduce(tr("Mean of absolute values"), tr("Ctrl+1"), tr("mean |·| over channels"), ChannelReduction::MeanAbs);
  reduce(tr("Mean"), tr("Ctrl+2"), tr("Signed mean over channels"), ChannelReduction::Mean);
  reduce(tr("L2 norm"), tr("Ctrl+3"), tr("Root of the sum of squares over channels"), ChannelReduction::L2);
  choice(menu, nullptr, tr("&Shared scale per row"), tr("S"), tr("One colour scale for all maps of a row"),
         [](OrdersSettings& s) { s.scale = s.scale == ScaleMode::Shared ? ScaleMode::PerMap : ScaleMode::Shared; },
         [](const OrdersSettings& s) { return s.scale == ScaleMode::Shared; });
  choice(menu, nullptr, tr("&Interpolate"), tr("I"), tr("Interpolate between the cells of a map"),
         [](OrdersSettings& s) { s.style.interpolate = !s.style.interpolate; },
         [](const OrdersSettings& s) { return s.style.interpolate; });
  constexpr double kOpacityStep = 0.1;
  add_action(menu, tr("More &opaque"), tr("+"), tr("Less of the photo"), [change] {
    change([](OrdersSettings& s) { s.style.opacity = std::min(1.0, s.style.opacity + kOpacityStep); });
  });
  add_action(menu, tr("More &transparent"), tr("-"), tr("More of the photo"), [change] {
    change([](OrdersSettings& s) { s.style.opacity = std::max(0.0, s.style.opacity - kOpacityStep); });
  });
  menu->addSeparator();
  add_action(
      menu, tr("&Dark or light"), tr("Ctrl+Shift+L"), tr("Switch the theme"),
      [this] { set_theme(theme_ == ThemeKind::Dark ? ThemeKind::Light : ThemeKind::Dark); }, QStringLiteral("theme"));
  menu->addSeparator();
  for (QAction* action : panel_actions_) menu->addAction(action);

  const auto show_checks = [this, checks] {
    for (const auto& [action, is_on] : checks) action->setChecked(is_on(orders_->settings()));
  };
  connect(orders_, &OrdersPage::settings_changed, this, show_checks);
  show_checks();
}

void MainWindow::make_go_menu() {
  QMenu* menu = menuBar()->addMenu(tr("&Go"));
  add_action(menu, tr("&Previous block"), tr("Alt+Left"), tr("To the block before"),
             [this] { session_->select_block(session_->block() - 1); }, QStringLiteral("previous"));
  add_action(menu, tr("&Next block"), tr("Alt+Right"), tr("To the block after"),
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

void MainWindow::make_help_menu() {
  QMenu* menu = menuBar()->addMenu(tr("&Help"));
  add_action(menu, tr("&About OrderScope"), {}, tr("Version and licence"), [this] { show_about(); });
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

void MainWindow::show_problem(const QString& text) { orders_->banner()->show_message(text); }

void MainWindow::export_plate() {
  if (!session_->result()) return show_problem(tr("There are no maps to export yet"));
  const QString path = QFileDialog::getSaveFileName(this, tr("Export plate"), QStringLiteral("orders.pdf"),
                                                    tr("PDF (*.pdf);;SVG (*.svg);;PNG, 300 dpi (*.png)"));
  if (path.isEmpty()) return;
  if (const auto written = write_plate(orders_plate(snapshot()), path); !written)
    return show_problem(QString::fromStdString(written.error().message()));
  network_->jobs()->add_done(tr("plate written to %1").arg(path));
}

void MainWindow::export_session_folder() {
  if (!session_->result()) return show_problem(tr("There are no maps to export yet"));
  const QString folder = QFileDialog::getExistingDirectory(this, tr("Export session to a folder"));
  if (folder.isEmpty()) return;
  if (const auto written = export_orders(snapshot(), folder.toStdString()); !written)
    return show_problem(QString::fromStdString(written.error().message()));
  network_->jobs()->add_done(tr("session written to %1").arg(folder));
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
  apply_theme(*qApp, theme);
}

void MainWindow::show_about() {
  QMessageBox::about(this, tr("About OrderScope"),
                     tr("<b>%1</b><p>What happens inside HorNet, Swin and ConvNeXt: every order of a gnConv, class "
                        "activation maps, and what a decision rested on.</p><p>GPL-3.0-or-later. gnConv: Rao et al., "
                        "NeurIPS 2022; Grad-CAM: Selvaraju et al., ICCV 2017.</p>")
                         .arg(QString::fromStdString(version_text())));
}

}  // namespace orderscope
