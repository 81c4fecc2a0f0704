// SPDX-License-Identifier: GPL-3.0-or-later
#include <QActionGroup>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QMenu>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>
#include <algorithm>
#include <cmath>

#include "app/gui/actions.h"
#include "app/gui/compare_disagreement.h"
#include "app/gui/compare_grid.h"
#include "app/gui/compare_page.h"
#include "app/gui/compare_similarity.h"
#include "app/gui/compare_spectrum.h"
#include "app/gui/compare_work.h"
#include "app/gui/page_controls.h"
#include "app/gui/session.h"
#include "widgets/flow_layout.h"
#include "widgets/map_grid.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr int kClassesInMenu = 30;
constexpr double kScoreStep = 0.05;

}  // namespace

QWidget* ComparePage::make_header() {
  auto* header = new QWidget(this);
  auto* layout = new FlowLayout(header);
  title_ = new QLabel(header);
  title_->setFont(title_font(title_->font()));
  title_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
  back_ = make_button(header, tr("← all models"), tr("Back from the two layers to all models (Escape)"));
  rows_ = make_box(header, tr("Rows"), tr("What a row is: a stage of the network, or a quantity at one stage"));
  rows_->addItem(tr("rows: stages"));
  rows_->addItem(tr("rows: maps"));
  quantity_ = make_box(header, tr("Quantity"), tr("What the maps show"));
  for (const std::string& id : compare_quantities()) quantity_->addItem(quantity_title(id), QString::fromStdString(id));
  stage_ = make_box(header, tr("Stage"), tr("Whose last block the rows show"));
  class_ = make_box(header, tr("Class"), tr("The class that Grad-CAM and its kin explain, the same for all models"));
  class_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  class_->setMinimumContentsLength(10);
  scale_ = make_box(header, tr("Colour scale"), tr("Which maps share a colour scale"));
  scale_->addItem(tr("one scale"));
  scale_->addItem(tr("scale per row"));
  scale_->addItem(tr("scale per map"));
  least_score_ = new QDoubleSpinBox(header);
  least_score_->setRange(0, 1);
  least_score_->setSingleStep(kScoreStep);
  least_score_->setPrefix(tr("boxes from "));
  least_score_->setAccessibleName(tr("Least score of the boxes"));
  least_score_->setToolTip(tr("Detectors' boxes with a lower score are neither drawn nor compared (Ctrl+[, Ctrl+])"));
  least_score_->setKeyboardTracking(false);
  models_ = make_menu_button(header, tr("Models"), tr("Which of the open models are columns"));
  divide_ = make_button(header, tr("Divide"),
                        tr("Uncover one model's maps under another's: drag the divider (D, other models Shift+D)"));
  divide_->setCheckable(true);
  left_ = make_box(header, tr("Model left of the divider"), tr("Whose maps lie left of the divider (Shift+D)"));
  right_ = make_box(header, tr("Model right of the divider"), tr("Whose maps lie right of the divider (Shift+D)"));
  for (QComboBox* box : {left_, right_}) box->setIconSize({10, 10});
  drawing_ = make_menu_button(header, tr("Drawing"), tr("Colour maps, interpolation, contour lines"));
  opacity_ = make_opacity_slider(header, tr("Opacity of the maps over the photo"));
  layout->addWidget(title_);
  for (QWidget* control : std::initializer_list<QWidget*>{back_, models_, rows_, quantity_, stage_, class_, scale_,
                                                          least_score_, divide_, left_, right_, drawing_, opacity_})
    layout->addWidget(control);

  connect(back_, &QToolButton::clicked, this, [this] { change([](CompareSettings& s) { s.layers.reset(); }); });
  connect(rows_, qOverload<int>(&QComboBox::activated), this, [this](int index) {
    change([&](CompareSettings& s) { s.rows = index == 0 ? CompareRows::Stages : CompareRows::Maps; });
  });
  connect(quantity_, qOverload<int>(&QComboBox::activated), this, [this] {
    change([&](CompareSettings& s) { s.quantity = quantity_->currentData().toString().toStdString(); });
  });
  connect(stage_, qOverload<int>(&QComboBox::activated), this,
          [this](int index) { change([&](CompareSettings& s) { s.stage = index; }); });
  connect(class_, qOverload<int>(&QComboBox::activated), this, [this](int index) {
    change(
        [&](CompareSettings& s) { s.class_name = index == 0 ? "" : class_->itemData(index).toString().toStdString(); });
  });
  connect(scale_, qOverload<int>(&QComboBox::activated), this,
          [this](int index) { change([&](CompareSettings& s) { s.scale = static_cast<CompareScale>(index); }); });
  connect(least_score_, qOverload<double>(&QDoubleSpinBox::valueChanged), this,
          [this](double score) { change([&](CompareSettings& s) { s.least_score = score; }); });
  connect(divide_, &QToolButton::toggled, this,
          [this](bool on) { change([&](CompareSettings& s) { s.divide = on; }); });
  // The same model on both sides: the other side takes the one that this side had.
  connect(left_, qOverload<int>(&QComboBox::activated), this, [this](int index) {
    const auto [left, right] = divided_columns(*work_, settings_);
    divide_columns(index, index == right ? left : right);
  });
  connect(right_, qOverload<int>(&QComboBox::activated), this, [this](int index) {
    const auto [left, right] = divided_columns(*work_, settings_);
    divide_columns(index == left ? right : left, index);
  });
  connect(opacity_, &QSlider::valueChanged, this,
          [this](int value) { change([&](CompareSettings& s) { s.style.opacity = value / 100.0; }); });
  connect(models_->menu(), &QMenu::aboutToShow, this, &ComparePage::show_models_menu);
  return header;
}

