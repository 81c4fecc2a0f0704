// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFontMetricsF>
#include <QString>

namespace orderscope {

/// `text` in `width` pixels. The name of a layer loses its words before its numbers, the last word first, so that
/// neighbours can be told apart: "layers.2.blocks.5" becomes "layers.2.…5". Other text is cut as `mode` says.
QString elided_name(const QString& text, const QFontMetricsF& metrics, double width, Qt::TextElideMode mode);

}  // namespace orderscope
