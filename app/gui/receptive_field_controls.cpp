// SPDX-License-Identifier: GPL-3.0-or-later
// What the receptive field page is steered by: its two lines of controls, its menus and its tour.
#include <QAbstractItemView>
#include <QActionGroup>
#include <QComboBox>
#include <QCompleter>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QProgressBar>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>
#include <algorithm>

#include "app/gui/actions.h"
#include "app/gui/page_controls.h"
#include "app/gui/receptive_field_grid.h"
#include "app/gui/receptive_field_page.h"
#include "app/gui/receptive_field_table.h"
#include "app/gui/receptive_field_work.h"
#include "app/gui/session.h"
#include "core/analysis/erf_protocol.h"
#include "core/run/compared_model.h"
#include "core/run/dense_inspection.h"
#include "widgets/curve_plot.h"
#include "widgets/flow_layout.h"
#include "widgets/map_grid.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr int kSizes[] = {128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024};
constexpr int kResamplings[] = {0, 200, 1000, 10000};
constexpr double kLayerScales[] = {1e-6, 1};

/// An entry that says whether something is so.
QAction* add_choice(QMenu& menu, const QString& text, const QString& tool_tip, bool checked,
                    std::function<void(bool)> chosen) {
  QAction* action = menu.addAction(text);
  action->setToolTip(tool_tip);
  action->setCheckable(true);
  action->setChecked(checked);
  QObject::connect(action, &QAction::triggered, action, std::move(chosen));
  return action;
}

int most_stages(const Session& session) {
  std::size_t stages = 0;
  for (const ModelSource& source : session.models())
    if (source.model) stages = std::max(stages, last_blocks(*source.model).size());
  constexpr std::size_t kUsual = 4;
  return static_cast<int>(stages == 0 ? kUsual : stages);
}

}  // namespace

QWidget* ReceptiveFieldPage::make_status() {
  auto* line = new QWidget(this);
  auto* layout = new QHBoxLayout(line);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(2 * kStep);
  auto* title = new QLabel(tr("effective receptive field"), line);
  title->setFont(title_font(title->font()));
  status_ = new QLabel(line);
  status_->setForegroundRole(QPalette::PlaceholderText);
  status_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  status_->setAccessibleName(tr("State of the measurement"));
  progress_ = new QProgressBar(line);
  progress_->setRange(0, 1000);
  progress_->setTextVisible(false);
  progress_->setFixedWidth(160);
  progress_->setAccessibleName(tr("Progress over all models and images"));
  run_ = make_button(line, tr("Compute"), tr("Measure, pause, or go on after a pause (Ctrl+Return)"));
  layout->addWidget(title);
  layout->addWidget(status_, 1);
  layout->addWidget(progress_);
  options_ = make_menu_button(line, tr("Options"), tr("Random weights, orders, outlines, intervals"));
  layout->addWidget(options_);
  layout->addWidget(run_);
  return line;
}

