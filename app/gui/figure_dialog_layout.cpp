// SPDX-License-Identifier: GPL-3.0-or-later
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/gui/figure_dialog.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

QToolButton* tool_button(const QString& text, const QString& tip, QWidget* parent) {
  auto* button = new QToolButton(parent);
  button->setText(text);
  button->setToolTip(tip);
  button->setAccessibleName(tip);
  return button;
}

}  // namespace

QWidget* FigureDialog::make_panel_side() {
  auto* side = new QWidget(this);
  side->setFixedWidth(320);
  auto* layout = new QVBoxLayout(side);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(2 * kStep);
  layout->addWidget(make_heading(tr("Panels"), side));
  list_ = new QListWidget(side);
  list_->setSpacing(2);
  list_->setDragDropMode(QAbstractItemView::InternalMove);
  list_->setAccessibleName(tr("Panels of the figure"));
  list_->setToolTip(tr("Ticked panels are in the figure; drag to order them"));
  layout->addWidget(list_, 1);

  auto* buttons = new QHBoxLayout();
  auto* add = new QPushButton(tr("Add what the page shows"), side);
  add->setToolTip(tr("Add the view of the page in front as a panel"));
  auto* up = tool_button(QStringLiteral("↑"), tr("Move the panel up"), side);
  auto* down = tool_button(QStringLiteral("↓"), tr("Move the panel down"), side);
  auto* remove = tool_button(QStringLiteral("✕"), tr("Take the panel out"), side);
  buttons->addWidget(add, 1);
  for (QToolButton* button : {up, down, remove}) buttons->addWidget(button);
  layout->addLayout(buttons);

  auto* form = new QFormLayout();
  form->setSpacing(2 * kStep);
  panel_title_ = new QLineEdit(side);
  panel_title_->setPlaceholderText(tr("as computed"));
  panel_width_ = new QComboBox(side);
  for (const auto& [text, width] :
       {std::pair{tr("whole width"), 1.0}, {tr("two thirds"), 2.0 / 3}, {tr("half"), 0.5}, {tr("a third"), 1.0 / 3}})
    panel_width_->addItem(text, width);
  form->addRow(tr("Panel's title"), panel_title_);
  form->addRow(tr("Panel's width"), panel_width_);
  layout->addLayout(form);

  connect(add, &QPushButton::clicked, this, &FigureDialog::add_requested);
  connect(up, &QToolButton::clicked, this, [this] { move_panel(-1); });
  connect(down, &QToolButton::clicked, this, [this] { move_panel(1); });
  connect(remove, &QToolButton::clicked, this, [this] {
    if (const int row = chosen(); row >= 0) delete list_->takeItem(row);
    read_list();
  });
  connect(list_, &QListWidget::itemChanged, this, &FigureDialog::read_list);
  connect(list_->model(), &QAbstractItemModel::rowsMoved, this, &FigureDialog::read_list);
  connect(list_, &QListWidget::currentRowChanged, this, &FigureDialog::show_fields);
  connect(panel_title_, &QLineEdit::textEdited, this, [this](const QString& text) {
    edit_panel([&](FigurePanelPlan& panel) { panel.title = text.toStdString(); });
  });
  connect(panel_width_, &QComboBox::activated, this, [this] {
    edit_panel([&](FigurePanelPlan& panel) { panel.width = panel_width_->currentData().toDouble(); });
  });
  return side;
}

QWidget* FigureDialog::make_figure_side() {
  auto* side = new QWidget(this);
  side->setFixedWidth(320);
  auto* form = new QFormLayout(side);
  form->setContentsMargins(0, 0, 0, 0);
  form->setSpacing(2 * kStep);
  form->addRow(make_heading(tr("Figure"), side));
  title_ = new QLineEdit(side);
  subtitle_ = new QLineEdit(side);
  title_->setPlaceholderText(tr("that of its panels, where they agree"));
  preset_ = new QComboBox(side);
  for (const FigurePreset& preset : kFigurePresets) preset_->addItem(tr(preset.name), preset.width_mm);
  preset_->addItem(tr("Other width"));
  width_ = new QDoubleSpinBox(side);
  width_->setRange(kLeastFigureWidth, kLargestFigureWidth);
  width_->setDecimals(1);
  width_->setSuffix(tr(" mm"));
  font_ = new QDoubleSpinBox(side);
  font_->setRange(4, 24);
  font_->setDecimals(1);
  font_->setSingleStep(0.5);
  font_->setSuffix(tr(" pt"));
  dpi_ = new QSpinBox(side);
  dpi_->setRange(30, 2400);
  dpi_->setSingleStep(50);
  dpi_->setSuffix(tr(" dpi"));
  letters_ = new QCheckBox(tr("Panel letters"), side);
  scale_bar_ = new QCheckBox(tr("Scale bar in pixels of the input"), side);
  sources_ = new QCheckBox(tr("Say under it where it comes from"), side);
  form->addRow(tr("Title"), title_);
  form->addRow(tr("Subtitle"), subtitle_);
  form->addRow(tr("Size"), preset_);
  form->addRow(tr("Width"), width_);
  form->addRow(tr("Text"), font_);
  form->addRow(tr("PNG"), dpi_);
  for (QCheckBox* box : {letters_, scale_bar_, sources_}) form->addRow(box);

  connect(preset_, &QComboBox::activated, this, [this] {
    if (preset_->currentData().isValid()) width_->setValue(preset_->currentData().toDouble());
  });
  for (QLineEdit* line : {title_, subtitle_}) connect(line, &QLineEdit::textEdited, this, &FigureDialog::read_fields);
  for (QDoubleSpinBox* box : {width_, font_})
    connect(box, &QDoubleSpinBox::valueChanged, this, &FigureDialog::read_fields);
  connect(dpi_, &QSpinBox::valueChanged, this, &FigureDialog::read_fields);
  for (QCheckBox* box : {letters_, scale_bar_, sources_})
    connect(box, &QCheckBox::toggled, this, &FigureDialog::read_fields);
  return side;
}

QWidget* FigureDialog::make_export_row() {
  auto* row = new QWidget(this);
  auto* layout = new QHBoxLayout(row);
  layout->setContentsMargins(0, 0, 0, 0);
  status_ = new QLabel(row);
  status_->setForegroundRole(QPalette::PlaceholderText);
  status_->setWordWrap(true);
  data_ = new QCheckBox(tr("Numbers beside it"), row);
  data_->setToolTip(tr("Also write the maps as .npy, plots and tables as .csv, and a JSON that lists them"));
  data_->setChecked(true);
  export_ = new QPushButton(tr("Export…"), row);
  export_->setToolTip(tr("Write the figure as PDF, SVG or PNG"));
  export_->setDefault(true);
  auto* close = new QPushButton(tr("Close"), row);
  layout->addWidget(status_, 1);
  layout->addWidget(data_);
  layout->addWidget(export_);
  layout->addWidget(close);
  connect(export_, &QPushButton::clicked, this, &FigureDialog::choose_file);
  connect(close, &QPushButton::clicked, this, &QDialog::close);
  return row;
}

}  // namespace orderscope
