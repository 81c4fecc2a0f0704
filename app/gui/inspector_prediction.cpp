// SPDX-License-Identifier: GPL-3.0-or-later
// What the inspector does with a segmentation or with detections: what is explained by clicks, drags and the menu, and
// how it is drawn.
#include <QMenu>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/gui/actions.h"
#include "app/gui/inspector.h"
#include "app/gui/prediction_controls.h"
#include "app/gui/session.h"
#include "widgets/input_view.h"

namespace orderscope {

int Inspector::explained() const {
  const auto result = session_.result();
  const auto view = session_.view();
  if (!result || !view) return -1;
  if (!result->model->is_detector()) return view->class_index;
  return session_.question().number.value_or(-1);
}

PredictionLook Inspector::look() const {
  const PredictionSettings& settings = controls_->settings();
  PredictionLook look;
  look.opacity = settings.opacity;
  look.least_score = settings.least_score;
  look.explained = explained();
  look.only_chosen = settings.only_chosen;
  look.outlined = !session_.chosen_region();
  if (const auto result = session_.result(); result && !settings.hidden.empty())
    for (int label = 0; label < result->model->architecture.classes; ++label)
      if (settings.hidden.contains(result->model->class_name(label))) look.hidden.insert(label);
  return look;
}

void Inspector::explain_at(QPointF position) {
  if (!predicts()) return;
  if (const auto number = predicted_at(*session_.result()->prediction, position, look())) session_.explain(*number);
}

void Inspector::explain_part(const QRectF& part) {
  if (!predicts()) return;
  const auto result = session_.result();
  const auto region = photo_region(part, result->input.crop, result->prediction->photo);
  if (!region) return;
  if (!result->model->is_detector()) return session_.explain_region(*region);
  if (const auto number = box_in(result->prediction->detections, *region)) session_.explain(*number);
}

void Inspector::explain_next(int step) {
  const auto result = session_.result();
  if (!result || result->scores.empty()) return;
  const auto count = static_cast<int>(result->scores.size());
  const auto found = std::ranges::find(result->scores, explained(), &ClassScore::index);
  const int now = found == result->scores.end() ? 0 : static_cast<int>(found - result->scores.begin());
  session_.explain(result->scores[static_cast<std::size_t>(std::clamp(now + step, 0, count - 1))].index);
}

void Inspector::toggle_group(int label) {
  if (const auto result = session_.result()) controls_->toggle(result->model->class_name(label));
}

void Inspector::fill_menu(QMenu& menu) {
  constexpr double kOpacityStep = 0.1;
  const auto change_opacity = [this](double by) {
    controls_->change([by](PredictionSettings& s) { s.opacity = std::clamp(s.opacity + by, 0.0, 1.0); });
  };
  add_action(menu, tr("&Next class or box"), tr("Alt+Down"), tr("Explain the next one of the list"),
             [this] { explain_next(1); });
  add_action(menu, tr("&Previous class or box"), tr("Alt+Up"), tr("Explain the one before in the list"),
             [this] { explain_next(-1); });
  add_action(menu, tr("To the pict&ure"), tr("Ctrl+Alt+I"),
             tr("Arrow keys move the cross hair there, with Shift they span a region; Return explains"),
             [this] { input_->setFocus(Qt::ShortcutFocusReason); });
  add_action(menu, tr("The &whole picture again"), tr("Ctrl+Alt+W"),
             tr("Explain the class over all of its pixels, not over the region"),
             [this] { Q_EMIT controls_->whole_picture_requested(); });
  menu.addSeparator();
  QAction* only =
      add_action(menu, tr("Only what is &chosen"), tr("Ctrl+Alt+S"), tr("Show only the class or box that is explained"),
                 [this] { controls_->change([](PredictionSettings& s) { s.only_chosen = !s.only_chosen; }); });
  only->setCheckable(true);
  add_action(menu, tr("&Hide this class, or show it"), tr("Ctrl+Alt+H"),
             tr("Leaves the explained class, or that of the explained box, out of the picture"), [this] {
               if (session_.view()) toggle_group(session_.view()->class_index);
             });
  add_action(menu, tr("Show &all classes"), tr("Ctrl+Alt+A"), tr("Shows the hidden classes again"),
             [this] { controls_->change([](PredictionSettings& s) { s.hidden.clear(); }); });
  add_action(menu, tr("More &opaque"), tr("Ctrl+Alt+Up"), tr("Less of the picture, more of the prediction"),
             [change_opacity] { change_opacity(kOpacityStep); });
  add_action(menu, tr("More &transparent"), tr("Ctrl+Alt+Down"), tr("More of the picture, less of the prediction"),
             [change_opacity] { change_opacity(-kOpacityStep); });
  const auto show = [this, only] { only->setChecked(controls_->settings().only_chosen); };
  connect(controls_, &PredictionControls::settings_changed, &menu, show);
  show();
}

nlohmann::json Inspector::state() const { return to_json(controls_->settings()); }

void Inspector::restore(const nlohmann::json& state) {
  PredictionSettings settings = controls_->settings();
  read_json(state, settings);
  controls_->set_settings(settings);
}

}  // namespace orderscope
