// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <filesystem>
#include <vector>

#include "core/weights/store.h"

namespace orderscope {

/// Published weights as a table, with what is here of each and how far a download is.
class WeightsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { Name, Variant, TrainedOn, ImageSize, Parameters, Size, Licence, State, ColumnCount };
  enum Role {
    SortRole = Qt::UserRole,  ///< numbers as numbers
    ProgressRole,             ///< 0 to 1 while it is downloaded, -1 while the length is not known, else nothing
    FailedRole,               ///< whether the last download failed
  };

  WeightsModel(WeightsCatalogue catalogue, std::filesystem::path folder, QObject* parent = nullptr);

  const PublishedWeights& weights(int row) const { return rows_[static_cast<std::size_t>(row)].weights; }
  const LocalWeights& local(int row) const { return rows_[static_cast<std::size_t>(row)].local; }
  bool downloading(int row) const { return rows_[static_cast<std::size_t>(row)].downloading; }
  QString problem(int row) const { return rows_[static_cast<std::size_t>(row)].problem; }
  int row_of(const QString& name) const;  ///< -1 if there is none

  const std::filesystem::path& folder() const { return folder_; }
  void set_folder(std::filesystem::path folder);
  void set_progress(int row, double fraction, const QString& text);  ///< fraction -1: not known
  void set_finished(int row, const QString& problem);                ///< empty: it worked or was cancelled

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  struct Row {
    PublishedWeights weights;
    LocalWeights local;
    bool downloading = false;
    double fraction = -1;
    QString text;
    QString problem;
  };
  QString text_of(const Row& row, int column) const;
  QVariant sort_key(const Row& row, int column) const;
  QString state_text(const Row& row) const;
  void changed(int row);

  std::vector<Row> rows_;
  std::filesystem::path folder_;
};

/// "90 MB"; what is only computed from the number of parameters as "≈ 90 MB".
QString size_text(const PublishedWeights& weights);

}  // namespace orderscope
