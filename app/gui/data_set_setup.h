// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <filesystem>
#include <vector>

#include "core/run/batch_config.h"

class QCheckBox;
class QLineEdit;
class QListWidget;
class QSpinBox;
class QTableWidget;

namespace orderscope {

class Banner;

/// What a new run looks at and keeps: images, models of the session, methods by their descriptors, and its folder.
class DataSetSetup : public QDialog {
  Q_OBJECT

 public:
  struct Model {
    QString name;
    std::filesystem::path path;
  };

  explicit DataSetSetup(QWidget* parent = nullptr);

  void set_models(const std::vector<Model>& models);  ///< all are ticked
  void set_images(const QString& path);               ///< a folder, list or CSV file; suggests a folder for the run
  void set_run(const QString& folder);
  /// What is asked for. Errors: as check_batch_config, and InvalidInput without a folder for the run.
  Result<BatchConfig> config() const;
  std::filesystem::path run() const;

  QListWidget* models() const { return models_; }
  QTableWidget* methods() const { return methods_; }
  QCheckBox* network() const { return network_; }
  QSpinBox* batch() const { return batch_; }
  QCheckBox* lists_anywhere() const { return lists_anywhere_; }

 Q_SIGNALS:
  void start_requested(const std::filesystem::path& run, const BatchConfig& config);

 private:
  QWidget* make_form();
  void fill_methods();
  void start();

  Banner* banner_;
  QLineEdit* images_;
  QCheckBox* lists_anywhere_;
  QLineEdit* run_;
  QListWidget* models_;
  QTableWidget* methods_;
  QCheckBox* gradients_;
  QCheckBox* faithfulness_;
  QCheckBox* network_;
  QCheckBox* stage_;
  QCheckBox* block_;
  QSpinBox* batch_;
  QSpinBox* chunk_;
  QSpinBox* size_;
};

}  // namespace orderscope
