// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/data_set_setup.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QTableWidget>
#include <QVBoxLayout>

#include "core/analysis/descriptor.h"
#include "core/run/batch_images.h"
#include "widgets/banner.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

/// Whether a run can do it without being told more: methods that look at one image, whose settings have defaults.
bool runs_by_default(const MethodDescriptor& method) {
  BatchConfig config;
  config.models = {{"model", {}}};
  config.images = {"images"};
  config.methods = {{method.id, {}}};
  return check_batch_config(config).has_value();
}

QString parameters_of(const MethodDescriptor& method) {
  QStringList lines;
  for (const MethodParameter& parameter : method.parameters)
    lines << QStringLiteral("%1=%2: %3")
                 .arg(QString::fromStdString(parameter.name), QString::fromStdString(parameter.default_value),
                      QString::fromStdString(parameter.help));
  return lines.join('\n');
}

QWidget* beside(std::initializer_list<QWidget*> widgets, QWidget* parent) {
  auto* line = new QWidget(parent);
  auto* layout = new QHBoxLayout(line);
  layout->setContentsMargins(0, 0, 0, 0);
  for (QWidget* widget : widgets) layout->addWidget(widget, qobject_cast<QLineEdit*>(widget) ? 1 : 0);
  if (!qobject_cast<QLineEdit*>(*widgets.begin())) layout->addStretch(1);
  return line;
}

}  // namespace

DataSetSetup::DataSetSetup(QWidget* parent) : QDialog(parent), banner_(new Banner(this)) {
  setWindowTitle(tr("New run over a data set"));
  resize(720, 640);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(4 * kStep, 4 * kStep, 4 * kStep, 4 * kStep);
  layout->setSpacing(3 * kStep);
  layout->addWidget(banner_);
  layout->addWidget(make_form(), 1);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
  QPushButton* go = buttons->addButton(tr("Start"), QDialogButtonBox::AcceptRole);
  go->setToolTip(tr("Begin the run; it can be paused at any time"));
  go->setDefault(true);
  layout->addWidget(buttons);
  connect(buttons, &QDialogButtonBox::accepted, this, &DataSetSetup::start);
  connect(buttons, &QDialogButtonBox::rejected, this, &DataSetSetup::reject);
}

