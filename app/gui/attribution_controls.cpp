// SPDX-License-Identifier: GPL-3.0-or-later
// The controls of the attribution page: its header, menus and tour.
#include <QComboBox>
#include <QInputDialog>
#include <QLabel>
#include <QMenu>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>
#include <QWidgetAction>
#include <algorithm>
#include <cmath>

#include "app/gui/actions.h"
#include "app/gui/attribution_checks.h"
#include "app/gui/attribution_detail.h"
#include "app/gui/attribution_grid.h"
#include "app/gui/attribution_page.h"
#include "app/gui/page_controls.h"
#include "app/gui/session.h"
#include "core/run/compared_model.h"
#include "core/run/dense_inspection.h"
#include "widgets/elided_label.h"
#include "widgets/flow_layout.h"
#include "widgets/map_copy.h"
#include "widgets/map_grid.h"
#include "widgets/map_tile.h"
#include "widgets/score_list.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

/// A menu that holds the list of all classes; it opens with the keyboard in the search field.
QMenu* make_class_menu(QToolButton* button, ScoreList* list) {
  auto* menu = new QMenu(button);
  auto* action = new QWidgetAction(menu);
  list->setMinimumSize(300, 320);
  list->setContentsMargins(kStep, kStep, kStep, kStep);
  action->setDefaultWidget(list);
  menu->addAction(action);
  QObject::connect(menu, &QMenu::aboutToShow, list, &ScoreList::focus_search, Qt::QueuedConnection);
  QObject::connect(list, &ScoreList::class_chosen, menu, &QMenu::close);
  button->setMenu(menu);
  button->setPopupMode(QToolButton::InstantPopup);
  return menu;
}

}  // namespace

QWidget* AttributionPage::make_header() {
  auto* header = new QWidget(this);
  auto* layout = new FlowLayout(header);
  title_ = new ElidedLabel(QPalette::WindowText, header);
  title_->setFont(title_font(title_->font()));
  back_ = make_button(header, tr("← all maps"), tr("Back from the large map to all maps (Backspace)"));
  class_ = make_button(header, tr("Class"), tr("The class that is explained: type to search all of them (T)"));
  against_ = make_button(header, tr("against"),
                         tr("What speaks for the class rather than for another one: the difference of the logits (V)"));
  methods_ = make_menu_button(header, tr("Methods"), tr("Which methods are columns"));
  layers_ = make_menu_button(header, tr("Layers"), tr("Which layers are rows"));
  classes_ = new ScoreList;
  against_list_ = new ScoreList;
  make_class_menu(class_, classes_);
  QMenu* against = make_class_menu(against_, against_list_);
  QAction* none = new QAction(tr("No other class"), against);
  against->insertAction(against->actions().front(), none);
  scale_ = make_box(header, tr("Colour scale"),
                    tr("Which maps share a colour scale (S). Methods have units of their own: a shared scale compares "
                       "layers of one method"));
  scale_->addItems({tr("scale per map"), tr("scale per layer"), tr("one scale")});
  drawing_ = make_menu_button(header, tr("Drawing"), tr("Colour maps, interpolation, contour lines"));
  opacity_ = make_opacity_slider(header, tr("Opacity of the maps over the photo (+ and -)"));
  layout->addWidget(title_);
  for (QWidget* control :
       std::initializer_list<QWidget*>{back_, class_, against_, methods_, layers_, scale_, drawing_, opacity_})
    layout->addWidget(control);

  connect(back_, &QToolButton::clicked, this, [this] { change([](AttributionSettings& s) { s.large = false; }); });
  connect(classes_, &ScoreList::class_chosen, &session(), &Session::explain);
  connect(against_list_, &ScoreList::class_chosen, this, &AttributionPage::choose_against);
  connect(none, &QAction::triggered, this, [this] { choose_against(-1); });
  connect(methods_->menu(), &QMenu::aboutToShow, this, &AttributionPage::show_methods_menu);
  connect(layers_->menu(), &QMenu::aboutToShow, this, &AttributionPage::show_layers_menu);
  connect(scale_, qOverload<int>(&QComboBox::activated), this, [this](int index) {
    change([&](AttributionSettings& s) { s.scale = static_cast<AttributionScale>(index); });
  });
  connect(opacity_, &QSlider::valueChanged, this,
          [this](int value) { change([&](AttributionSettings& s) { s.style.opacity = value / 100.0; }); });
  return header;
}

void AttributionPage::choose_against(int class_index) {
  std::string name;
  if (shown_)
    for (const ClassScore& score : shown_->scores)
      if (score.index == class_index && class_index != work_->target().class_index) name = score.name;
  change([&](AttributionSettings& s) { s.against = name; });
}

