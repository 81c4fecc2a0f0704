// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QWidget>
#include <functional>

#include "app/gui/attribution_grid.h"

class QLabel;
class QToolButton;

namespace orderscope {

class ElidedLabel;
class MapGrid;
class MapLink;
class MethodOptions;

/// One map of the grid from near: its picture, what it is made of, how it is read and where it misleads, and what can
/// be set about it.
class AttributionDetail : public QWidget {
  Q_OBJECT

 public:
  AttributionDetail(AttributionWork& work, MapLink* link, QWidget* parent = nullptr);

  MapGrid* grid() const { return grid_; }
  MethodOptions* options() const { return options_; }
  QString text() const;  ///< formula, reading, caution and warnings
  /// `mark` adds to the maps what all maps of the page have; may be empty.
  void show_map(const AttributionKey& key, const AttributionSettings& settings, const QImage& photo,
                const std::function<void(PanelGrid&)>& mark = {});

 Q_SIGNALS:
  void large_requested();

 private:
  AttributionWork& work_;
  ElidedLabel* title_;
  QToolButton* large_;
  MapGrid* grid_;
  QLabel* formula_;
  QLabel* text_;
  MethodOptions* options_;
};

}  // namespace orderscope
