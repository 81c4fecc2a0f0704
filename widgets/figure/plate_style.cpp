// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/plate_style.h"

#include <QFontDatabase>
#include <algorithm>
#include <cmath>

namespace orderscope {

namespace embedded {
extern const unsigned char label_font[];
extern const std::size_t label_font_size;
extern const unsigned char label_font_bold[];
extern const std::size_t label_font_bold_size;
}  // namespace embedded

namespace {

const QByteArray kOwnName = "OS Fig Sans";  // as long as the public name, which it replaces in the font's tables

void add_font(const unsigned char* bytes, std::size_t size) {
  QByteArray font(reinterpret_cast<const char*>(bytes), static_cast<qsizetype>(size));
  const auto wide = [](const QByteArray& text) {
    QByteArray utf16;
    for (const char c : text) utf16.append('\0').append(c);
    return utf16;
  };
  const QByteArray name = kPublicFontFamily;
  font.replace(name, kOwnName).replace(wide(name), wide(kOwnName));
  QFontDatabase::addApplicationFontFromData(font);
}

QFont font_of(double points, bool bold) {
  QFont font(QStringList{plate_font_family(), QString::fromLatin1(kPublicFontFamily)});
  font.setPixelSize(static_cast<int>(std::lround(points * kPoint)));
  font.setBold(bold);
  // Whatever the desktop prefers: the plate must come out the same in the window and on the command line.
  font.setHintingPreference(QFont::PreferNoHinting);
  font.setStyleStrategy(static_cast<QFont::StyleStrategy>(QFont::PreferAntialias | QFont::NoSubpixelAntialias));
  font.setKerning(true);
  return font;
}

}  // namespace

QFont PlateFonts::fitting(const QFont& font, const QString& text, double room) {
  const double wide = width(font, text);
  if (wide <= room) return font;
  constexpr int kSmallest = static_cast<int>(5 * kPoint);
  QFont smaller = font;
  smaller.setPixelSize(
      std::min(font.pixelSize(), std::max(kSmallest, static_cast<int>(font.pixelSize() * room / wide))));
  return smaller;
}

QString plate_font_family() {
  static const QString family = [] {
    add_font(embedded::label_font, embedded::label_font_size);
    add_font(embedded::label_font_bold, embedded::label_font_bold_size);
    const QString own = QString::fromLatin1(kOwnName);
    return QFontDatabase::families().contains(own) ? own : QString::fromLatin1(kPublicFontFamily);
  }();
  return family;
}

PlateFonts::PlateFonts(double points)
    : title(font_of(points * 1.25, true)),
      heading(font_of(points, true)),
      letter(font_of(points * 1.15, true)),
      text(font_of(points * 0.95, false)),
      caption(font_of(points * 0.85, false)) {}

QString panel_letter(int index) {
  QString letters;
  for (int rest = index; rest >= 0; rest = rest / 26 - 1) letters.prepend(QChar('a' + rest % 26));
  return letters;
}

}  // namespace orderscope