void AttributionPage::show_controls() {
  const QSignalBlocker no_scale(scale_), no_opacity(opacity_);
  const auto known = model();
  title_->set_text(question());
  back_->setVisible(settings_.large && known);
  for (QWidget* control : std::initializer_list<QWidget*>{class_, methods_, layers_})
    control->setEnabled(known != nullptr);
  against_->setEnabled(known && known->is_classifier());
  against_->setVisible(!known || known->is_classifier());
  scale_->setCurrentIndex(static_cast<int>(settings_.scale));
  opacity_->setValue(static_cast<int>(std::lround(settings_.style.opacity * 100)));
  methods_->setText(tr("methods: %1").arg(chosen_methods(settings_).size()));
  if (known) layers_->setText(tr("layers: %1").arg(attribution_rows(*known, settings_).size()));
  show_scores();
  replace_menu(*drawing_, make_style_menu(settings_.style, this, [this](const MapStyle& style) {
    change([&](AttributionSettings& s) { s.style = style; });
  }));
}

void AttributionPage::show_scores() {
  const auto known = model();
  if (!known || !shown_) {
    class_->setText(tr("Class"));
    classes_->set_scores({});
    against_list_->set_scores({});
    return;
  }
  const AttributionTarget& target = work_->target();
  const auto short_name = [&](int index) {
    return fontMetrics().elidedText(QString::fromStdString(known->class_name(index)), Qt::ElideRight, 120);
  };
  QString probability;
  const int explained = known->is_detector() ? target.question.number.value_or(-1) : target.class_index;
  for (const ClassScore& score : shown_->scores)
    if (score.index == explained) probability = QStringLiteral(" %1").arg(score.probability, 0, 'f', 2);
  class_->setText(short_name(target.class_index) + probability);
  against_->setText(target.against ? tr("against %1").arg(short_name(*target.against)) : tr("against …"));
  for (ScoreList* list : {classes_, against_list_}) {
    // A list with a text in its search field is being used.
    if (list->property("of").value<quintptr>() != reinterpret_cast<quintptr>(shown_.get())) {
      list->set_scores(shown_->scores);
      list->setProperty("of", QVariant::fromValue(reinterpret_cast<quintptr>(shown_.get())));
    }
  }
  classes_->set_chosen(explained);
  against_list_->set_chosen(target.against.value_or(-1));
}

void AttributionPage::toggle(std::vector<std::string> AttributionSettings::*list, const std::string& name, bool on) {
  change([&](AttributionSettings& s) {
    auto& names = s.*list;
    std::erase(names, name);
    if (on) names.push_back(name);
  });
}

void AttributionPage::show_methods_menu() {
  QMenu* menu = methods_->menu();
  menu->clear();
  bool with_layer = true;
  for (const bool layered : {true, false})
    for (const MethodDescriptor* method : attribution_methods()) {
      if ((layer_parameter(*method) != nullptr) != layered) continue;
      if (layered != with_layer) menu->addSeparator();
      with_layer = layered;
      QAction* action = menu->addAction(QString::fromStdString(method->title));
      action->setCheckable(true);
      action->setChecked(std::ranges::find(settings_.methods, method->id) != settings_.methods.end());
      action->setToolTip(QString::fromStdString(method->citation));
      if (model() && !explains(*method, *model())) {
        action->setEnabled(false);
        action->setToolTip(tr("Explains classifiers only"));
      }
      connect(action, &QAction::toggled, this,
              [this, id = method->id](bool on) { toggle(&AttributionSettings::methods, id, on); });
    }
}

void AttributionPage::show_layers_menu() {
  QMenu* menu = layers_->menu();
  menu->clear();
  const auto known = model();
  if (!known) return;
  const auto add = [&](QMenu* to, const std::string& name, const QString& text) {
    QAction* action = to->addAction(text);
    action->setCheckable(true);
    action->setChecked(std::ranges::find(settings_.layers, name) != settings_.layers.end());
    connect(action, &QAction::toggled, this, [this, name](bool on) { toggle(&AttributionSettings::layers, name, on); });
  };
  const auto stages = static_cast<int>(last_blocks(*known).size());
  for (int stage = 1; stage <= stages; ++stage) {
    const std::string name = "stage." + std::to_string(stage);
    add(menu, name, tr("Stage %1: %2").arg(stage).arg(QString::fromStdString(tap_named(*known, name))));
  }
  if (const auto levels = level_taps(*known); !levels.empty()) {
    add(menu, "levels", tr("All levels of the pyramid"));
    QMenu* each = menu->addMenu(tr("Levels"));
    for (const std::string& level : levels) add(each, level, QString::fromStdString(level));
  }
  add(menu, "last", tr("Usual layer: %1").arg(QString::fromStdString(usual_layer(*known))));
  QMenu* blocks = menu->addMenu(tr("Blocks"));
  for (const BlockInfo& block : known->blocks) add(blocks, block.name, QString::fromStdString(block.name));
  menu->addSeparator();
  for (const std::string& layer : settings_.layers) {
    const bool block = std::ranges::find(known->blocks, layer, &BlockInfo::name) != known->blocks.end();
    if (!block && layer != "last" && layer != "levels" && !layer.starts_with("stage."))
      add(menu, layer, QString::fromStdString(layer));
  }
  menu->addAction(tr("Another layer…"), this, &AttributionPage::ask_for_layer);
}

