// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>
#include <memory>
#include <optional>
#include <vector>

#include "app/gui/inspection_engine.h"
#include "app/gui/job_runner.h"
#include "core/run/order_inspection.h"

namespace orderscope {

class Session;

/// What is being computed and how far it is.
struct OrdersProgress {
  QString what;  ///< "terms", "shares", "channels"
  QString activity;
  double fraction = -1;  ///< below 0: not known
};

/// Computes what the orders page shows beyond the session's own maps, a job after the other on the page's thread, the
/// mixer before all else. What belongs to a photo, block or class that is no longer chosen is dropped.
class OrdersWork : public QObject {
  Q_OBJECT

 public:
  OrdersWork(Session& session, JobRunner& jobs, QObject* parent = nullptr);

  void set_in_front(bool in_front);  ///< computes nothing for a page that nobody sees
  void set_by_gates(bool by_gates);
  void set_shares_wanted(bool wanted);
  void set_tap(const std::string& tap);  ///< whose channels to look into; empty: none
  /// The newest factors win: while one mix runs, those that come are kept, and the last of them is next. None: the
  /// network as it is, which needs no computation.
  void set_factors(std::vector<OrderFactor> factors);
  void cancel();
  void retry();

  /// The chosen block taken apart for the explained class; null while it is not.
  std::shared_ptr<const OrderTermSum> terms() const { return terms_; }
  const QString& terms_problem() const { return terms_problem_; }
  const std::vector<OrderTermShares>& shares() const { return shares_; }  ///< empty while they are not there
  const QString& shares_problem() const { return shares_problem_; }
  const std::string& tap() const { return tap_; }
  std::shared_ptr<const TapChannels> channels() const { return channels_; }  ///< null while they are not there
  const QString& channels_problem() const { return channels_problem_; }
  /// All classes under the factors mixed last; null without factors.
  std::shared_ptr<const std::vector<ClassScore>> mixed() const { return mixed_; }
  const QString& mix_problem() const { return mix_problem_; }
  const std::optional<OrdersProgress>& progress() const { return progress_; }
  bool idle() const { return running_.isEmpty() && !mix_pending_; }
  bool stopped() const { return stopped_; }  ///< cancelled: retry() goes on

 Q_SIGNALS:
  void changed();  ///< terms, shares, channels or why there are none
  void mixed_changed();
  void progressed();

 private:
  void take_session();
  void renew_inspection();  ///< with nothing computed yet
  void forget_terms();
  void notice_cancelled();
  void advance();
  void start_mix();
  void start_terms();
  void start_shares();
  void start_channels();
  void begin(const QString& what, const QString& title);
  void stop(const QString& what);
  JobContext told(const QString& what, const JobContext& job);
  bool has_orders() const;  ///< the chosen block
  bool any_orders() const;

  Session& session_;
  JobRunner& jobs_;
  bool in_front_ = false, by_gates_ = false, shares_wanted_ = false, stopped_ = false;
  std::shared_ptr<const ForwardResult> result_;  ///< that everything here is of
  std::shared_ptr<OrderInspection> inspection_;  ///< the worker's alone once a job has it
  int block_ = -1;                               ///< of terms_
  std::shared_ptr<const ClassView> view_;        ///< of terms_, which explain the same
  std::shared_ptr<const OrderTermSum> terms_;
  std::vector<OrderTermShares> shares_;
  std::string tap_;
  std::shared_ptr<const TapChannels> channels_;
  std::vector<OrderFactor> factors_;
  bool mix_pending_ = false;
  std::shared_ptr<const std::vector<ClassScore>> mixed_;
  QString terms_problem_, shares_problem_, channels_problem_, mix_problem_;
  QString running_;  ///< name of the job; empty: none
  std::optional<OrdersProgress> progress_;
};

}  // namespace orderscope
