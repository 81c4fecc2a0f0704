// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/orders_work.h"

#include <QElapsedTimer>
#include <algorithm>
#include <utility>

#include "app/gui/session.h"

namespace orderscope {
namespace {

constexpr int kProgressInterval = 50;  // milliseconds
const QString kMix = QStringLiteral("mix"), kTerms = QStringLiteral("terms"), kShares = QStringLiteral("shares"),
              kChannels = QStringLiteral("channels");
constexpr int kChannelsShown = 8;

}  // namespace

OrdersWork::OrdersWork(Session& session, JobRunner& jobs, QObject* parent)
    : QObject(parent), session_(session), jobs_(jobs) {
  jobs_.keep_quiet(kMix);
  connect(&jobs_, &JobRunner::busy_changed, this, &OrdersWork::notice_cancelled);
  connect(&session_, &Session::result_changed, this, &OrdersWork::take_session);
  connect(&session_, &Session::view_changed, this, &OrdersWork::take_session);
  connect(&session_, &Session::block_changed, this, &OrdersWork::take_session);
}

// A job that ended without a result was cancelled in the list of jobs.
void OrdersWork::notice_cancelled() {
  if (running_.isEmpty() || jobs_.busy(running_)) return;
  stopped_ = stopped_ || running_ != kMix;
  running_.clear();
  progress_.reset();
  mix_pending_ = false;
  Q_EMIT changed();
  advance();
}

void OrdersWork::take_session() {
  if (session_.result() != result_) {
    for (const QString& what : {kMix, kTerms, kShares, kChannels}) stop(what);
    result_ = session_.result();
    renew_inspection();
    shares_.clear();
    shares_problem_.clear();
    tap_.clear();
    channels_.reset();
    channels_problem_.clear();
    // Factors name blocks: whoever has the sliders says what they mean in this model.
    factors_.clear();
    mix_pending_ = false;
    mixed_.reset();
    mix_problem_.clear();
    stopped_ = false;
    forget_terms();
    Q_EMIT mixed_changed();
  }
  if (session_.block() != block_ || session_.view() != view_) forget_terms();
  block_ = session_.block();
  view_ = session_.view();
  advance();
}

void OrdersWork::renew_inspection() {
  inspection_.reset();
  // A model without a network is one that no file was read for.
  if (result_ && result_->subject)
    inspection_ = std::make_shared<OrderInspection>(result_->subject);
  else if (result_ && result_->model->backbone)
    inspection_ = std::make_shared<OrderInspection>(result_->model, result_->input);
}

void OrdersWork::forget_terms() {
  stop(kTerms);
  terms_.reset();
  terms_problem_.clear();
  Q_EMIT changed();
}

void OrdersWork::set_in_front(bool in_front) {
  in_front_ = in_front;
  // The forward pass of a segmenter or detector takes gigabytes, which another page will want; what is shown stays.
  if (!in_front && result_ && result_->subject) renew_inspection();
  advance();
}

void OrdersWork::set_by_gates(bool by_gates) {
  if (by_gates == by_gates_) return;
  by_gates_ = by_gates;
  forget_terms();
  advance();
}

void OrdersWork::set_shares_wanted(bool wanted) {
  if (wanted == shares_wanted_) return;
  shares_wanted_ = wanted;
  if (!wanted) stop(kShares);
  Q_EMIT changed();
  advance();
}

void OrdersWork::set_tap(const std::string& tap) {
  if (tap == tap_) return;
  stop(kChannels);
  tap_ = tap;
  channels_.reset();
  channels_problem_.clear();
  Q_EMIT changed();
  advance();
}

void OrdersWork::set_factors(std::vector<OrderFactor> factors) {
  factors_ = std::move(factors);
  if (factors_.empty()) {
    stop(kMix);
    mix_pending_ = false;
    mixed_.reset();
    mix_problem_.clear();
    Q_EMIT mixed_changed();
  } else {
    mix_pending_ = true;
  }
  advance();
}

void OrdersWork::cancel() {
  for (const QString& what : {kMix, kTerms, kShares, kChannels}) stop(what);
  mix_pending_ = false;
  stopped_ = true;
  Q_EMIT changed();
}

void OrdersWork::retry() {
  stopped_ = false;
  terms_problem_.clear();
  shares_problem_.clear();
  channels_problem_.clear();
  Q_EMIT changed();
  advance();
}

void OrdersWork::stop(const QString& what) {
  jobs_.cancel(what);
  if (running_ != what) return;
  running_.clear();
  progress_.reset();
}

bool OrdersWork::has_orders() const {
  const auto block = static_cast<std::size_t>(block_);
  return result_ && block_ >= 0 && block < result_->model->blocks.size() && result_->model->blocks[block].order > 0;
}

bool OrdersWork::any_orders() const {
  return std::ranges::any_of(result_->model->blocks, [](const BlockInfo& block) { return block.order > 0; });
}

void OrdersWork::advance() {
  if (!in_front_ || !running_.isEmpty() || !inspection_) return;
  if (mix_pending_) return start_mix();
  if (stopped_) return;
  if (!tap_.empty() && !channels_ && channels_problem_.isEmpty())
    start_channels();
  else if (!terms_ && terms_problem_.isEmpty() && view_ && has_orders())
    start_terms();
  else if (shares_wanted_ && any_orders() && shares_.empty() && shares_problem_.isEmpty())
    start_shares();
}

void OrdersWork::begin(const QString& what, const QString& title) {
  running_ = what;
  if (what == kMix) return;
  progress_ = OrdersProgress{what, title, -1};
  Q_EMIT progressed();
}

JobContext OrdersWork::told(const QString& what, const JobContext& job) {
  JobContext context = job;
  const auto since = std::make_shared<QElapsedTimer>();
  context.report = [this, report = job.report, since, what](const Progress& now) {
    if (report) report(now);
    if (since->isValid() && since->elapsed() < kProgressInterval) return;
    since->start();
    const OrdersProgress progress{what,
                                  QString::fromUtf8(now.activity.data(), static_cast<qsizetype>(now.activity.size())),
                                  now.total > 0 ? static_cast<double>(now.done) / static_cast<double>(now.total) : -1};
    jobs_.post(what, [this, progress] {
      if (running_ != progress.what) return;
      progress_ = progress;
      Q_EMIT progressed();
    });
  };
  return context;
}

void OrdersWork::start_mix() {
  mix_pending_ = false;
  using Scores = std::vector<ClassScore>;
  begin(kMix, {});
  jobs_.start<Scores>(
      kMix, tr("Order mixer"),
      [inspection = inspection_, factors = factors_](const JobContext& job) { return inspection->mix(factors, job); },
      [this](Result<Scores> scores) {
        running_.clear();
        mix_problem_ = scores ? QString() : QString::fromStdString(scores.error().message());
        if (scores) mixed_ = std::make_shared<const Scores>(std::move(*scores));
        Q_EMIT mixed_changed();
        advance();
      });
}

void OrdersWork::start_terms() {
  const std::string block = result_->model->blocks[static_cast<std::size_t>(block_)].name;
  const QString title = tr("Interaction orders, %1").arg(QString::fromStdString(block));
  begin(kTerms, title);
  jobs_.start<OrderTermSum>(
      kTerms, title,
      [this, inspection = inspection_, block, by_gates = by_gates_, class_index = view_->class_index,
       is_dense = result_->subject != nullptr, question = session_.question()](const JobContext& job) {
        return is_dense ? inspection->terms(block, by_gates, question, told(kTerms, job))
                        : inspection->terms(block, by_gates, class_index, told(kTerms, job));
      },
      [this](Result<OrderTermSum> terms) {
        running_.clear();
        progress_.reset();
        if (terms)
          terms_ = std::make_shared<const OrderTermSum>(std::move(*terms));
        else
          terms_problem_ = QString::fromStdString(terms.error().message());
        Q_EMIT changed();
        advance();
      });
}

void OrdersWork::start_shares() {
  using Shares = std::vector<OrderTermShares>;
  const QString title = tr("Interaction orders of all blocks");
  begin(kShares, title);
  jobs_.start<Shares>(
      kShares, title,
      [this, inspection = inspection_](const JobContext& job) { return inspection->shares(told(kShares, job)); },
      [this](Result<Shares> shares) {
        running_.clear();
        progress_.reset();
        if (shares)
          shares_ = std::move(*shares);
        else
          shares_problem_ = QString::fromStdString(shares.error().message());
        Q_EMIT changed();
        advance();
      });
}

void OrdersWork::start_channels() {
  const QString title = tr("Channels of %1").arg(QString::fromStdString(tap_));
  begin(kChannels, title);
  jobs_.start<TapChannels>(
      kChannels, title,
      [this, inspection = inspection_, tap = tap_](const JobContext& job) {
        return inspection->channels(tap, kChannelsShown, told(kChannels, job));
      },
      [this](Result<TapChannels> channels) {
        running_.clear();
        progress_.reset();
        if (channels)
          channels_ = std::make_shared<const TapChannels>(std::move(*channels));
        else
          channels_problem_ = QString::fromStdString(channels.error().message());
        Q_EMIT changed();
        advance();
      });
}

}  // namespace orderscope
