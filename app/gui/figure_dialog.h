// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <map>
#include <memory>
#include <string>

#include "app/gui/job_runner.h"
#include "core/run/model_cache.h"
#include "widgets/figure/figure.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;
class QScrollArea;
class QSpinBox;

namespace orderscope {

/// The figure of a session: which panels it has, in which order, with which titles and at which size; a preview; and
/// export. Panels are computed on a worker by what the command line computes them with.
class FigureDialog : public QDialog {
  Q_OBJECT

 public:
  FigureDialog(JobList& jobs, std::shared_ptr<ModelCache> models, QWidget* parent = nullptr);

  /// Whatever of it was drawn already is not drawn again.
  void set_session(SessionFile session);
  void add_panels(const std::vector<FigurePanelPlan>& panels);
  const FigurePlan& plan() const { return session_.figure; }

  bool ready() const { return !jobs_.busy() && problem_.isEmpty(); }  ///< nothing is being computed and nothing failed
  QString problem() const { return problem_; }
  Plate plate() const;  ///< as it is exported
  /// Errors as write_plate and write_plate_data; InvalidInput while panels are missing.
  Result<void> export_to(const QString& path);

  QListWidget* panel_list() const { return list_; }

 Q_SIGNALS:
  void plan_changed();
  void add_requested();  ///< somebody wants what the page in front shows
  void drawn();          ///< the preview is up to date
  void exported(const QString& path);

 private:
  QWidget* make_panel_side();
  QWidget* make_figure_side();
  QWidget* make_export_row();
  void fill_list();
  void show_fields();
  void read_list();
  void read_fields();
  void edit_panel(const std::function<void(FigurePanelPlan&)>& edit);
  void move_panel(int by);
  void draw();
  void show_preview();
  void choose_file();
  int chosen() const;

  SessionFile session_;
  std::shared_ptr<ModelCache> models_;
  std::shared_ptr<PanelRunner> runner_;
  std::map<std::string, DrawnPanel> drawn_;  ///< by what makes them: draw_key
  QString problem_;
  bool filling_ = false;

  QListWidget* list_;
  QLineEdit* panel_title_;
  QComboBox* panel_width_;
  QLineEdit *title_, *subtitle_;
  QComboBox* preset_;
  QDoubleSpinBox *width_, *font_;
  QSpinBox* dpi_;
  QCheckBox *letters_, *scale_bar_, *sources_, *data_;
  QScrollArea* scroll_;
  QLabel *preview_, *status_;
  QPushButton* export_;
  JobRunner jobs_;  ///< last: its thread ends before what it uses goes
};

}  // namespace orderscope