QWidget* DataSetSetup::make_form() {
  auto* page = new QWidget(this);
  auto* form = new QFormLayout(page);
  form->setContentsMargins(0, 0, 0, 0);
  form->setVerticalSpacing(2 * kStep);
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  const auto button = [&](const QString& text, const QString& tool_tip) {
    auto* result = new QPushButton(text, page);
    result->setToolTip(tool_tip);
    result->setAutoDefault(false);
    return result;
  };
  const auto check = [&](const QString& text, const QString& tool_tip, bool on) {
    auto* result = new QCheckBox(text, page);
    result->setToolTip(tool_tip);
    result->setChecked(on);
    return result;
  };
  const auto number = [&](int low, int high, int value, const QString& name, const QString& tool_tip) {
    auto* result = new QSpinBox(page);
    result->setRange(low, high);
    result->setValue(value);
    result->setToolTip(tool_tip);
    result->setAccessibleName(name);
    return result;
  };

  images_ = new QLineEdit(page);
  images_->setPlaceholderText(tr("A folder, a list, or a CSV file"));
  images_->setToolTip(
      tr("Folders name the classes. A list has a path a line; a CSV file has a column path, and if it likes label"));
  auto* folder = button(tr("Folder…"), tr("Choose a folder of images"));
  auto* file = button(tr("List…"), tr("Choose a list or a CSV file"));
  form->addRow(tr("&Images"), beside({images_, folder, file}, page));
  lists_anywhere_ =
      check(tr("the list may name images outside its folder"),
            tr("Else what it names must lie beside it or below: a list of somebody else could put your own "
               "pictures into results"),
            false);
  lists_anywhere_->hide();
  form->addRow(QString(), lists_anywhere_);
  connect(images_, &QLineEdit::textChanged, this, [this](const QString& text) {
    std::error_code error;
    lists_anywhere_->setVisible(std::filesystem::is_regular_file(text.trimmed().toStdString(), error));
  });
  models_ = new QListWidget(page);
  models_->setSpacing(2);
  models_->setAccessibleName(tr("Models of the run"));
  models_->setToolTip(tr("The open models; those that are ticked see every image"));
  models_->setMaximumHeight(110);
  form->addRow(tr("&Models"), models_);
  gradients_ =
      check(tr("gradients"), tr("Contributions of the orders and Grad-CAM's figures: a backward pass an image"), true);
  faithfulness_ =
      check(tr("faithfulness"), tr("Of Grad-CAM and of the first map of each method: 50 steps an image, slow"), false);
  form->addRow(tr("Measure"), beside({gradients_, faithfulness_}, page));
  network_ = check(tr("network"), tr("The prediction with each order's gates at zero in all blocks"), true);
  stage_ = check(tr("each stage"), tr("The same stage by stage: about as many passes as orders of all stages"), false);
  block_ = check(tr("each block"), tr("The same block by block: slow"), false);
  form->addRow(tr("Without an order"), beside({network_, stage_, block_}, page));
  methods_ = new QTableWidget(page);
  methods_->setAccessibleName(tr("Methods of the run"));
  fill_methods();
  form->addRow(tr("Me&thods"), methods_);
  batch_ = number(1, 4096, 16, tr("Images a pass"), tr("Images a pass: more is faster and takes more memory"));
  chunk_ = number(1, 1000000, 64, tr("Images a transaction"), tr("Images a transaction: what a pause finishes first"));
  size_ = number(0, 16384, 0, tr("Side of the input"), tr("Side of the models' input in pixels"));
  size_->setSpecialValueText(tr("as the model"));
  auto* chunk = new QLabel(tr("&chunk"), page);
  chunk->setBuddy(chunk_);
  auto* size = new QLabel(tr("&size"), page);
  size->setBuddy(size_);
  form->addRow(tr("&Batch"), beside({batch_, chunk, chunk_, size, size_}, page));
  run_ = new QLineEdit(page);
  run_->setPlaceholderText(tr("A folder to keep the results in"));
  run_->setToolTip(tr("Everything is kept there in one file; the same settings on the same folder go on with it"));
  auto* choose = button(tr("Folder…"), tr("Choose where the run is kept"));
  form->addRow(tr("&Run folder"), beside({run_, choose}, page));

  connect(folder, &QPushButton::clicked, this, [this] {
    const QString path = QFileDialog::getExistingDirectory(this, tr("Folder of images"), images_->text());
    if (!path.isEmpty()) set_images(path);
  });
  connect(file, &QPushButton::clicked, this, [this] {
    const QString path = QFileDialog::getOpenFileName(this, tr("List of images"), images_->text(),
                                                      tr("Lists (*.csv *.txt);;All files (*)"));
    if (!path.isEmpty()) set_images(path);
  });
  connect(choose, &QPushButton::clicked, this, [this] {
    const QString path = QFileDialog::getExistingDirectory(this, tr("Folder of the run"), run_->text());
    if (!path.isEmpty()) run_->setText(path);
  });
  return page;
}

