// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

#include "app/gui/orders_detail.h"
#include "app/gui/page.h"

class QComboBox;
class QLabel;
class QScrollArea;
class QSlider;
class QSplitter;
class QStackedWidget;
class QToolButton;

namespace orderscope {

class ChannelsSection;
class ElidedLabel;
class LensSection;
class MapGrid;
class MixerSection;
class OrdersWork;
class ProfileSection;
class TermsSection;

/// The gnConv of the chosen block as it computes, taken apart into interaction orders, and mixed anew.
class OrdersPage : public Page {
  Q_OBJECT

 public:
  explicit OrdersPage(Session& session, QWidget* parent = nullptr);

  MapGrid* grid() const { return grid_; }
  const OrdersSettings& settings() const { return settings_; }
  void set_settings(const OrdersSettings& settings);
  const OrdersDetail& detail() const { return detail_; }
  void set_detail(const OrdersDetail& detail);
  OrdersWork& work() { return *work_; }
  ChannelsSection* channels() const { return channels_; }
  LensSection* lens() const { return lens_; }
  TermsSection* terms() const { return terms_; }
  MixerSection* mixer() const { return mixer_; }
  ProfileSection* profile() const { return profile_; }

  Plate figure() const override;
  std::vector<FigurePanelPlan> figure_panels() const override;
  PanelGrid panels() const override;
  nlohmann::json state() const override;
  void restore(const nlohmann::json& state) override;
  void fill_menu(QMenu& menu) override;
  std::vector<TourStep> tour() const override;

 public Q_SLOTS:
  void set_cursor(std::optional<QPointF> position) override;

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  QWidget* make_header();
  QWidget* make_maps();
  QWidget* make_side();
  void connect_parts();
  void change_detail(const std::function<void(OrdersDetail&)>& edit);
  void show_detail();
  void show_side();
  void look_into_chosen();
  void fit_maps();
  void show_panels();
  void show_hint();
  void read_controls();
  std::vector<PlatePanel> section_panels() const;

  OrdersSettings settings_;
  OrdersDetail detail_;
  OrdersWork* work_;
  QLabel* title_;
  ElidedLabel* summary_;
  QLabel* remark_;
  QComboBox* reduction_;
  QComboBox* scale_;
  QSlider* opacity_;
  QLabel* opacity_value_;
  QToolButton* interpolate_;
  QToolButton* side_button_;
  QSplitter* splitter_;
  QStackedWidget* stack_;
  QScrollArea* maps_;
  QScrollArea* side_;
  MapGrid* grid_;
  ChannelsSection* channels_;
  LensSection* lens_;
  TermsSection* terms_;
  MixerSection* mixer_;
  ProfileSection* profile_;
  QLabel* hint_;
};

}  // namespace orderscope
