// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/weights_downloads.h"

#include <QElapsedTimer>

#include "core/base/guard.h"

namespace orderscope {

WeightsDownloads::WeightsDownloads(GetOptions options, QObject* parent)
    : QObject(parent), options_(std::move(options)) {}

WeightsDownloads::~WeightsDownloads() {
  for (auto& [name, stop] : running_) stop.request_stop();
}

void WeightsDownloads::start(const PublishedWeights& weights, const std::filesystem::path& folder) {
  const QString name = QString::fromStdString(weights.name);
  if (running_.contains(name)) return;
  const std::stop_source stop = running_[name];
  Q_EMIT progressed(name, 0, tr("waiting"));
  threads_.run([this, name, weights, folder, options = options_, stop = stop.get_token()] {
    QElapsedTimer since_report;
    JobContext job;
    job.stop = stop;
    job.report = [&](const Progress& progress) {
      constexpr int kMilliseconds = 100;
      if (since_report.isValid() && since_report.elapsed() < kMilliseconds) return;
      since_report.start();
      const double fraction =
          progress.total > 0 ? static_cast<double>(progress.done) / static_cast<double>(progress.total) : -1;
      auto text = QString::fromUtf8(progress.activity.data(), static_cast<qsizetype>(progress.activity.size()));
      // The row has the name already.
      if (text.startsWith(name)) text.remove(0, name.size() + 2);
      threads_.post([this, name, fraction, text] { Q_EMIT progressed(name, fraction, text); });
    };
    const auto got = guarded([&] { return get_weights(weights, folder, options, job); });
    QString problem;
    if (!got && got.error().kind != Error::Kind::Cancelled) problem = QString::fromStdString(got.error().message());
    threads_.post([this, name, problem] {
      running_.erase(name);
      Q_EMIT finished(name, problem);
    });
  });
}

void WeightsDownloads::cancel(const QString& name) {
  if (const auto found = running_.find(name); found != running_.end()) found->second.request_stop();
}

}  // namespace orderscope
