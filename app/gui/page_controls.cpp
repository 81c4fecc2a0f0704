// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/page_controls.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QMenu>
#include <QPainter>
#include <QPixmap>
#include <QScrollArea>
#include <QSlider>
#include <QToolButton>

#include "app/gui/session.h"

namespace orderscope {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("PageControls", text); }

}  // namespace

QFont title_font(const QFont& base) {
  QFont font = base;
  font.setBold(true);
  font.setPointSizeF(font.pointSizeF() * 1.15);
  return font;
}

QComboBox* make_box(QWidget* parent, const QString& name, const QString& tool_tip) {
  auto* box = new QComboBox(parent);
  box->setAccessibleName(name);
  box->setToolTip(tool_tip);
  box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  return box;
}

QToolButton* make_button(QWidget* parent, const QString& text, const QString& tool_tip) {
  auto* button = new QToolButton(parent);
  button->setText(text);
  button->setToolTip(tool_tip);
  button->setAccessibleName(text);
  button->setFocusPolicy(Qt::TabFocus);
  return button;
}

QToolButton* make_menu_button(QWidget* parent, const QString& text, const QString& tool_tip) {
  QToolButton* button = make_button(parent, text, tool_tip);
  button->setPopupMode(QToolButton::InstantPopup);
  button->setMenu(new QMenu(button));
  button->menu()->setToolTipsVisible(true);
  return button;
}

void replace_menu(QToolButton& button, QMenu* menu) {
  QMenu* old = button.menu();
  button.setMenu(menu);
  if (old) old->deleteLater();
}

QSlider* make_opacity_slider(QWidget* parent, const QString& tool_tip) {
  auto* slider = new QSlider(Qt::Horizontal, parent);
  slider->setRange(0, 100);
  slider->setPageStep(10);
  slider->setFixedWidth(64);
  slider->setToolTip(tool_tip);
  slider->setAccessibleName(tr("Opacity of the maps"));
  return slider;
}

QIcon color_dot(const QColor& color) {
  QPixmap pixmap(20, 20);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(color);
  painter.drawEllipse(QPointF(10, 10), 7, 7);
  return QIcon(pixmap);
}

QScrollArea* make_scroll_area(QWidget* content, QWidget* parent) {
  auto* scroll = new QScrollArea(parent);
  scroll->setWidgetResizable(true);
  scroll->setFocusPolicy(Qt::NoFocus);
  scroll->viewport()->setAutoFillBackground(false);
  scroll->setWidget(content);
  content->setAutoFillBackground(false);
  return scroll;
}

QString models_text(std::size_t count) { return count == 1 ? tr("1 model") : tr("%1 models").arg(count); }

QString models_text(std::size_t shown, std::size_t count) {
  return shown == count ? models_text(count) : tr("%1 of %2 models").arg(shown).arg(count);
}

QString images_text(std::int64_t count) { return count == 1 ? tr("1 image") : tr("%1 images").arg(count); }

void fill_models_menu(QMenu& menu, const Session& session, const std::set<std::string>& left_out,
                      std::function<void(const std::set<std::string>& left_out)> chosen) {
  menu.clear();
  for (const ModelSource& source : session.models()) {
    const std::string path = source.path.string();
    QAction* action =
        menu.addAction(source.model ? QString::fromStdString(source.model->name) : file_name(source.path));
    action->setToolTip(QString::fromStdString(path));
    action->setCheckable(true);
    action->setChecked(!left_out.contains(path));
    QObject::connect(action, &QAction::triggered, action, [left_out, path, chosen](bool on) {
      std::set<std::string> paths = left_out;
      if (on)
        paths.erase(path);
      else
        paths.insert(path);
      chosen(paths);
    });
  }
}

}  // namespace orderscope
