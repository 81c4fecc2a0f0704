// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/weights_dialog.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>
#include <initializer_list>

#include "app/gui/weights_downloads.h"
#include "core/weights/folder.h"
#include "widgets/banner.h"
#include "widgets/theme.h"
#include "widgets/weights_model.h"
#include "widgets/weights_table.h"

namespace orderscope {
namespace {

QString text(const std::string& value) { return QString::fromStdString(value).toHtmlEscaped(); }

/// What somebody should know before the download.
QString description(const PublishedWeights& weights, const LocalWeights& local) {
  const auto row = [](const QString& label, const QString& value) {
    return QStringLiteral("<tr><td style='padding-right:16px'>%1</td><td>%2</td></tr>").arg(label, value);
  };
  const auto tr = [](const char* line) { return WeightsDialog::tr(line); };
  const WeightsSource& source = weights.source;
  QString rows =
      row(tr("Licence"), QStringLiteral("<b>%1</b>, %2").arg(text(source.licence), text(source.licence_note)));
  rows += row(tr("Published by"), QStringLiteral("<a href='%1'>%2</a>").arg(text(source.page), text(source.title)));
  rows += row(tr("From"), text(weights.urls.front()));
  QString accuracy =
      weights.top1 ? tr("%1 % top-1 on ImageNet-1K, as published").arg(*weights.top1) : tr("not published");
  if (weights.classes != 1000) accuracy = tr("%1 classes").arg(weights.classes);
  rows += row(tr("Accuracy"), accuracy);
  QString checksum = tr("none published; the first download's is recorded and later ones are held against it");
  if (!weights.sha256.empty()) checksum = tr("SHA-256 begins with %1, as published").arg(text(weights.sha256));
  if (local.record)
    checksum = tr("SHA-256 %1, downloaded %2")
                   .arg(text(local.record->sha256.substr(0, 16)) + QStringLiteral("…"), text(local.record->downloaded));
  rows += row(tr("Checksum"), checksum);
  if (!weights.note.empty()) rows += row(tr("Note"), text(weights.note));
  return QStringLiteral("<table>%1</table>").arg(rows);
}

}  // namespace

WeightsDialog::WeightsDialog(const WeightsCatalogue& catalogue, const std::filesystem::path& folder,
                             const GetOptions& options, QWidget* parent)
    : QDialog(parent),
      model_(new WeightsModel(catalogue, folder, this)),
      downloads_(new WeightsDownloads(options, this)),
      filter_(new QLineEdit(this)),
      table_(new WeightsTable(*model_, this)),
      title_(make_heading({}, this)),
      details_(new QLabel(this)),
      banner_(new Banner(this)),
      folder_(new QLabel(this)) {
  setWindowTitle(tr("Published weights"));
  resize(1080, 680);
  filter_->setPlaceholderText(tr("Filter by name, model, data set or licence"));
  filter_->setAccessibleName(tr("Filter"));
  filter_->setClearButtonEnabled(true);
  details_->setWordWrap(true);
  details_->setTextFormat(Qt::RichText);
  details_->setOpenExternalLinks(true);
  details_->setAlignment(Qt::AlignTop);
  details_->setTextInteractionFlags(Qt::TextBrowserInteraction);
  folder_->setForegroundRole(QPalette::PlaceholderText);
  folder_->setFont(small_font(font()));
  folder_->setTextFormat(Qt::PlainText);

  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(4 * kStep, 4 * kStep, 4 * kStep, 4 * kStep);
  layout->setSpacing(3 * kStep);
  layout->addWidget(filter_);
  layout->addWidget(table_, 1);
  layout->addWidget(title_);
  layout->addWidget(details_);
  layout->addWidget(banner_);
  make_buttons();

  connect(filter_, &QLineEdit::textChanged, table_, &WeightsTable::set_filter);
  connect(table_, &WeightsTable::chosen_changed, this, &WeightsDialog::show_chosen);
  connect(table_, &QTableView::doubleClicked, this, &WeightsDialog::open_chosen);
  connect(model_, &WeightsModel::dataChanged, this, &WeightsDialog::show_chosen);
  connect(downloads_, &WeightsDownloads::progressed, this,
          [this](const QString& name, double fraction, const QString& line) {
            if (const int row = model_->row_of(name); row >= 0) model_->set_progress(row, fraction, line);
          });
  connect(downloads_, &WeightsDownloads::finished, this, [this](const QString& name, const QString& problem) {
    if (const int row = model_->row_of(name); row >= 0) model_->set_finished(row, problem);
  });
  table_->choose(0);
  show_chosen();
}

void WeightsDialog::make_buttons() {
  auto* line = new QHBoxLayout;
  line->setSpacing(2 * kStep);
  const auto add = [&](const QString& label, const QString& tip, auto slot) {
    auto* button = new QPushButton(label, this);
    button->setToolTip(tip);
    button->setAutoDefault(false);
    connect(button, &QPushButton::clicked, this, slot);
    line->addWidget(button);
    return button;
  };
  auto* change = add(tr("&Folder…"), tr("Keep weights in another folder from now on"), &WeightsDialog::choose_folder);
  line->addWidget(folder_, 1);
  cancel_ = add(tr("&Cancel download"), tr("Stop; what has come is kept and gone on with"), [this] {
    if (const int row = table_->chosen(); row >= 0)
      downloads_->cancel(QString::fromStdString(model_->weights(row).name));
  });
  open_ = add(tr("&Open"), tr("Show this model in the window"), &WeightsDialog::open_chosen);
  download_ =
      add(tr("&Download"), tr("Get these weights from where they were published"), &WeightsDialog::download_chosen);
  static_cast<QVBoxLayout*>(layout())->addLayout(line);
  QWidget* last = filter_;
  for (QWidget* next : std::initializer_list<QWidget*>{table_, details_, download_, open_, cancel_, change}) {
    setTabOrder(last, next);
    last = next;
  }
}

void WeightsDialog::show_chosen() {
  const int row = table_->chosen();
  const bool any = row >= 0;
  const bool busy = any && model_->downloading(row);
  const bool here = any && model_->local(row).state == WeightsState::Present;
  folder_->setText(QString::fromStdString(model_->folder().string()));
  download_->setEnabled(any && !busy && !here);
  cancel_->setEnabled(busy);
  open_->setEnabled(here && !busy);
  title_->setText(any ? QString::fromStdString(model_->weights(row).name) : tr("Nothing chosen"));
  const QString about = any ? description(model_->weights(row), model_->local(row)) : QString();
  // Progress comes ten times a second; a text that is set anew loses its selection.
  if (details_->text() != about) details_->setText(about);
  const bool partial = any && model_->local(row).state == WeightsState::Partial;
  const QString size = any ? size_text(model_->weights(row)) : QString();
  download_->setText(partial ? tr("&Download the rest of %1").arg(size)
                     : any   ? tr("&Download, %1").arg(size)
                             : tr("&Download"));
  const QString problem = any ? model_->problem(row) : QString();
  if (problem.isEmpty()) {
    banner_->hide();
  } else if (banner_->isHidden() || banner_->text() != problem) {
    banner_->show_message(problem);
  }
}

void WeightsDialog::download_chosen() {
  const int row = table_->chosen();
  if (row >= 0) downloads_->start(model_->weights(row), model_->folder());
}

void WeightsDialog::open_chosen() {
  const int row = table_->chosen();
  if (row >= 0 && open_->isEnabled()) Q_EMIT open_requested(model_->local(row).file);
}

void WeightsDialog::choose_folder() {
  const QString chosen = QFileDialog::getExistingDirectory(this, tr("Folder for weights"),
                                                           QString::fromStdString(model_->folder().string()));
  if (chosen.isEmpty()) return;
  if (const auto set = set_weights_folder(chosen.toStdString()); !set)
    return banner_->show_message(QString::fromStdString(set.error().message()));
  model_->set_folder(chosen.toStdString());
}

}  // namespace orderscope
