// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QObject>
#include <QString>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "app/gui/job_runner.h"
#include "app/gui/receptive_field_settings.h"

namespace orderscope {

class Session;

/// One model's field, trained or with random weights, as far as it is known.
struct FieldState {
  std::shared_ptr<const FieldSnapshot> seen;  ///< null before the first image
  QString problem;                            ///< why there is none
};

/// A model of the page.
struct ReceptiveFieldColumn {
  std::filesystem::path path;
  QString name;
  QColor color;
  FieldState trained, control;
};

/// Measures the receptive fields that the page shows: all models image by image, then their random twins, in one job on
/// the page's thread. What it has found so far is kept when it is stopped, so that it goes on from there.
class ReceptiveFieldWork : public QObject {
  Q_OBJECT

 public:
  enum class State {
    Empty,    ///< no models or no pictures
    Waiting,  ///< for start(): it would take long
    Running,
    Paused,
    Done
  };

  ReceptiveFieldWork(Session& session, JobRunner& jobs, QObject* parent = nullptr);
  ~ReceptiveFieldWork() override;

  /// Takes the session's models and pictures. What cannot have changed stays; for a page in front the rest begins by
  /// itself where it is cheap, or where somebody started it before.
  void set_sources(const ReceptiveFieldSettings& settings, bool in_front);
  void start();  ///< begins, or goes on after pause()
  void pause();
  /// From the first image, everything read anew.
  void start_over();

  State state() const;
  const std::vector<ReceptiveFieldColumn>& columns() const { return columns_; }
  const QString& problem() const { return problem_; }    ///< with the pictures
  const QString& activity() const { return activity_; }  ///< "hornet-7x7, image 3 of 6"; empty unless running
  double fraction() const { return fraction_; }          ///< of all images of all models
  bool has_pictures() const;

 Q_SIGNALS:
  void changed();     ///< columns, state or any result
  void progressed();  ///< activity() and fraction() alone

 private:
  struct Task;
  struct Pictures;
  struct Runner;

  void rebuild(const ReceptiveFieldSettings& settings);
  void begin();
  void take(std::size_t task, std::shared_ptr<const FieldSnapshot> seen, const QString& problem);
  void notice_stopped();
  bool cheap() const;
  std::int64_t image_count() const;
  std::vector<std::filesystem::path> session_pictures() const;

  Session& session_;
  JobRunner& jobs_;
  ReceptiveFieldSettings settings_;
  std::vector<std::filesystem::path> files_;  ///< that the pictures were made from
  std::vector<ReceptiveFieldColumn> columns_;
  std::vector<std::shared_ptr<Task>> tasks_;  ///< theirs, trained ones first; the job's alone while it runs
  std::shared_ptr<Pictures> pictures_;
  QString problem_, activity_;
  double fraction_ = 0;
  bool in_front_ = false, asked_ = false, paused_ = false, running_ = false, complete_ = false;
  quint64 generation_ = 0;
};

}  // namespace orderscope
