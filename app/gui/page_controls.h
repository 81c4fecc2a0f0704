// SPDX-License-Identifier: GPL-3.0-or-later
// What the lines of controls over the pages are made of.
#pragma once

#include <QFont>
#include <QIcon>
#include <QString>
#include <functional>
#include <set>
#include <string>

class QComboBox;
class QLabel;
class QMenu;
class QScrollArea;
class QSlider;
class QToolButton;
class QWidget;

namespace orderscope {

class Session;

QFont title_font(const QFont& base);  ///< of a page's title

/// `name` is for assistive technology.
QComboBox* make_box(QWidget* parent, const QString& name, const QString& tool_tip);
QToolButton* make_button(QWidget* parent, const QString& text, const QString& tool_tip);
/// Opens a menu of its own, whose entries show their tool tips.
QToolButton* make_menu_button(QWidget* parent, const QString& text, const QString& tool_tip);
/// Another menu in place of the one that it has.
void replace_menu(QToolButton& button, QMenu* menu);
QSlider* make_opacity_slider(QWidget* parent, const QString& tool_tip);

QIcon color_dot(const QColor& color);  ///< a model's mark in a list

/// Scrolls `content` over the page's own background.
QScrollArea* make_scroll_area(QWidget* content, QWidget* parent);

QString models_text(std::size_t count);                     ///< "1 model", "4 models"
QString models_text(std::size_t shown, std::size_t count);  ///< "3 of 4 models" unless all are shown
QString images_text(std::int64_t count);                    ///< "1 image", "12 images"

/// The session's models, ticked unless they are left out by their paths; `chosen` gets the sets with the change.
void fill_models_menu(QMenu& menu, const Session& session, const std::set<std::string>& left_out,
                      std::function<void(const std::set<std::string>& left_out)> chosen);

}  // namespace orderscope
