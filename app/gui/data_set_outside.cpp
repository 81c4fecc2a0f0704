// SPDX-License-Identifier: GPL-3.0-or-later
// A run may come from somebody else, and its store name any file. Rows and charts are read from the store alone; what
// would open models and pictures outside the run's folder is asked about first.
#include <QMessageBox>
#include <QPushButton>
#include <algorithm>

#include "app/gui/data_set_model.h"
#include "app/gui/data_set_page.h"
#include "app/gui/data_set_work.h"
#include "app/gui/session.h"

namespace orderscope {

void DataSetPage::open_row(int row) {
  const BatchRow* chosen = model_->row(row);
  const auto& run = work_->run();
  if (!chosen || !run) return;
  const std::filesystem::path model = run->models[static_cast<std::size_t>(chosen->model)].path;
  std::vector<std::filesystem::path> files{work_->file(*chosen)};
  const auto& open = session().models();
  const auto known = std::ranges::find(open, model, &ModelSource::path);
  if (known != open.end())
    session().select_model(static_cast<int>(known - open.begin()));
  else if (open.empty())
    files.push_back(model);
  open_files(files);
}

void DataSetPage::open_files(const std::vector<std::filesystem::path>& files) {
  QStringList outside;
  for (const auto& file : files)
    if (!work_->run()->scope.contains(file)) outside << QString::fromStdString(file.string());
  if (outside.isEmpty()) return session().add_files(files);
  ask_for_outside(outside.join('\n'), tr("Open"), [this, files] { session().add_files(files); });
}

void DataSetPage::ask_for_outside(const QString& named, const QString& go_on_text, const std::function<void()>& go_on) {
  auto* box = new QMessageBox(QMessageBox::Question, tr("Run over a data set"),
                              named.isEmpty() ? tr("This run was not begun here and may name files outside its folder.")
                                              : tr("This run was not begun here and names files outside its folder."),
                              QMessageBox::Cancel, this);
  box->setObjectName(QStringLiteral("outside"));
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->setInformativeText(
      (named.isEmpty() ? QString() : named + QStringLiteral("\n\n")) +
      tr("Go on only if you know where the run comes from. You will not be asked again about this one."));
  const QPushButton* yes = box->addButton(go_on_text, QMessageBox::AcceptRole);
  box->setDefaultButton(QMessageBox::Cancel);
  connect(box, &QMessageBox::buttonClicked, this, [this, yes, go_on, run = work_->run()](QAbstractButton* button) {
    // Another run may have been opened meanwhile.
    if (button != yes || !work_->run() || work_->run()->path != run->path) return;
    work_->allow_outside();
    go_on();
  });
  box->open();
}

}  // namespace orderscope