void DataSetSetup::fill_methods() {
  methods_->setColumnCount(2);
  methods_->setHorizontalHeaderLabels({tr("method"), tr("parameters")});
  methods_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft);
  methods_->horizontalHeader()->setStretchLastSection(true);
  methods_->horizontalHeader()->setHighlightSections(false);
  methods_->verticalHeader()->hide();
  methods_->setShowGrid(false);
  methods_->setTabKeyNavigation(false);
  for (const MethodDescriptor* method : orderscope::methods()) {
    if (!runs_by_default(*method)) continue;
    const int row = methods_->rowCount();
    methods_->insertRow(row);
    auto* name = new QTableWidgetItem(QString::fromStdString(method->title));
    name->setFlags(Qt::ItemIsEnabled | Qt::ItemIsUserCheckable | Qt::ItemIsSelectable);
    name->setCheckState(Qt::Unchecked);
    name->setData(Qt::UserRole, QString::fromStdString(method->id));
    name->setToolTip(QString::fromStdString(method->citation));
    auto* parameters = new QTableWidgetItem;
    const QString known = parameters_of(*method);
    parameters->setToolTip(known.isEmpty() ? tr("It has no parameters") : tr("NAME=VALUE,… instead of\n%1").arg(known));
    if (known.isEmpty()) parameters->setFlags(Qt::ItemIsEnabled);
    methods_->setItem(row, 0, name);
    methods_->setItem(row, 1, parameters);
  }
  methods_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 2 * kStep);
  methods_->setColumnWidth(0, 240);
}

void DataSetSetup::set_models(const std::vector<Model>& models) {
  models_->clear();
  for (const Model& model : models) {
    auto* item = new QListWidgetItem(model.name, models_);
    item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsUserCheckable | Qt::ItemIsSelectable);
    item->setCheckState(Qt::Checked);
    item->setData(Qt::UserRole, QString::fromStdString(model.path.string()));
    item->setToolTip(QString::fromStdString(model.path.string()));
  }
}

void DataSetSetup::set_images(const QString& path) {
  const std::filesystem::path images = path.toStdString();
  const auto suggested = [](const std::filesystem::path& from) {
    const auto name = from.stem().empty() ? from.parent_path().stem() : from.stem();
    const auto parent = from.filename().empty() ? from.parent_path().parent_path() : from.parent_path();
    return QString::fromStdString((parent / (name.string() + "-run")).string());
  };
  const QString before = images_->text();
  if (run_->text().isEmpty() || run_->text() == suggested(before.toStdString())) run_->setText(suggested(images));
  images_->setText(path);
}

void DataSetSetup::set_run(const QString& folder) { run_->setText(folder); }

std::filesystem::path DataSetSetup::run() const { return run_->text().trimmed().toStdString(); }

Result<BatchConfig> DataSetSetup::config() const {
  BatchConfig config;
  if (!images_->text().trimmed().isEmpty()) config.images = {images_->text().trimmed().toStdString()};
  if (!(lists_anywhere_->isVisibleTo(this) && lists_anywhere_->isChecked()))
    config.list_scope = scope_of_lists(config.images);
  for (int i = 0; i < models_->count(); ++i) {
    const QListWidgetItem* item = models_->item(i);
    if (item->checkState() == Qt::Checked)
      config.models.push_back({item->data(Qt::UserRole).toString().toStdString(), {}});
  }
  for (int row = 0; row < methods_->rowCount(); ++row) {
    const QTableWidgetItem* item = methods_->item(row, 0);
    if (item->checkState() != Qt::Checked) continue;
    const std::string id = item->data(Qt::UserRole).toString().toStdString();
    const std::string parameters = methods_->item(row, 1)->text().trimmed().toStdString();
    TRY(BatchMethod method, batch_method_from_text(parameters.empty() ? id : id + ":" + parameters));
    config.methods.push_back(std::move(method));
  }
  config.gradients = gradients_->isChecked();
  config.faithfulness = faithfulness_->isChecked();
  for (const auto& [box, scope] :
       {std::pair(network_, "network"), std::pair(stage_, "stage"), std::pair(block_, "block")})
    if (box->isChecked()) config.ablate.emplace_back(scope);
  config.batch = batch_->value();
  config.chunk = chunk_->value();
  config.size = size_->value();
  TRY_VOID(check_batch_config(config));
  if (run().empty()) return fail(Error::Kind::InvalidInput, "no folder is named to keep it in", "run folder");
  return config;
}

void DataSetSetup::start() {
  const auto asked = config();
  if (!asked) return banner_->show_message(QString::fromStdString(asked.error().message()));
  Q_EMIT start_requested(run(), *asked);
  accept();
}

}  // namespace orderscope
