// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/weights_model.h"

#include "widgets/figure/format.h"

namespace orderscope {
namespace {

QString megabytes(std::int64_t bytes) {
  return QStringLiteral("%1 MB").arg(static_cast<double>(bytes) * 1e-6, 0, 'f', 0);
}

}  // namespace

QString size_text(const PublishedWeights& weights) {
  return (weights.bytes ? QString() : QStringLiteral("≈ ")) + megabytes(weights.estimated_bytes());
}

WeightsModel::WeightsModel(WeightsCatalogue catalogue, std::filesystem::path folder, QObject* parent)
    : QAbstractTableModel(parent), folder_(std::move(folder)) {
  for (PublishedWeights& weights : catalogue) {
    LocalWeights local = local_weights(weights, folder_);
    rows_.push_back({std::move(weights), std::move(local), false, -1, {}, {}});
  }
}

int WeightsModel::row_of(const QString& name) const {
  for (std::size_t i = 0; i < rows_.size(); ++i)
    if (rows_[i].weights.name == name.toStdString()) return static_cast<int>(i);
  return -1;
}

void WeightsModel::set_folder(std::filesystem::path folder) {
  folder_ = std::move(folder);
  for (Row& row : rows_) row.local = local_weights(row.weights, folder_);
  if (!rows_.empty()) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

void WeightsModel::set_progress(int row, double fraction, const QString& text) {
  Row& target = rows_[static_cast<std::size_t>(row)];
  target.downloading = true;
  target.fraction = fraction;
  target.text = text;
  target.problem.clear();
  changed(row);
}

void WeightsModel::set_finished(int row, const QString& problem) {
  Row& target = rows_[static_cast<std::size_t>(row)];
  target.downloading = false;
  target.text.clear();
  target.problem = problem;
  target.local = local_weights(target.weights, folder_);
  changed(row);
}

void WeightsModel::changed(int row) { Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1)); }

int WeightsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int WeightsModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QString WeightsModel::state_text(const Row& row) const {
  if (row.downloading) return row.text;
  if (!row.problem.isEmpty()) return tr("failed");
  switch (row.local.state) {
    case WeightsState::Absent: return {};
    case WeightsState::Partial: return tr("interrupted at %1").arg(megabytes(row.local.bytes));
    case WeightsState::Present: return tr("here");
  }
  return {};
}

QString WeightsModel::text_of(const Row& row, int column) const {
  const PublishedWeights& weights = row.weights;
  switch (column) {
    case Name: return QString::fromStdString(weights.name);
    case Variant: return QString::fromStdString(weights.variant);
    case TrainedOn: return QString::fromStdString(weights.trained_on);
    case ImageSize: return QString::number(weights.image_size);
    case Parameters: return count_text(weights.parameters);
    case Size: return size_text(weights);
    case Licence: return QString::fromStdString(weights.source.licence);
    case State: return state_text(row);
    default: return {};
  }
}

QVariant WeightsModel::sort_key(const Row& row, int column) const {
  switch (column) {
    case ImageSize: return row.weights.image_size;
    case Parameters: return qlonglong{row.weights.parameters};
    case Size: return qlonglong{row.weights.estimated_bytes()};
    case State: return row.downloading ? 3 : static_cast<int>(row.local.state);
    default: return text_of(row, column);
  }
}

QVariant WeightsModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid)) return {};
  const Row& row = rows_[static_cast<std::size_t>(index.row())];
  const int column = index.column();
  switch (role) {
    case Qt::DisplayRole: return text_of(row, column);
    case SortRole: return sort_key(row, column);
    case ProgressRole: return row.downloading ? QVariant(row.fraction) : QVariant();
    case FailedRole: return !row.problem.isEmpty();
    case Qt::TextAlignmentRole:
      if (column == ImageSize || column == Parameters || column == Size)
        return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
      return {};
    case Qt::ToolTipRole:
      if (column == State && !row.problem.isEmpty()) return row.problem;
      if (column == Licence) return QString::fromStdString(row.weights.source.licence_note);
      if (column == Size && !row.weights.bytes) return tr("Not published; four bytes a parameter");
      return {};
    default: return {};
  }
}

QVariant WeightsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole)
    return static_cast<int>(
        (section == ImageSize || section == Parameters || section == Size ? Qt::AlignRight : Qt::AlignLeft) |
        Qt::AlignVCenter);
  if (role != Qt::DisplayRole) return {};
  switch (section) {
    case Name: return tr("Name");
    case Variant: return tr("Model");
    case TrainedOn: return tr("Trained on");
    case ImageSize: return tr("Input");
    case Parameters: return tr("Parameters");
    case Size: return tr("Size");
    case Licence: return tr("Licence");
    case State: return tr("State");
    default: return {};
  }
}

}  // namespace orderscope