QWidget* ReceptiveFieldPage::make_controls() {
  auto* line = new QWidget(this);
  auto* layout = new FlowLayout(line);
  models_ = make_menu_button(line, tr("Models"), tr("Which of the open models are measured"));
  protocol_ =
      make_box(line, tr("Protocol"), tr("Whose rules (P); numbers of different protocols must not be compared"));
  for (const ErfProtocol& protocol : erf_protocols()) {
    protocol_->addItem(QString::fromStdString(protocol.title), QString::fromStdString(protocol.id));
    protocol_->setItemData(protocol_->count() - 1, QString::fromStdString(protocol.citation), Qt::ToolTipRole);
  }
  layer_ = make_box(line, tr("Layer"),
                    tr("Whose unit in the middle is looked at: the last block, that of a stage (L), or the name of a "
                       "tap, typed"));
  layer_->setEditable(true);
  layer_->setInsertPolicy(QComboBox::NoInsert);
  layer_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  layer_->setMinimumContentsLength(7);
  layer_->lineEdit()->setAccessibleName(tr("Layer"));
  size_ =
      make_box(line, tr("Size of the images"),
               tr("Side of the images in pixels. A Swin takes its own size only; the published numbers are those of "
                  "the protocol's."));
  size_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  size_->setMinimumContentsLength(8);
  pictures_ = make_menu_button(line, tr("Pictures"), tr("What the field is a mean over"));
  count_ = new QSpinBox(line);
  count_->setRange(0, 1000000);
  count_->setAccessibleName(tr("Number of images"));
  count_->setToolTip(tr("How many images at most; those that were done stay when there are to be more"));
  count_->setKeyboardTracking(false);
  quantity_ =
      make_box(line, tr("What the maps show"),
               tr("The map that the areas are measured on, decades below its largest value, or the raw mean (Q)"));
  quantity_->addItem(tr("as measured"));
  quantity_->addItem(tr("decades"));
  quantity_->addItem(tr("raw mean"));
  for (QWidget* control :
       std::initializer_list<QWidget*>{models_, protocol_, layer_, size_, pictures_, count_, quantity_})
    layout->addWidget(control);

  connect(protocol_, qOverload<int>(&QComboBox::activated), this, [this] {
    change([&](ReceptiveFieldSettings& s) { s.plan.protocol = protocol_->currentData().toString().toStdString(); });
  });
  connect(layer_, &QComboBox::textActivated, this, &ReceptiveFieldPage::choose_layer);
  connect(layer_->lineEdit(), &QLineEdit::editingFinished, this, [this] { choose_layer(layer_->currentText()); });
  connect(size_, qOverload<int>(&QComboBox::activated), this,
          [this] { change([&](ReceptiveFieldSettings& s) { s.plan.size = size_->currentData().toInt(); }); });
  connect(count_, qOverload<int>(&QSpinBox::valueChanged), this,
          [this](int value) { change([&](ReceptiveFieldSettings& s) { s.plan.count = value; }); });
  connect(quantity_, qOverload<int>(&QComboBox::activated), this, [this](int index) {
    change([&](ReceptiveFieldSettings& s) { s.quantity = static_cast<FieldQuantity>(index); });
  });
  connect(models_->menu(), &QMenu::aboutToShow, this, &ReceptiveFieldPage::show_models_menu);
  connect(pictures_->menu(), &QMenu::aboutToShow, this, &ReceptiveFieldPage::show_pictures_menu);
  connect(options_->menu(), &QMenu::aboutToShow, this, &ReceptiveFieldPage::show_options_menu);
  return line;
}

void ReceptiveFieldPage::choose_layer(const QString& text) {
  const int index = layer_->findText(text.trimmed());
  const QString layer = index >= 0 ? layer_->itemData(index).toString() : text.trimmed();
  change([&](ReceptiveFieldSettings& s) { s.plan.layer = layer.isEmpty() ? "last" : layer.toStdString(); });
}

void ReceptiveFieldPage::show_controls() {
  const QSignalBlocker blocked[] = {QSignalBlocker(protocol_),
                                    QSignalBlocker(layer_),
                                    QSignalBlocker(size_),
                                    QSignalBlocker(count_),
                                    QSignalBlocker(quantity_),
                                    QSignalBlocker(log_),
                                    QSignalBlocker(profile_quantity_),
                                    QSignalBlocker(layer_->lineEdit())};
  const FieldPlan& plan = settings_.plan;
  models_->setText(models_text(work_->columns().size(), session().models().size()));
  models_->setEnabled(!session().models().empty());
  protocol_->setCurrentIndex(protocol_->findData(QString::fromStdString(plan.protocol)));

  QStringList names{tr("last block")}, layers{QStringLiteral("last")};
  for (int i = 1; i <= most_stages(session()); ++i) {
    names << tr("stage %1").arg(i);
    layers << QStringLiteral("stage %1").arg(i);
  }
  for (const ModelSource& source : session().models())
    for (const std::string& level : source.model ? level_taps(*source.model) : std::vector<std::string>())
      if (const QString tap = QString::fromStdString(level); !layers.contains(tap)) {
        names << tap;
        layers << tap;
      }
  if (layer_->count() != layers.size() || layer_->itemData(layer_->count() - 1).toString() != layers.back()) {
    layer_->clear();
    for (qsizetype i = 0; i < layers.size(); ++i) layer_->addItem(names[i], layers[i]);
  }
  const int layer = layer_->findData(QString::fromStdString(plan.layer));
  layer_->setCurrentIndex(layer);
  if (layer < 0) layer_->setEditText(QString::fromStdString(plan.layer));
  layer_->lineEdit()->setCursorPosition(0);  // of a long name its beginning is seen

  FieldPlan published = plan;
  published.size = FieldPlan::kPublishedSize;
  size_->clear();
  size_->addItem(tr("own size"), FieldPlan::kOwnSize);
  size_->addItem(size_text(published), FieldPlan::kPublishedSize);
  for (const int size : kSizes) size_->addItem(tr("%1 px").arg(size), size);
  if (size_->findData(plan.size) < 0) size_->addItem(tr("%1 px").arg(plan.size), plan.size);
  size_->setCurrentIndex(size_->findData(plan.size));
  size_->view()->setMinimumWidth(size_->view()->sizeHintForColumn(0) + 4 * kStep);

  const auto protocol = erf_protocol(plan.protocol);
  pictures_->setText(settings_.folder.empty() ? tr("open images") : file_name(std::filesystem::path(settings_.folder)));
  count_->setSpecialValueText(tr("up to %1").arg(protocol ? protocol->images : 0));
  count_->setValue(static_cast<int>(plan.count));
  quantity_->setCurrentIndex(static_cast<int>(settings_.quantity));
  profile_quantity_->setCurrentIndex(settings_.by_mass ? 1 : 0);
  log_->setChecked(settings_.log_profile);
  log_->setEnabled(!settings_.by_mass);
}

