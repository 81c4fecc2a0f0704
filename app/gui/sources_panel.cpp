// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/sources_panel.h"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "app/gui/orders_view.h"
#include "app/gui/session.h"
#include "widgets/figure/format.h"
#include "widgets/source_list.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

QString model_tool_tip(const ModelSource& source) {
  if (!source.model) return source.problem.isEmpty() ? QString::fromStdString(source.path.string()) : source.problem;
  const Model& model = *source.model;
  QStringList depths;
  for (const int depth : model.architecture.depths) depths << QString::number(depth);
  QStringList lines{
      QString::fromStdString(source.path.string()),
      QStringLiteral("%1, %2").arg(QString::fromStdString(family_name(model.architecture)), model_summary(model)),
      ModelsPanel::tr("depths %1").arg(depths.join(' ')),
      ModelsPanel::tr("input %1 × %1, %2 classes").arg(model.preprocessing.size).arg(model.architecture.classes),
      ModelsPanel::tr("%1 multiply-adds").arg(count_text(model.macs)),
      ModelsPanel::tr("SHA-256 %1").arg(QString::fromStdString(model.sha256.substr(0, 16)))};
  for (const std::string& warning : model.warnings)
    lines << ModelsPanel::tr("warning: %1").arg(QString::fromStdString(warning));
  return lines.join('\n');
}

}  // namespace

ModelsPanel::ModelsPanel(Session& session, QWidget* parent)
    : QWidget(parent), session_(session), list_(new ModelList(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(2 * kStep, 0, 2 * kStep, kStep);
  layout->addWidget(list_);
  connect(list_, &ModelList::model_chosen, &session_, &Session::select_model);
  connect(&session_, &Session::models_changed, this, &ModelsPanel::show_models);
  show_models();
}

ImagesPanel::ImagesPanel(Session& session, QWidget* parent)
    : QWidget(parent), session_(session), list_(new ImageList(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(2 * kStep, 0, 2 * kStep, 2 * kStep);
  layout->setSpacing(2 * kStep);
  drop_ = new QPushButton(tr("Drop photos, folders\nor checkpoints"), this);
  drop_->setObjectName(QStringLiteral("dropHint"));
  drop_->setToolTip(tr("Or click to open files"));
  layout->addWidget(list_, 1);
  layout->addWidget(drop_);
  connect(drop_, &QPushButton::clicked, this, &ImagesPanel::open_requested);
  connect(list_, &ImageList::image_chosen, &session_, &Session::select_image);
  connect(&session_, &Session::images_changed, this, &ImagesPanel::show_images);
  show_images();
}

void ModelsPanel::show_models() {
  std::vector<ModelEntry> entries;
  for (const ModelSource& source : session_.models()) {
    ModelEntry entry;
    entry.name =
        source.model ? QString::fromStdString(source.model->name) : QString::fromStdString(source.path.stem().string());
    entry.broken = !source.problem.isEmpty();
    entry.detail = entry.broken   ? tr("could not be opened")
                   : source.model ? model_summary(*source.model)
                                  : tr("not opened yet");
    entry.tool_tip = model_tool_tip(source);
    entries.push_back(std::move(entry));
  }
  list_->set_models(entries, session_.model_index());
}

void ImagesPanel::show_images() {
  std::vector<ImageEntry> entries;
  for (const ImageSource& source : session_.images()) {
    ImageEntry entry;
    entry.name = file_name(source.path);
    entry.thumbnail = source.thumbnail;
    entry.broken = !source.problem.isEmpty();
    entry.tool_tip = entry.broken ? source.problem : QString::fromStdString(source.path.string());
    entries.push_back(std::move(entry));
  }
  list_->set_images(entries, session_.image_index());
}

}  // namespace orderscope
