// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// QCustomPlot's header is written in Qt's keywords, which the rest of the program does without (QT_NO_KEYWORDS).
#define signals Q_SIGNALS
#define slots Q_SLOTS
#define emit Q_EMIT
#define foreach Q_FOREACH
#include <qcustomplot.h>
#undef signals
#undef slots
#undef emit
#undef foreach
