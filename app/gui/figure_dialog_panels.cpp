// SPDX-License-Identifier: GPL-3.0-or-later
// The list of panels and the fields of the figure: what is written there is the plan.
#include <QCheckBox>
#include <QComboBox>
#include <QCoreApplication>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QListWidget>
#include <QSignalBlocker>
#include <QSpinBox>
#include <algorithm>
#include <cmath>

#include "app/gui/figure_dialog.h"

namespace orderscope {
namespace {

/// "Orders · stages.2.3 · cat.jpg"
QString describe(const FigurePanelPlan& panel, const SessionFile& session) {
  QStringList parts;
  if (panel.view == "stored") {
    const auto words = panel.content.find("words");
    const bool titled =
        words != panel.content.end() && words->is_object() && words->contains("title") && (*words)["title"].is_string();
    parts << (titled ? QString::fromStdString((*words)["title"].get<std::string>())
                     : QCoreApplication::translate("FigureDialog", "numbers kept in the session"));
  } else {
    parts << QString::fromStdString(panel.view == "method" ? panel.method : panel.view);
  }
  if (!panel.block.empty()) parts << QString::fromStdString(panel.block);
  if (panel.image >= 0 && static_cast<std::size_t>(panel.image) < session.images.size())
    parts << QString::fromStdString(session.images[static_cast<std::size_t>(panel.image)].path.filename().string());
  return parts.join(QStringLiteral(" · "));
}

}  // namespace

int FigureDialog::chosen() const { return list_->currentRow(); }

void FigureDialog::fill_list() {
  const QSignalBlocker blocker(list_);
  const int row = chosen();
  list_->clear();
  for (std::size_t i = 0; i < session_.figure.panels.size(); ++i) {
    const FigurePanelPlan& panel = session_.figure.panels[i];
    const QString what = describe(panel, session_);
    auto* item = new QListWidgetItem(panel.title.empty() ? what : QString::fromStdString(panel.title), list_);
    item->setToolTip(what);
    item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable | Qt::ItemIsDragEnabled);
    item->setCheckState(panel.shown ? Qt::Checked : Qt::Unchecked);
    item->setData(Qt::UserRole, static_cast<int>(i));
  }
  if (list_->count() > 0) list_->setCurrentRow(std::clamp(row, 0, list_->count() - 1));
}

void FigureDialog::read_list() {
  std::vector<FigurePanelPlan> panels;
  // The list itself is left alone: this may be called from inside one of its items.
  const QSignalBlocker blocker(list_);
  for (int row = 0; row < list_->count(); ++row) {
    QListWidgetItem* item = list_->item(row);
    FigurePanelPlan panel = session_.figure.panels[item->data(Qt::UserRole).toUInt()];
    panel.shown = item->checkState() == Qt::Checked;
    panels.push_back(std::move(panel));
    item->setData(Qt::UserRole, row);
  }
  session_.figure.panels = std::move(panels);
  show_fields();
  Q_EMIT plan_changed();
  draw();
}

void FigureDialog::move_panel(int by) {
  const int row = chosen(), to = row + by;
  auto& panels = session_.figure.panels;
  if (row < 0 || to < 0 || to >= list_->count()) return;
  std::swap(panels[static_cast<std::size_t>(row)], panels[static_cast<std::size_t>(to)]);
  fill_list();
  list_->setCurrentRow(to);
  Q_EMIT plan_changed();
  draw();
}

void FigureDialog::edit_panel(const std::function<void(FigurePanelPlan&)>& edit) {
  const int row = chosen();
  if (row < 0 || filling_) return;
  edit(session_.figure.panels[static_cast<std::size_t>(row)]);
  fill_list();
  Q_EMIT plan_changed();
  draw();
}

void FigureDialog::show_fields() {
  filling_ = true;
  const FigurePlan& plan = session_.figure;
  const int row = chosen();
  const bool any = row >= 0 && static_cast<std::size_t>(row) < plan.panels.size();
  panel_title_->setEnabled(any);
  panel_width_->setEnabled(any);
  panel_title_->setText(any ? QString::fromStdString(plan.panels[static_cast<std::size_t>(row)].title) : QString());
  if (any) {
    int nearest = 0;
    const double width = plan.panels[static_cast<std::size_t>(row)].width;
    for (int i = 1; i < panel_width_->count(); ++i)
      if (std::abs(panel_width_->itemData(i).toDouble() - width) <
          std::abs(panel_width_->itemData(nearest).toDouble() - width))
        nearest = i;
    panel_width_->setCurrentIndex(nearest);
  }
  if (title_->text().toStdString() != plan.title) title_->setText(QString::fromStdString(plan.title));
  if (subtitle_->text().toStdString() != plan.subtitle) subtitle_->setText(QString::fromStdString(plan.subtitle));
  width_->setValue(plan.width_mm);
  font_->setValue(plan.font_pt);
  dpi_->setValue(plan.dpi);
  letters_->setChecked(plan.letters);
  scale_bar_->setChecked(plan.scale_bar);
  sources_->setChecked(plan.sources);
  const FigurePreset* preset = preset_of(plan.width_mm);
  preset_->setCurrentIndex(preset ? static_cast<int>(preset - kFigurePresets) : preset_->count() - 1);
  filling_ = false;
}

void FigureDialog::read_fields() {
  if (filling_) return;
  FigurePlan& plan = session_.figure;
  plan.title = title_->text().toStdString();
  plan.subtitle = subtitle_->text().toStdString();
  plan.width_mm = width_->value();
  plan.font_pt = font_->value();
  plan.dpi = dpi_->value();
  plan.letters = letters_->isChecked();
  plan.scale_bar = scale_bar_->isChecked();
  plan.sources = sources_->isChecked();
  show_fields();
  Q_EMIT plan_changed();
  show_preview();
}

}  // namespace orderscope