void ReceptiveFieldPage::show_models_menu() {
  fill_models_menu(*models_->menu(), session(), settings_.left_out, [this](const std::set<std::string>& left_out) {
    change([&](ReceptiveFieldSettings& s) { s.left_out = left_out; });
  });
}

void ReceptiveFieldPage::show_pictures_menu() {
  QMenu* menu = pictures_->menu();
  menu->clear();
  add_choice(*menu, tr("Images of the session"), tr("All that are open"), settings_.folder.empty(),
             [this](bool) { change([](ReceptiveFieldSettings& s) { s.folder.clear(); }); });
  if (!settings_.folder.empty())
    add_choice(*menu, file_name(std::filesystem::path(settings_.folder)), QString::fromStdString(settings_.folder),
               true, [](bool) {});
  menu->addAction(tr("A folder…"), this, &ReceptiveFieldPage::choose_folder);
}

void ReceptiveFieldPage::choose_folder() {
  const QString folder = QFileDialog::getExistingDirectory(this, tr("Folder of images"));
  if (!folder.isEmpty()) change([&](ReceptiveFieldSettings& s) { s.folder = folder.toStdString(); });
}

void ReceptiveFieldPage::show_options_menu() {
  QMenu* menu = options_->menu();
  menu->clear();
  qDeleteAll(menu->findChildren<QMenu*>(QString(), Qt::FindDirectChildrenOnly));
  add_choice(*menu, tr("Random weights"), tr("Also the same architectures with random weights (R)"), settings_.control,
             [this](bool on) { change([&](ReceptiveFieldSettings& s) { s.control = on; }); });
  add_choice(*menu, tr("By order"), tr("HorNet: also how far each order of the gnConvs reaches by itself (B)"),
             settings_.plan.by_order,
             [this](bool on) { change([&](ReceptiveFieldSettings& s) { s.plan.by_order = on; }); });
  add_choice(*menu, tr("One colour scale"), tr("The same colours mean the same in all maps that are compared (S)"),
             settings_.shared_scale,
             [this](bool on) { change([&](ReceptiveFieldSettings& s) { s.shared_scale = on; }); });
  menu->addSection(tr("Outlines"));
  const std::pair<FieldOutline, QString> outlines[] = {{FieldOutline::Squares, tr("Squares of the area ratios")},
                                                       {FieldOutline::Levels, tr("Level lines around the same shares")},
                                                       {FieldOutline::None, tr("None")}};
  for (const auto& [outline, text] : outlines)
    add_choice(*menu, text, tr("What is drawn over the maps at 20, 30, 50 and 99 % (C)"), settings_.outline == outline,
               [this, outline = outline](bool) { change([&](ReceptiveFieldSettings& s) { s.outline = outline; }); });
  menu->addSeparator();
  QMenu* resamplings = menu->addMenu(tr("Intervals"));
  for (const int count : kResamplings)
    add_choice(*resamplings, count == 0 ? tr("None") : tr("%1 resamplings").arg(count),
               tr("95 % intervals of the area ratios: a bootstrap over images"), settings_.plan.bootstrap == count,
               [this, count](bool) { change([&](ReceptiveFieldSettings& s) { s.plan.bootstrap = count; }); });
  QMenu* scales = menu->addMenu(tr("Layer scale of random weights"));
  for (const double scale : kLayerScales)
    add_choice(*scales, scale < 1 ? tr("1e-6, as training starts") : tr("1, so that blocks count fully"),
               tr("With 1e-6 the blocks hardly count, and the field is that of stem and downsampling"),
               settings_.plan.control_layer_scale == scale,
               [this, scale](bool) { change([&](ReceptiveFieldSettings& s) { s.plan.control_layer_scale = scale; }); });
  QAction* seed = menu->addAction(tr("Seed %1…").arg(settings_.plan.seed), this, [this] {
    bool chosen = false;
    const int value = QInputDialog::getInt(this, tr("Seed"), tr("Seed of everything random:"),
                                           static_cast<int>(settings_.plan.seed), 0, 2147483647, 1, &chosen);
    if (chosen) change([&](ReceptiveFieldSettings& s) { s.plan.seed = static_cast<std::uint64_t>(value); });
  });
  seed->setToolTip(tr("Of the drawn images, the random weights and the resampling"));
  QMenu* drawing = make_style_menu(settings_.style, menu, [this](const MapStyle& style) {
    change([&](ReceptiveFieldSettings& s) { s.style = style; });
  });
  drawing->setTitle(tr("Drawing"));
  menu->addMenu(drawing);
}