void ComparePage::show_controls() {
  const QSignalBlocker blocked[] = {QSignalBlocker(least_score_), QSignalBlocker(rows_),  QSignalBlocker(quantity_),
                                    QSignalBlocker(stage_),       QSignalBlocker(scale_), QSignalBlocker(divide_),
                                    QSignalBlocker(opacity_)};
  const bool layers = settings_.layers && can_open(*work_, *settings_.layers);
  const bool stages = settings_.rows == CompareRows::Stages;
  title_->setText(layers ? tr("two layers") : stages ? tr("stage by stage") : tr("map by map"));
  back_->setVisible(layers);
  rows_->setVisible(!layers);
  rows_->setCurrentIndex(stages ? 0 : 1);
  quantity_->setVisible(!layers);
  quantity_->setCurrentIndex(std::max(quantity_->findData(QString::fromStdString(settings_.quantity)), 0));
  const int count = stage_count(work_->columns());
  if (stage_->count() != count) {
    stage_->clear();
    for (int i = 0; i < count; ++i) stage_->addItem(tr("stage %1").arg(i + 1));
  }
  stage_->setCurrentIndex(settings_.stage < 0 || settings_.stage >= count ? count - 1 : settings_.stage);
  stage_->setVisible(!layers && !stages);
  scale_->setCurrentIndex(static_cast<int>(settings_.scale));
  divide_->setChecked(settings_.divide);
  divide_->setEnabled(work_->columns().size() > 1);
  show_divided();
  opacity_->setValue(static_cast<int>(std::lround(settings_.style.opacity * 100)));
  least_score_->setValue(settings_.least_score);
  least_score_->setVisible(!layers && std::ranges::any_of(work_->columns(), [](const CompareColumn& column) {
    return column.model && column.model->is_detector();
  }));
  models_->setText(models_text(work_->columns().size(), session().models().size()));
  models_->setEnabled(!session().models().empty());
  replace_menu(*drawing_, make_style_menu(settings_.style, this, [this](const MapStyle& style) {
    change([&](CompareSettings& s) { s.style = style; });
  }));
}

void ComparePage::show_divided() {
  const auto& columns = work_->columns();
  const bool layers = settings_.layers && can_open(*work_, *settings_.layers);
  const bool choice = settings_.divide && !layers && columns.size() > 2;
  const auto [left, right] = divided_columns(*work_, settings_);
  for (const auto& [box, index] : {std::pair(left_, left), std::pair(right_, right)}) {
    const QSignalBlocker blocked(box);
    bool same = box->count() == static_cast<int>(columns.size());
    for (int i = 0; same && i < box->count(); ++i) same = box->itemText(i) == columns[static_cast<std::size_t>(i)].name;
    // An open list would close.
    if (!same) {
      box->clear();
      for (const CompareColumn& column : columns) box->addItem(color_dot(column.color), column.name);
    }
    box->setCurrentIndex(index < box->count() ? index : -1);
    box->setVisible(choice);
  }
}

void ComparePage::divide_columns(int left, int right) {
  const auto path = [&](int index) { return work_->columns()[static_cast<std::size_t>(index)].path.string(); };
  change([&](CompareSettings& s) {
    s.divide = true;
    s.divided = ComparePair{path(left), path(right)};
  });
}

void ComparePage::divide_next() {
  const int count = static_cast<int>(work_->columns().size());
  if (count < 2) return;
  const auto [a, b] = divided_columns(*work_, settings_);
  int left = std::min(a, b), right = std::max(a, b);
  if (settings_.divide && ++right == count) {
    left = left + 2 < count ? left + 1 : 0;
    right = left + 1;
  }
  divide_columns(left, right);
}

void ComparePage::show_models_menu() {
  fill_models_menu(*models_->menu(), session(), settings_.left_out, [this](const std::set<std::string>& left_out) {
    change([&](CompareSettings& s) { s.left_out = left_out; });
  });
}

