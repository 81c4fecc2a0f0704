// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/theme.h"

#include <QApplication>
#include <QFont>
#include <QLabel>
#include <QStyleFactory>

#include "widgets/theme_switch.h"

namespace orderscope {
namespace {

struct Colors {
  QColor panel, page, raised, hover, border, text, muted, faint, accent, on_accent;
};

const Colors& colors(ThemeKind kind) {
  static const Colors dark{QColor(41, 42, 46),   QColor(32, 33, 36),    QColor(52, 53, 58),    QColor(52, 58, 70),
                           QColor(60, 62, 68),   QColor(232, 234, 237), QColor(154, 160, 166), QColor(95, 99, 104),
                           QColor(78, 161, 255), QColor(16, 18, 22)};
  static const Colors light{QColor(246, 247, 248), QColor(255, 255, 255), QColor(255, 255, 255), QColor(228, 238, 251),
                            QColor(213, 216, 220), QColor(31, 33, 36),    QColor(95, 100, 107),  QColor(160, 165, 172),
                            QColor(20, 103, 200),  QColor(255, 255, 255)};
  return kind == ThemeKind::Dark ? dark : light;
}

// What Fusion draws with gradients and double outlines, flat. %1 panel, %2 page, %3 raised, %4 hover, %5 border,
// %6 text, %7 muted, %8 faint, %9 accent.
const char* const kStyleSheet = R"(
QMainWindow::separator { background: %5; width: 1px; height: 1px; }
QMenuBar { background: %1; border: none; border-bottom: 1px solid %5; padding: 2px 4px; }
QMenuBar::item { padding: 4px 10px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: %4; }
QMenu { background: %3; border: 1px solid %5; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 24px; border-radius: 4px; }
QMenu::item:selected { background: %4; color: %6; }
QMenu::item:disabled { color: %8; }
QMenu::separator { height: 1px; background: %5; margin: 4px 8px; }
QToolTip { background: %3; color: %6; border: 1px solid %5; padding: 4px; }
QTabBar { qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: %7; padding: 9px 12px 7px 12px; border: none;
  border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: %6; font-weight: bold; border-bottom: 2px solid %9; }
QTabBar::tab:hover:!selected { color: %6; }
QScrollArea, QListView, QTableView { background: transparent; border: none; outline: none; }
QScrollBar:vertical { background: transparent; width: 8px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 8px; margin: 0; }
QScrollBar::handle { background: %5; border-radius: 4px; min-height: 24px; min-width: 24px; }
QScrollBar::handle:hover { background: %8; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: none;
  width: 0; height: 0; }
QLineEdit { background: %2; border: 1px solid %5; border-radius: 4px; padding: 3px 6px;
  selection-background-color: %9; }
QLineEdit:focus { border-color: %9; }
QAbstractSpinBox { background: %2; border: 1px solid %5; border-radius: 4px; padding: 2px 2px 2px 6px; }
QAbstractSpinBox:focus { border-color: %9; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { background: transparent; border: none; width: 16px; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: %4; }
QAbstractSpinBox::up-arrow { image: url(:/icons/up.svg); width: 8px; height: 8px; }
QAbstractSpinBox::down-arrow { image: url(:/icons/down.svg); width: 8px; height: 8px; }
QComboBox { background: transparent; border: 1px solid %5; border-radius: 4px; padding: 3px 6px 3px 8px; color: %6; }
QComboBox:hover { background: %4; }
QComboBox:focus { border-color: %9; }
QComboBox:disabled { color: %8; }
QComboBox QAbstractItemView { background: %3; border: 1px solid %5; padding: 4px; outline: none;
  selection-background-color: %4; selection-color: %6; }
QToolButton, QPushButton { background: transparent; border: 1px solid transparent; border-radius: 4px;
  padding: 3px 6px; color: %6; }
QPushButton { border-color: %5; padding: 4px 12px; }
QToolButton[popupMode="2"] { border-color: %5; padding: 3px 12px 3px 4px; }
QToolButton::menu-indicator { subcontrol-origin: padding; subcontrol-position: center right; right: 5px; width: 10px; }
QToolButton:hover, QPushButton:hover { background: %4; }
QToolButton:focus, QPushButton:focus { border-color: %9; }
QToolButton:checked { background: %4; border-color: %5; }
QToolButton:disabled, QPushButton:disabled { color: %8; }
QPushButton#dropHint { color: %7; padding: 12px 4px; border: 1px dashed %8; }
QPushButton#dropHint:hover { border-color: %9; color: %6; }
QCheckBox::indicator, QListView::indicator, QTableView::indicator, QTreeView::indicator { width: 12px; height: 12px;
  border: 1px solid %8; border-radius: 3px; background: %2; }
QCheckBox::indicator:hover, QListView::indicator:hover, QTableView::indicator:hover { border-color: %9; }
QCheckBox::indicator:checked, QListView::indicator:checked, QTableView::indicator:checked,
  QTreeView::indicator:checked { background: %9; border-color: %9; image: url(:/icons/check.svg); }
QCheckBox::indicator:disabled { border-color: %5; background: transparent; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: %5; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: %9; }
QSlider::handle:horizontal { width: 12px; height: 12px; margin: -4px 0; border-radius: 6px; background: %6; }
QSlider::handle:horizontal:focus { background: %9; }
QSlider::sub-page:horizontal:disabled { background: %8; }
QProgressBar { background: %5; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: %9; border-radius: 3px; }
QFrame#banner { background: %3; border: 1px solid %5; border-left: 3px solid #e5a54b; border-radius: 4px; }
QHeaderView { background: transparent; border: none; }
QHeaderView::section { background: transparent; border: none; color: %7; padding: 2px 0; }
QTableView::item { padding: 0; }
QTableView#runRows::item { padding: 0 8px 0 0; }
QTableView#runRows QHeaderView::section { padding: 2px 8px 2px 3px; }
QTableView#publishedWeights QHeaderView::section { padding: 2px 8px; }
)";

}  // namespace

QPalette theme_palette(ThemeKind kind) {
  const Colors& c = colors(kind);
  QPalette palette;
  palette.setColor(QPalette::Window, c.panel);
  palette.setColor(QPalette::WindowText, c.text);
  palette.setColor(QPalette::Base, c.page);
  palette.setColor(QPalette::AlternateBase, c.hover);
  palette.setColor(QPalette::Text, c.text);
  palette.setColor(QPalette::PlaceholderText, c.muted);
  palette.setColor(QPalette::Button, c.raised);
  palette.setColor(QPalette::ButtonText, c.text);
  palette.setColor(QPalette::ToolTipBase, c.raised);
  palette.setColor(QPalette::ToolTipText, c.text);
  palette.setColor(QPalette::Highlight, c.accent);
  palette.setColor(QPalette::HighlightedText, c.on_accent);
  palette.setColor(QPalette::Link, c.accent);
  palette.setColor(QPalette::Mid, c.border);
  palette.setColor(QPalette::Midlight, c.border);
  palette.setColor(QPalette::Dark, c.border);
  palette.setColor(QPalette::Light, c.raised);
  palette.setColor(QPalette::BrightText, kind == ThemeKind::Dark ? QColor(229, 165, 75) : QColor(150, 85, 0));
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
    palette.setColor(QPalette::Disabled, role, c.faint);
  return palette;
}

ThemeKind desktop_theme(const QPalette& palette) {
  return palette.color(QPalette::Window).lightness() < 128 ? ThemeKind::Dark : ThemeKind::Light;
}

QString theme_style_sheet(ThemeKind kind) {
  const Colors& c = colors(kind);
  return QString(kStyleSheet)
      .arg(c.panel.name(), c.page.name(), c.raised.name(), c.hover.name(), c.border.name(), c.text.name(),
           c.muted.name(), c.faint.name(), c.accent.name());
}

void apply_theme(QApplication& application, ThemeKind kind) {
  application.setStyleSheet({});
  application.setStyle(QStyleFactory::create("Fusion"));
  application.setPalette(theme_palette(kind));
  application.setStyleSheet(theme_style_sheet(kind));
}

QFont small_font(const QFont& base) {
  QFont font = base;
  font.setPointSizeF(base.pointSizeF() > 0 ? base.pointSizeF() * 0.88 : 8);
  return font;
}

QFont heading_font(const QFont& base) {
  QFont font = base;
  font.setPointSizeF(base.pointSizeF() > 0 ? base.pointSizeF() * 0.82 : 7.5);
  font.setBold(true);
  font.setCapitalization(QFont::AllUppercase);
  font.setLetterSpacing(QFont::PercentageSpacing, 104);
  return font;
}

QFont value_font(const QFont& base) {
  QFont font = base;
#if QT_VERSION >= QT_VERSION_CHECK(6, 7, 0)
  font.setFeature("tnum", 1);
#endif
  return font;
}

QLabel* make_heading(const QString& text, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  label->setFont(heading_font(label->font()));
  label->setForegroundRole(QPalette::PlaceholderText);
  return label;
}

}  // namespace orderscope
