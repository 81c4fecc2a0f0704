// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <map>
#include <stop_token>

#include "app/gui/background_threads.h"
#include "core/weights/store.h"

namespace orderscope {

/// Downloads weights in the background, two at a time. Signals come on the thread of this object.
class WeightsDownloads : public QObject {
  Q_OBJECT

 public:
  explicit WeightsDownloads(GetOptions options = {}, QObject* parent = nullptr);
  ~WeightsDownloads() override;  ///< cancels, then waits; parts stay

  void start(const PublishedWeights& weights, const std::filesystem::path& folder);
  void cancel(const QString& name);
  bool busy() const { return !running_.empty(); }

 Q_SIGNALS:
  void progressed(const QString& name, double fraction, const QString& text);  ///< fraction -1: not known
  void finished(const QString& name, const QString& problem);                  ///< empty: it worked or was cancelled

 private:
  GetOptions options_;
  std::map<QString, std::stop_source> running_;
  BackgroundThreads threads_{2};  ///< last: they end before what they use goes
};

}  // namespace orderscope