void ComparePage::show_classes() {
  const ComparedModel* first = nullptr;
  for (const CompareColumn& column : work_->columns())
    if (column.compared && first == nullptr) first = column.compared.get();
  QStringList names{tr("class: most likely")}, texts = names;
  for (int i = 0; first && i < std::min(kClassesInMenu, static_cast<int>(first->scores().size())); ++i) {
    const ClassScore& score = first->scores()[static_cast<std::size_t>(i)];
    if (names.contains(QString::fromStdString(score.name))) continue;  // another box of the class
    names << QString::fromStdString(score.name);
    texts << QStringLiteral("%1   %2").arg(names.back()).arg(score.probability, 0, 'f', 3);
  }
  const QString wanted = QString::fromStdString(settings_.class_name);
  if (!wanted.isEmpty() && !names.contains(wanted)) {
    names << wanted;
    texts << wanted;
  }
  class_->setEnabled(first != nullptr);
  const QSignalBlocker blocked(class_);
  QStringList shown;
  for (int i = 0; i < class_->count(); ++i) shown << class_->itemText(i);
  if (shown != texts) {
    class_->clear();
    for (qsizetype i = 0; i < names.size(); ++i) class_->addItem(texts[i], names[i]);
  }
  class_->setCurrentIndex(wanted.isEmpty() ? 0 : static_cast<int>(names.indexOf(wanted)));
}

void ComparePage::fill_menu(QMenu& menu) {
  const auto stages = [this](CompareRows rows) { change([&](CompareSettings& s) { s.rows = rows; }); };
  add_action(menu, tr("Rows are &stages"), tr("Ctrl+1"), tr("A row a stage, one quantity"),
             [stages] { stages(CompareRows::Stages); });
  add_action(menu, tr("Rows are &maps"), tr("Ctrl+2"), tr("A row a quantity, one stage"),
             [stages] { stages(CompareRows::Maps); });
  add_action(menu, tr("Next &quantity"), tr("Q"), tr("The next kind of map"), [this] {
    const auto all = compare_quantities();
    const auto now = std::find(all.begin(), all.end(), settings_.quantity);
    const std::size_t next = now == all.end() ? 0 : static_cast<std::size_t>(now - all.begin() + 1) % all.size();
    change([&](CompareSettings& s) { s.quantity = all[next]; });
  });
  add_action(menu, tr("Next colour s&cale"), tr("S"), tr("One for all maps, one a row, one a map"), [this] {
    change([](CompareSettings& s) { s.scale = static_cast<CompareScale>((static_cast<int>(s.scale) + 1) % 3); });
  });
  add_action(menu, tr("&Divide two models"), tr("D"), tr("Uncover one model's maps under another's"),
             [this] { change([](CompareSettings& s) { s.divide = !s.divide; }); });
  add_action(menu, tr("Divide the next t&wo models"), tr("Shift+D"), tr("The divider goes on to another two models"),
             [this] { divide_next(); });
  add_action(menu, tr("&Interpolate"), tr("I"), tr("Interpolate between the cells of a map"),
             [this] { change([](CompareSettings& s) { s.style.interpolate = !s.style.interpolate; }); });
  add_action(menu, tr("C&ontour lines"), tr("C"), tr("Draw contour lines over the maps"),
             [this] { change([](CompareSettings& s) { s.style.contours = s.style.contours > 0 ? 0 : 3; }); });
  const auto step_score = [this](double step) {
    change([&](CompareSettings& s) {
      s.least_score = std::clamp(std::round((s.least_score + step) * 100) / 100, 0.0, 1.0);
    });
  };
  add_action(menu, tr("&Fewer boxes"), tr("Ctrl+]"), tr("Detectors' boxes from a higher score on"),
             [step_score] { step_score(kScoreStep); });
  add_action(menu, tr("&More boxes"), tr("Ctrl+["), tr("Detectors' boxes from a lower score on"),
             [step_score] { step_score(-kScoreStep); });
  add_action(menu, tr("&Back to all models"), tr("Backspace"), tr("Close the two layers that were opened"),
             [this] { change([](CompareSettings& s) { s.layers.reset(); }); });
  add_action(menu, tr("Compute C&KA"), tr("Ctrl+K"), tr("Compare the layers of two models over all images"),
             [this] { work_->start_similarity(); });
  add_action(menu, tr("Compute order &spectra"), tr("Ctrl+L"), tr("Of all mixers of all models"),
             [this] { work_->start_spectra(); });
}

std::vector<TourStep> ComparePage::tour() const {
  return {{grid_, tr("One photo, several backbones"),
           tr("A column a model. Cross hair, zoom and pan are linked through the photo's own pixels, so that models "
              "that crop or resize differently are compared at the same place. The wheel zooms, a drag moves.")},
          {quantity_, tr("What is compared"),
           tr("Activation energy, principal components in aligned colours, Grad-CAM of one class, attention from the "
              "pixel you click, or any other method.")},
          {similarity_, tr("Which layers are alike"),
           tr("CKA over the images that are open. A cell opens its two layers.")},
          {spectrum_, tr("How nonlinear the mixers are"),
           tr("What a polynomial of a degree leaves unexplained of each token mixer: the order spectrum.")},
          {disagreement_, tr("Where they disagree"),
           tr("The difference of the maps, their correlation, and what each model says.")}};
}

}  // namespace orderscope
