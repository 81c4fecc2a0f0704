// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QPalette>

class QApplication;
class QFont;
class QLabel;

namespace orderscope {

enum class ThemeKind { Dark, Light };

/// Fusion with our own palette and one short style sheet. Widgets that paint themselves take their colours from
/// QPalette: Window (panels), Base (page), Mid (1 px borders), PlaceholderText (secondary text), Highlight (the
/// accent), AlternateBase (chosen or hovered rows).
void apply_theme(QApplication& application, ThemeKind kind);

QPalette theme_palette(ThemeKind kind);

/// Dark if the desktop's own palette is dark.
ThemeKind desktop_theme(const QPalette& palette);

/// All distances are multiples of this many (device independent) pixels.
inline constexpr int kStep = 4;

QFont small_font(const QFont& base);    ///< captions and secondary lines
QFont heading_font(const QFont& base);  ///< section headings: small, bold, spaced capitals
QFont value_font(const QFont& base);    ///< tabular figures

/// A heading of a section of a panel.
QLabel* make_heading(const QString& text, QWidget* parent);

}  // namespace orderscope
