// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QTimer>
#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "app/gui/job_runner.h"
#include "core/base/path_scope.h"
#include "core/run/batch_query.h"

namespace orderscope {

/// What the page knows of a run that is open.
struct OpenRun {
  std::filesystem::path path;
  std::vector<BatchModelInfo> models;
  std::vector<std::string> classes;  ///< of the data set
  std::string settings{};            ///< as it keeps them
  PathScope scope{};                 ///< where the models and pictures may lie that it names
};

/// The rows of a run in a given order, an image and model each. It holds their ids and the rows around those that
/// somebody looks at; these are read from the store on a thread of its own, and until they are there a row shows "…".
class DataSetModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column {
    Image,
    Model,
    Label,
    Predicted,
    Outcome,
    Confidence,
    LabelRank,
    Loss,
    Entropy,
    Disagreement,
    Classes,
    Note,
    kColumns
  };
  using Ids = std::shared_ptr<const std::vector<std::int64_t>>;
  static constexpr int kWindow = 128;  ///< rows read at once

  explicit DataSetModel(QObject* parent = nullptr);

  void set_run(std::shared_ptr<const OpenRun> run);  ///< empties the table
  /// `first`: what is known already of the first rows. Ids that only come in addition to those there leave the view
  /// where it is.
  void set_rows(Ids ids, std::vector<BatchRow> first = {});
  const Ids& ids() const { return ids_; }
  const BatchRow* row(int row) const;  ///< null until it was read

  /// What BatchSort calls a column.
  static const char* sort_key(int column);

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 Q_SIGNALS:
  void failed(const QString& text);

 private:
  struct Window {
    std::vector<BatchRow> rows;
    quint64 used = 0;
  };
  using Reader = std::shared_ptr<std::optional<BatchQuery>>;

  QString text(const BatchRow& row, int column) const;
  void want(int window) const;
  void load();
  void take(int window, std::vector<BatchRow> rows);

  std::shared_ptr<const OpenRun> run_;
  Ids ids_ = std::make_shared<const std::vector<std::int64_t>>();
  mutable std::map<int, Window> windows_;
  mutable std::deque<int> wanted_;  ///< the last ones that somebody asked for
  mutable quint64 clock_ = 0;
  mutable QTimer timer_;
  Reader reader_;  ///< used on the loader's thread only
  JobList quiet_;  ///< scrolling is no job that anybody waits for
  JobRunner loader_{quiet_};
};

}  // namespace orderscope
