// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QFont>
#include <QFontMetricsF>
#include <QString>

namespace orderscope {

/// A plate is laid out in twentieths of a point: whole numbers of them, which fonts and plots want, are fine enough.
inline constexpr double kPoint = 20;
inline constexpr double kPointsPerMm = 72.0 / 25.4;

inline const QColor kInk(20, 20, 20);
inline const QColor kSecondary(90, 90, 90);
inline const QColor kRule(200, 200, 200);
inline constexpr double kHairline = 0.3 * kPoint;

/// Sizes of one plate's text, in its units.
struct PlateFonts {
  explicit PlateFonts(double points);

  QFont title, heading, letter, text, caption;
  static double height(const QFont& font) { return QFontMetricsF(font).height(); }
  static double width(const QFont& font, const QString& text) { return QFontMetricsF(font).horizontalAdvance(text); }
  /// Smaller where the text is too wide, down to 5 points: a name that is cut says less than a small one.
  static QFont fitting(const QFont& font, const QString& text, double room);
};

/// The bundled DejaVu Sans under a name of its own, so that the same glyphs come out on every machine; characters it
/// lacks come from the system's fonts. Needs a QGuiApplication.
QString plate_font_family();

/// "DejaVu Sans" is what the font is called outside of this program.
inline constexpr const char* kPublicFontFamily = "DejaVu Sans";

/// "a" … "z", "aa" …
QString panel_letter(int index);

}  // namespace orderscope
