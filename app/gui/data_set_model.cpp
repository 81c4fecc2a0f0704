// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/data_set_model.h"

#include <QApplication>
#include <QPalette>
#include <algorithm>
#include <cmath>

#include "widgets/figure/format.h"

namespace orderscope {
namespace {

constexpr std::size_t kWindowsKept = 64, kWindowsWanted = 8;

struct ColumnText {
  const char *key, *title, *tool_tip;
};

// In the order of DataSetModel::Column.
constexpr ColumnText kColumnTexts[] = {
    {"path", QT_TRANSLATE_NOOP("orderscope::DataSetModel", "image"),
     QT_TRANSLATE_NOOP("orderscope::DataSetModel", "As the run was given it")},
    {"model", QT_TRANSLATE_NOOP("orderscope::DataSetModel", "model"), ""},
    {"label", QT_TRANSLATE_NOOP("orderscope::DataSetModel", "class"),
     QT_TRANSLATE_NOOP("orderscope::DataSetModel", "The image's class by its folder or list")},
    {"predicted", QT_TRANSLATE_NOOP("orderscope::DataSetModel", "predicted"), ""},
    {"correct", QT_TRANSLATE_NOOP("orderscope::DataSetModel", "outcome"), ""},
    {"confidence", QT_TRANSLATE_NOOP("orderscope::DataSetModel", "confidence"),
     QT_TRANSLATE_NOOP("orderscope::DataSetModel", "Probability of the predicted class")},
    {"label_rank", QT_TRANSLATE_NOOP("orderscope::DataSetModel", "rank"),
     QT_TRANSLATE_NOOP("orderscope::DataSetModel", "Place of the image's class among the predictions, from 1")},
    {"loss", QT_TRANSLATE_NOOP("orderscope::DataSetModel", "loss"),
     QT_TRANSLATE_NOOP("orderscope::DataSetModel", "Cross entropy, nats")},
    {"entropy", QT_TRANSLATE_NOOP("orderscope::DataSetModel", "entropy"),
     QT_TRANSLATE_NOOP("orderscope::DataSetModel", "Of the class probabilities, nats")},
    {"disagreement", QT_TRANSLATE_NOOP("orderscope::DataSetModel", "disagreement"),
     QT_TRANSLATE_NOOP("orderscope::DataSetModel", "Largest Jensen-Shannon divergence between two models, bits")},
    {"predictions", QT_TRANSLATE_NOOP("orderscope::DataSetModel", "named"),
     QT_TRANSLATE_NOOP("orderscope::DataSetModel", "Different classes that the models named")},
    {"note", QT_TRANSLATE_NOOP("orderscope::DataSetModel", "note"),
     QT_TRANSLATE_NOOP("orderscope::DataSetModel", "Why an image is broken, or what failed on it")},
};
static_assert(std::size(kColumnTexts) == DataSetModel::kColumns);

QString name_at(const std::vector<std::string>& names, std::optional<int> place) {
  if (!place) return {};
  const bool known = *place >= 0 && static_cast<std::size_t>(*place) < names.size();
  return known ? QString::fromStdString(names[static_cast<std::size_t>(*place)]) : QString::number(*place);
}

QString number_text(double value) { return std::isfinite(value) ? column_text(value) : QString(); }

}  // namespace

DataSetModel::DataSetModel(QObject* parent) : QAbstractTableModel(parent) {
  timer_.setSingleShot(true);
  timer_.setInterval(0);
  connect(&timer_, &QTimer::timeout, this, &DataSetModel::load);
  connect(&loader_, &JobRunner::busy_changed, this, [this] {
    if (!loader_.busy() && !wanted_.empty()) timer_.start();
  });
}

const char* DataSetModel::sort_key(int column) {
  // Different classes named go with the divergence: the store orders by that.
  if (column == Classes) return "disagreement";
  return column < 0 || column >= kColumns ? "image" : kColumnTexts[column].key;
}

void DataSetModel::set_run(std::shared_ptr<const OpenRun> run) {
  loader_.cancel_all();
  run_ = std::move(run);
  reader_ = std::make_shared<std::optional<BatchQuery>>();
  set_rows(std::make_shared<const std::vector<std::int64_t>>());
}

void DataSetModel::set_rows(Ids ids, std::vector<BatchRow> first) {
  const std::size_t before = ids_->size();
  const bool longer = before > 0 && ids->size() >= before && std::equal(ids_->begin(), ids_->end(), ids->begin());
  if (longer && ids->size() == before) return;
  if (longer) {
    beginInsertRows({}, static_cast<int>(before), static_cast<int>(ids->size()) - 1);
    ids_ = std::move(ids);
    windows_.erase(static_cast<int>(before) / kWindow);  // the last one was not full
    endInsertRows();
    return;
  }
  beginResetModel();
  ids_ = std::move(ids);
  windows_.clear();
  wanted_.clear();
  loader_.cancel(QStringLiteral("rows"));
  for (std::size_t start = 0; start < first.size(); start += kWindow) {
    const auto from = first.begin() + static_cast<std::ptrdiff_t>(start);
    const auto count = static_cast<std::ptrdiff_t>(std::min<std::size_t>(kWindow, first.size() - start));
    const bool whole = count == kWindow || start + static_cast<std::size_t>(count) == ids_->size();
    if (whole) windows_[static_cast<int>(start) / kWindow] = {{from, from + count}, ++clock_};
  }
  endResetModel();
}

const BatchRow* DataSetModel::row(int row) const {
  const auto found = windows_.find(row / kWindow);
  if (row < 0 || found == windows_.end()) return nullptr;
  const auto place = static_cast<std::size_t>(row % kWindow);
  return place < found->second.rows.size() ? &found->second.rows[place] : nullptr;
}

int DataSetModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(ids_->size());
}

int DataSetModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : kColumns; }

QVariant DataSetModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= kColumns) return {};
  if (role == Qt::DisplayRole) return tr(kColumnTexts[section].title);
  if (role == Qt::TextAlignmentRole)
    return static_cast<int>((section >= Confidence && section <= Classes ? Qt::AlignRight : Qt::AlignLeft) |
                            Qt::AlignVCenter);
  if (role != Qt::ToolTipRole) return {};
  const QString what =
      *kColumnTexts[section].tool_tip ? tr(kColumnTexts[section].tool_tip) + QStringLiteral(". ") : QString();
  return what + tr("Click to sort");
}

QVariant DataSetModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const int column = index.column();
  if (role == Qt::TextAlignmentRole)
    return static_cast<int>((column >= Confidence && column <= Classes ? Qt::AlignRight : Qt::AlignLeft) |
                            Qt::AlignVCenter);
  if (role != Qt::DisplayRole && role != Qt::ToolTipRole && role != Qt::ForegroundRole) return {};
  const BatchRow* at = row(index.row());
  if (!at) {
    want(index.row() / kWindow);
    return role == Qt::DisplayRole && column == Image ? QVariant(QStringLiteral("…")) : QVariant();
  }
  windows_[index.row() / kWindow].used = ++clock_;
  if (role == Qt::ForegroundRole) {
    const QPalette colors = QApplication::palette();
    if (column == Note || (column == Outcome && !at->correct.value_or(true))) return colors.color(QPalette::BrightText);
    return column == Image || column == Predicted ? QVariant() : colors.color(QPalette::PlaceholderText);
  }
  if (role == Qt::ToolTipRole && column == Image) return QString::fromStdString(at->path);
  return text(*at, column);
}

QString DataSetModel::text(const BatchRow& row, int column) const {
  const BatchModelInfo* model = nullptr;
  if (run_ && row.model >= 0 && static_cast<std::size_t>(row.model) < run_->models.size())
    model = &run_->models[static_cast<std::size_t>(row.model)];
  switch (column) {
    // Folders are the class, or the same for all; the tool tip has them.
    case Image: return QString::fromStdString(std::filesystem::path(row.path).filename().string());
    case Model: return model ? QString::fromStdString(model->name) : QString::number(row.model);
    case Label: return run_ ? name_at(run_->classes, row.set_label) : QString();
    case Predicted: return model ? name_at(model->class_names, row.predicted) : QString();
    case Outcome:
      if (!row.predicted) return tr("broken");
      return row.correct ? (*row.correct ? tr("right") : tr("wrong")) : QString();
    case Confidence: return number_text(row.confidence);
    case LabelRank: return row.label_rank ? QString::number(*row.label_rank + 1) : QString();
    case Loss: return number_text(row.loss);
    case Entropy: return number_text(row.entropy);
    case Disagreement: return number_text(row.disagreement);
    case Classes: return row.predictions > 0 ? QString::number(row.predictions) : QString();
    case Note: return QString::fromStdString(row.note).simplified();
    default: return {};
  }
}

void DataSetModel::want(int window) const {
  if (!run_ || std::ranges::find(wanted_, window) != wanted_.end()) return;
  wanted_.push_back(window);
  if (wanted_.size() > kWindowsWanted) wanted_.pop_front();  // somebody scrolled on
  if (!timer_.isActive() && !loader_.busy()) timer_.start();
}

void DataSetModel::load() {
  if (wanted_.empty() || loader_.busy()) return;
  const int window = wanted_.back();
  const std::size_t start = static_cast<std::size_t>(window) * kWindow;
  if (start >= ids_->size()) {
    wanted_.pop_back();
    return load();
  }
  using Rows = std::vector<BatchRow>;
  loader_.start<Rows>(
      QStringLiteral("rows"), tr("rows of a table"),
      [reader = reader_, path = run_->path, ids = ids_, start](const JobContext&) -> Result<Rows> {
        if (!reader->has_value()) {
          TRY(BatchQuery query, BatchQuery::open(path));
          reader->emplace(std::move(query));
        }
        return (*reader)->rows(ids->data() + start, std::min<std::size_t>(kWindow, ids->size() - start));
      },
      [this, window, ids = ids_](Result<Rows> rows) {
        std::erase(wanted_, window);
        if (ids != ids_) return;
        if (rows)
          take(window, std::move(*rows));
        else
          Q_EMIT failed(QString::fromStdString(rows.error().message()));
      });
}

void DataSetModel::take(int window, std::vector<BatchRow> rows) {
  windows_[window] = {std::move(rows), ++clock_};
  while (windows_.size() > kWindowsKept)
    windows_.erase(std::ranges::min_element(windows_, {}, [](const auto& entry) { return entry.second.used; }));
  const int first = window * kWindow, last = std::min(first + kWindow, rowCount()) - 1;
  Q_EMIT dataChanged(index(first, 0), index(last, kColumns - 1));
}

}  // namespace orderscope
