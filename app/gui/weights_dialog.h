// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <filesystem>

#include "core/weights/store.h"

class QLabel;
class QLineEdit;
class QPushButton;

namespace orderscope {

class Banner;
class WeightsDownloads;
class WeightsModel;
class WeightsTable;

/// The published checkpoints: what they are, under which licence, what is here; downloads them when asked to. It is not
/// modal, and downloads go on while it is hidden.
class WeightsDialog : public QDialog {
  Q_OBJECT

 public:
  WeightsDialog(const WeightsCatalogue& catalogue, const std::filesystem::path& folder, const GetOptions& options = {},
                QWidget* parent = nullptr);

  WeightsTable* table() const { return table_; }
  WeightsModel* model() const { return model_; }
  QLineEdit* filter() const { return filter_; }
  QLabel* details() const { return details_; }
  Banner* banner() const { return banner_; }
  QPushButton* download_button() const { return download_; }
  QPushButton* cancel_button() const { return cancel_; }
  QPushButton* open_button() const { return open_; }

 Q_SIGNALS:
  void open_requested(const std::filesystem::path& file);

 private:
  void make_buttons();
  void show_chosen();
  void download_chosen();
  void open_chosen();
  void choose_folder();

  WeightsModel* model_;
  WeightsDownloads* downloads_;
  QLineEdit* filter_;
  WeightsTable* table_;
  QLabel* title_;
  QLabel* details_;
  Banner* banner_;
  QLabel* folder_;
  QPushButton* download_;
  QPushButton* cancel_;
  QPushButton* open_;
};

}  // namespace orderscope
