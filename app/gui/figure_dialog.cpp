// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/figure_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>
#include <cmath>

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

/// "Orders · stages.2.3 · cat.jpg"
QString describe(const FigurePanelPlan& panel, const SessionFile& session) {
  QStringList parts;
  if (panel.view == "stored") {
    const auto words = panel.content.find("words");
    const bool titled =
        words != panel.content.end() && words->is_object() && words->contains("title") && (*words)["title"].is_string();
    parts << (titled ? QString::fromStdString((*words)["title"].get<std::string>())
                     : QCoreApplication::translate("FigureDialog", "numbers kept in the session"));
  } else {
    parts << QString::fromStdString(panel.view == "method" ? panel.method : panel.view);
  }
  if (!panel.block.empty()) parts << QString::fromStdString(panel.block);
  if (panel.image >= 0 && static_cast<std::size_t>(panel.image) < session.images.size())
    parts << QString::fromStdString(session.images[static_cast<std::size_t>(panel.image)].path.filename().string());
  return parts.join(QStringLiteral(" · "));
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

int FigureDialog::chosen() const { return list_->currentRow(); }

void FigureDialog::fill_list() {
  const QSignalBlocker blocker(list_);
  const int row = chosen();
  list_->clear();
  for (std::size_t i = 0; i < session_.figure.panels.size(); ++i) {
    const FigurePanelPlan& panel = session_.figure.panels[i];
    const QString what = describe(panel, session_);
    auto* item = new QListWidgetItem(panel.title.empty() ? what : QString::fromStdString(panel.title), list_);
    item->setToolTip(what);
    item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable | Qt::ItemIsDragEnabled);
    item->setCheckState(panel.shown ? Qt::Checked : Qt::Unchecked);
    item->setData(Qt::UserRole, static_cast<int>(i));
  }
  if (list_->count() > 0) list_->setCurrentRow(std::clamp(row, 0, list_->count() - 1));
}

void FigureDialog::read_list() {
  std::vector<FigurePanelPlan> panels;
  // The list itself is left alone: this may be called from inside one of its items.
  const QSignalBlocker blocker(list_);
  for (int row = 0; row < list_->count(); ++row) {
    QListWidgetItem* item = list_->item(row);
    FigurePanelPlan panel = session_.figure.panels[item->data(Qt::UserRole).toUInt()];
    panel.shown = item->checkState() == Qt::Checked;
    panels.push_back(std::move(panel));
    item->setData(Qt::UserRole, row);
  }
  session_.figure.panels = std::move(panels);
  show_fields();
  Q_EMIT plan_changed();
  draw();
}

void FigureDialog::move_panel(int by) {
  const int row = chosen(), to = row + by;
  auto& panels = session_.figure.panels;
  if (row < 0 || to < 0 || to >= list_->count()) return;
  std::swap(panels[static_cast<std::size_t>(row)], panels[static_cast<std::size_t>(to)]);
  fill_list();
  list_->setCurrentRow(to);
  Q_EMIT plan_changed();
  draw();
}

void FigureDialog::edit_panel(const std::function<void(FigurePanelPlan&)>& edit) {
  const int row = chosen();
  if (row < 0 || filling_) return;
  edit(session_.figure.panels[static_cast<std::size_t>(row)]);
  fill_list();
  Q_EMIT plan_changed();
  draw();
}

void FigureDialog::show_fields() {
  filling_ = true;
  const FigurePlan& plan = session_.figure;
  const int row = chosen();
  const bool any = row >= 0 && static_cast<std::size_t>(row) < plan.panels.size();
  panel_title_->setEnabled(any);
  panel_width_->setEnabled(any);
  panel_title_->setText(any ? QString::fromStdString(plan.panels[static_cast<std::size_t>(row)].title) : QString());
  if (any) {
    int nearest = 0;
    const double width = plan.panels[static_cast<std::size_t>(row)].width;
    for (int i = 1; i < panel_width_->count(); ++i)
      if (std::abs(panel_width_->itemData(i).toDouble() - width) <
          std::abs(panel_width_->itemData(nearest).toDouble() - width))
        nearest = i;
    panel_width_->setCurrentIndex(nearest);
  }
  if (title_->text().toStdString() != plan.title) title_->setText(QString::fromStdString(plan.title));
  if (subtitle_->text().toStdString() != plan.subtitle) subtitle_->setText(QString::fromStdString(plan.subtitle));
  width_->setValue(plan.width_mm);
  font_->setValue(plan.font_pt);
  dpi_->setValue(plan.dpi);
  letters_->setChecked(plan.letters);
  scale_bar_->setChecked(plan.scale_bar);
  sources_->setChecked(plan.sources);
  const FigurePreset* preset = preset_of(plan.width_mm);
  preset_->setCurrentIndex(preset ? static_cast<int>(preset - kFigurePresets) : preset_->count() - 1);
  filling_ = false;
}

void FigureDialog::read_fields() {
  if (filling_) return;
  FigurePlan& plan = session_.figure;
  plan.title = title_->text().toStdString();
  plan.subtitle = subtitle_->text().toStdString();
  plan.width_mm = width_->value();
  plan.font_pt = font_->value();
  plan.dpi = dpi_->value();
  plan.letters = letters_->isChecked();
  plan.scale_bar = scale_bar_->isChecked();
  plan.sources = sources_->isChecked();
  show_fields();
  Q_EMIT plan_changed();
  show_preview();
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
  else if (any)
    status_->setText(
        tr("%1 × %2 mm").arg(shown.width_mm, 0, 'f', 1).arg(plate_size(shown).height() / 72 * 25.4, 0, 'f', 1));
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
