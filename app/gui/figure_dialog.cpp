// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/figure_dialog.h"

#include <QCheckBox>
#include <QFileDialog>
#include <QLabel>
#include <QListWidget>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>
#include <algorithm>

#include "widgets/figure/custom_plot.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

const QString kDraw = QStringLiteral("figure");

/// All that decides about a panel's contents; title and width are applied afterwards.
std::string draw_key(FigurePanelPlan panel) {
  panel.title.clear();
  panel.width = 1;
  panel.shown = true;
  FigurePlan plan;
  plan.panels = {std::move(panel)};
  return to_json(plan)["panels"].dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

FigurePanelPlan plain(FigurePanelPlan panel) {
  panel.title.clear();
  panel.width = 1;
  return panel;
}

}  // namespace

FigureDialog::FigureDialog(JobList& jobs, std::shared_ptr<ModelCache> models, QWidget* parent)
    : QDialog(parent), models_(std::move(models)), jobs_(jobs) {
  setWindowTitle(tr("Figure"));
  setObjectName(QStringLiteral("figure"));
  resize(1160, 760);
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(3 * kStep, 3 * kStep, 3 * kStep, 3 * kStep);
  layout->setSpacing(3 * kStep);
  auto* left = new QVBoxLayout();
  left->setSpacing(2 * kStep);
  left->addWidget(make_panel_side(), 1);
  left->addWidget(make_figure_side());
  layout->addLayout(left);

  auto* right = new QVBoxLayout();
  right->setSpacing(2 * kStep);
  preview_ = new QLabel(this);
  preview_->setAlignment(Qt::AlignCenter);
  preview_->setAccessibleName(tr("Preview of the figure"));
  scroll_ = new QScrollArea(this);
  scroll_->setWidget(preview_);
  scroll_->setWidgetResizable(true);
  scroll_->setAlignment(Qt::AlignCenter);
  right->addWidget(scroll_, 1);
  right->addWidget(make_export_row());
  layout->addLayout(right, 1);
  show_fields();
}

void FigureDialog::set_session(SessionFile session) {
  const auto same = [](const std::vector<SessionSource>& a, const std::vector<SessionSource>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const SessionSource& x, const SessionSource& y) { return x.path == y.path; });
  };
  // Panels name models and images by their places, which may be others now.
  if (!same(session.models, session_.models) || !same(session.images, session_.images)) {
    jobs_.cancel_all();
    runner_.reset();
    drawn_.clear();
  }
  session_ = std::move(session);
  fill_list();
  show_fields();
  draw();
}

void FigureDialog::add_panels(const std::vector<FigurePanelPlan>& panels) {
  auto& all = session_.figure.panels;
  all.insert(all.end(), panels.begin(), panels.end());
  fill_list();
  if (!panels.empty()) list_->setCurrentRow(list_->count() - 1);
  Q_EMIT plan_changed();
  draw();
}

void FigureDialog::draw() {
  std::vector<FigurePanelPlan> missing;
  for (const FigurePanelPlan& panel : session_.figure.panels)
    if (panel.shown && !drawn_.contains(draw_key(panel))) missing.push_back(panel);
  problem_.clear();
  if (missing.empty()) {
    show_preview();
    Q_EMIT drawn();
    return;
  }
  if (!runner_)
    runner_ = std::make_shared<PanelRunner>(
        session_, [models = models_](const auto& path, const JobContext& job) { return models->open(path, job); });
  // Numbers on the worker; a plot is a widget, which only this thread may make.
  using Computed = std::vector<std::pair<FigurePanelPlan, std::optional<PanelResult>>>;
  jobs_.start<Computed>(
      kDraw, tr("figure"),
      [missing, runner = runner_](const JobContext& job) -> Result<Computed> {
        Computed all;
        for (const FigurePanelPlan& panel : missing) {
          all.emplace_back(panel, std::nullopt);
          if (panel.view == "stored") continue;
          TRY(all.back().second, runner->run(panel, job));
        }
        return all;
      },
      [this](Result<Computed> computed) {
        Result<void> outcome;
        if (computed) {
          for (const auto& [panel, result] : *computed) {
            auto made = result ? draw_panel(plain(panel), *result) : draw_stored_panel(plain(panel));
            if (made)
              drawn_.insert_or_assign(draw_key(panel), std::move(*made));
            else
              outcome = tl::unexpected(made.error());
          }
        } else {
          outcome = tl::unexpected(computed.error());
        }
        problem_ = outcome ? QString() : QString::fromStdString(outcome.error().message());
        show_preview();
        Q_EMIT drawn();
      });
  show_preview();
}

