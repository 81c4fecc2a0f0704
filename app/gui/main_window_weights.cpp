// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/main_window.h"
#include "app/gui/weights_dialog.h"
#include "core/weights/folder.h"

namespace orderscope {

void MainWindow::show_weights() {
  if (!weights_) {
    const auto folder = weights_folder();
    if (!folder) return show_problem(QString::fromStdString(folder.error().message()));
    weights_ = new WeightsDialog(published_weights(), *folder, {}, this);
    connect(weights_, &WeightsDialog::open_requested, this,
            [this](const std::filesystem::path& file) { add_files({file}); });
  }
  weights_->show();
  weights_->raise();
  weights_->activateWindow();
}

}  // namespace orderscope