void AttributionPage::ask_for_layer() {
  const auto known = model();
  if (!known) return;
  QStringList names;
  for (const std::string& name : layer_names(*known)) names << QString::fromStdString(name);
  bool taken = false;
  const QString name = QInputDialog::getItem(this, tr("Another layer"), tr("Where in the network, by its tap:"), names,
                                             0, /*editable=*/true, &taken);
  if (taken && !name.trimmed().isEmpty()) toggle(&AttributionSettings::layers, name.trimmed().toStdString(), true);
}

void AttributionPage::fill_menu(QMenu& menu) {
  add_action(menu, tr("&Class to explain"), tr("T"), tr("Search the class to explain among all classes"),
             [this] { class_->showMenu(); });
  add_action(menu, tr("&Against another class"), tr("V"), tr("Explain what speaks for the class rather than another"),
             [this] { against_->showMenu(); });
  add_action(menu, tr("&Methods…"), tr("M"), tr("Which methods are columns"), [this] { methods_->showMenu(); });
  add_action(menu, tr("La&yers…"), tr("Y"), tr("Which layers are rows"), [this] { layers_->showMenu(); });
  menu.addSeparator();
  add_action(menu, tr("&Large map"), tr("L"), tr("Let the chosen map fill the page, or show all again"),
             [this] { change([](AttributionSettings& s) { s.large = !s.large; }); });
  add_action(menu, tr("&Back to all maps"), tr("Backspace"), tr("Close the large map"),
             [this] { change([](AttributionSettings& s) { s.large = false; }); });
  add_action(menu, tr("&Judge this map"), tr("J"), tr("Deletion, insertion and ROAD curves of the chosen map"),
             [this] { checks_->judge_chosen(); });
  add_action(menu, tr("J&udge all methods"), tr("Shift+J"), tr("Curves of every method at the chosen map's layer"),
             [this] { checks_->judge_all(); });
  add_action(menu, tr("&Random weights"), tr("R"), tr("Whether the chosen map changes as the weights are shuffled"),
             [this] { checks_->randomise(); });
  add_action(menu, tr("Copy the &faithfulness"), tr("Ctrl+Alt+C"), tr("Areas and curves as numbers, with tabs"),
             [this] { checks_->copy_numbers(); });
  add_action(menu, tr("Copy the map's &numbers"), tr("Ctrl+Shift+C"), tr("All values of the chosen map, with tabs"),
             [this] {
               const auto& tiles = detail_->grid()->tiles();
               if (!tiles.empty() && tiles.back()->panel().map) copy_numbers(*tiles.back());
             });
  menu.addSeparator();
  add_action(menu, tr("Next colour s&cale"), tr("S"), tr("One a map, one a layer, one for all"), [this] {
    change(
        [](AttributionSettings& s) { s.scale = static_cast<AttributionScale>((static_cast<int>(s.scale) + 1) % 3); });
  });
  add_action(menu, tr("&Interpolate"), tr("I"), tr("Interpolate between the cells of a map"),
             [this] { change([](AttributionSettings& s) { s.style.interpolate = !s.style.interpolate; }); });
  add_action(menu, tr("C&ontour lines"), tr("C"), tr("Draw contour lines over the maps"),
             [this] { change([](AttributionSettings& s) { s.style.contours = s.style.contours > 0 ? 0 : 3; }); });
  for (const int sign : {1, -1})
    add_action(
        menu, sign > 0 ? tr("More o&paque") : tr("More &transparent"), sign > 0 ? tr("+") : tr("-"),
        sign > 0 ? tr("Less of the photo") : tr("More of the photo"), [this, sign] {
          change([&](AttributionSettings& s) { s.style.opacity = std::clamp(s.style.opacity + 0.1 * sign, 0.0, 1.0); });
        });
}

std::vector<TourStep> AttributionPage::tour() const {
  return {{grid_, tr("One decision, many methods"),
           tr("A column a method, a row a layer. Red speaks for the class, blue against it. Maps are raw; methods that "
              "look at the whole network have a row of their own below.")},
          {class_, tr("What is explained"),
           tr("Type to search all classes. Against another class, only what tells the two apart is left.")},
          {methods_, tr("Which methods and layers"), tr("Tick them; plugins' methods are in the list too.")},
          {detail_, tr("One map from near"),
           tr("Click a map: its formula, how it is read, where it misleads, and its settings.")},
          {checks_, tr("Does it deserve belief?"),
           tr("Take away what a map calls important and see whether the probability falls; shuffle the weights and see "
              "whether the map changes.")}};
}

}  // namespace orderscope