Plate FigureDialog::plate() const {
  std::vector<DrawnPanel> panels;
  for (const FigurePanelPlan& plan : session_.figure.panels) {
    const auto found = plan.shown ? drawn_.find(draw_key(plan)) : drawn_.end();
    if (found == drawn_.end()) continue;
    DrawnPanel panel = found->second;
    if (!plan.title.empty()) panel.panel.title = QString::fromStdString(plan.title);
    panel.panel.width = plan.width;
    panels.push_back(std::move(panel));
  }
  return compose_figure(session_, std::move(panels));
}

void FigureDialog::show_preview() {
  const Plate shown = plate();
  const bool any = !shown.panels.empty();
  export_->setEnabled(any && ready());
  if (!problem_.isEmpty())
    status_->setText(problem_);
  else if (jobs_.busy())
    status_->setText(tr("Panels are on their way"));
  else if (const QString warning = any ? page_warning(shown) : QString(); !warning.isEmpty())
    status_->setText(warning);
  else if (any)
    status_->setText(tr("%1 × %2 mm").arg(shown.width_mm, 0, 'f', 1).arg(plate_height_mm(shown), 0, 'f', 1));
  else
    status_->clear();
  if (!any) {
    preview_->setPixmap({});
    preview_->setText(jobs_.busy() ? QString() : tr("Add what a page shows to start a figure"));
    return;
  }
  // As large as it fits, at most twice its size in print.
  const QSizeF points = plate_size(shown);
  const double fit = (scroll_->viewport()->width() - 4.0 * kStep) / points.width();
  const double scale = std::clamp(fit, 0.5, 2 * logicalDpiX() / 72.0);
  const double ratio = devicePixelRatioF();
  QImage image((points * scale * ratio).toSize(), QImage::Format_RGB32);
  if (image.isNull()) return;
  image.fill(Qt::white);
  QCPPainter painter;
  painter.begin(&image);
  painter.setModes(QCPPainter::pmVectorized | QCPPainter::pmNoCaching);
  painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing | QPainter::SmoothPixmapTransform);
  painter.scale(scale * ratio, scale * ratio);
  paint_plate(painter, shown);
  painter.end();
  QPixmap pixmap = QPixmap::fromImage(std::move(image));
  pixmap.setDevicePixelRatio(ratio);
  preview_->setPixmap(pixmap);
}

Result<void> FigureDialog::export_to(const QString& path) {
  if (!problem_.isEmpty()) return fail(Error::Kind::InvalidInput, problem_.toStdString());
  if (jobs_.busy()) return fail(Error::Kind::InvalidInput, "the figure's panels are not all computed yet");
  const Plate figure = plate();
  if (figure.panels.empty()) return fail(Error::Kind::InvalidInput, "the figure has no panels");
  TRY_VOID(write_plate(figure, path, session_.figure.dpi));
  if (data_->isChecked()) TRY_VOID(write_plate_data(figure, path.toStdString()));
  Q_EMIT exported(path);
  return {};
}

void FigureDialog::choose_file() {
  const QString path = QFileDialog::getSaveFileName(this, tr("Export figure"), QStringLiteral("figure.pdf"),
                                                    tr("PDF (*.pdf);;SVG (*.svg);;PNG (*.png)"));
  if (path.isEmpty()) return;
  const auto written = export_to(path);
  status_->setText(written ? tr("Written to %1").arg(path) : QString::fromStdString(written.error().message()));
}

}  // namespace orderscope