void ReceptiveFieldPage::fill_menu(QMenu& menu) {
  using Settings = ReceptiveFieldSettings;
  const auto turn = [this](auto member, int count) {
    return [this, member, count] {
      change([&](Settings& s) {
        s.*member = static_cast<std::decay_t<decltype(s.*member)>>((static_cast<int>(s.*member) + 1) % count);
      });
    };
  };
  const auto flip = [this](bool Settings::*member) {
    return [this, member] { change([&](Settings& s) { s.*member = !(s.*member); }); };
  };
  add_action(menu, tr("&Compute, pause or go on"), tr("Ctrl+Return"), tr("Measure, pause, or go on after a pause"),
             [this] { run_or_pause(); });
  add_action(menu, tr("Measure a&gain"), tr("Ctrl+Shift+Return"), tr("From the first image"),
             [this] { work_->start_over(); });
  add_action(menu, tr("Next &protocol"), tr("P"), tr("Whose rules"), [this] {
    const int next = (protocol_->currentIndex() + 1) % protocol_->count();
    change([&](Settings& s) { s.plan.protocol = protocol_->itemData(next).toString().toStdString(); });
  });
  add_action(menu, tr("Next &layer"), tr("L"), tr("The last block, then stage by stage"), [this] {
    const int next = (layer_->currentIndex() + 1) % layer_->count();
    change([&](Settings& s) { s.plan.layer = layer_->itemData(next).toString().toStdString(); });
  });
  add_action(menu, tr("Images of a &folder…"), tr("Ctrl+Shift+F"), tr("Measure over the pictures of a folder"),
             [this] { choose_folder(); });
  add_action(menu, tr("Next &quantity"), tr("Q"), tr("As measured, in decades, or the raw mean"),
             turn(&Settings::quantity, 3));
  add_action(menu, tr("Next &outlines"), tr("C"), tr("Squares, level lines, or none"), turn(&Settings::outline, 3));
  add_action(menu, tr("&Random weights"), tr("R"), tr("Also the same architectures with random weights"),
             flip(&Settings::control));
  add_action(menu, tr("&By order"), tr("B"), tr("HorNet: also how far each order of the gnConvs reaches by itself"),
             [this] { change([](Settings& s) { s.plan.by_order = !s.plan.by_order; }); });
  add_action(menu, tr("One colour &scale"), tr("S"), tr("The same colours mean the same in all maps that are compared"),
             flip(&Settings::shared_scale));
  add_action(menu, tr("&Interpolate"), tr("I"), tr("Interpolate between the pixels of a map"),
             [this] { change([](Settings& s) { s.style.interpolate = !s.style.interpolate; }); });
  add_action(menu, tr("Share &within a radius"), tr("M"), tr("The profile as a mean over circles, or summed up"),
             flip(&Settings::by_mass));
  add_action(menu, tr("Logarithmic profil&e"), tr("Y"), tr("Logarithmic or linear axis of the radial profile"),
             flip(&Settings::log_profile));
  add_action(menu, tr("Copy the &table"), tr("Ctrl+Alt+C"), tr("Area ratios and intervals, with tabs between columns"),
             [this] { table_->copy(); });
}

std::vector<TourStep> ReceptiveFieldPage::tour() const {
  return {
      {grid_, tr("How far a unit sees"),
       tr("The gradient of the unit in the middle, averaged over the images, a column a model. The mean grows while "
          "you watch. Below: the same architecture with random weights.")},
      {protocol_, tr("Numbers need a protocol"),
       tr("Published area ratios follow different rules; take one and keep to it. Layer, size and number of images "
          "stand beside it.")},
      {run_, tr("Pause and go on"), tr("What was measured is kept: a pause costs nothing.")},
      {profile_, tr("How it falls off"),
       tr("The mean over circles around the unit, all models over each other; dashed with random weights.")},
      {table_, tr("How much area it takes"),
       tr("The smallest centred square that holds a share of the field, with a 95 % interval over images.")}};
}

}  // namespace orderscope
