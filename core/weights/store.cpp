// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/store.h"

#include <ctime>
#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/checkpoint/checkpoint.h"

namespace orderscope {

namespace fs = std::filesystem;

namespace {

using nlohmann::json;

fs::path record_of(const fs::path& file) { return file.string() + ".json"; }

json to_json(const WeightsRecord& record) {
  return {{"name", record.name},
          {"url", record.url},
          {"final_url", record.final_url},
          {"licence", record.licence},
          {"bytes", record.bytes},
          {"sha256", record.sha256},
          {"checksum", record.checked ? "as published" : "recorded at the first download"},
          {"etag", record.etag},
          {"last_modified", record.last_modified},
          {"downloaded", record.downloaded}};
}

/// A record that cannot be read counts as none: it is a help, and the file is what matters.
std::optional<WeightsRecord> read_record(const fs::path& file) {
  const auto text = read_text_file(record_of(file), 64 << 10);
  if (!text) return std::nullopt;
  try {
    const json entry = json::parse(*text);
    WeightsRecord record;
    record.name = entry.at("name");
    record.sha256 = entry.at("sha256");
    record.bytes = entry.at("bytes");
    record.url = entry.value("url", "");
    record.final_url = entry.value("final_url", "");
    record.licence = entry.value("licence", "");
    record.checked = entry.value("checksum", "") == "as published";
    record.etag = entry.value("etag", "");
    record.last_modified = entry.value("last_modified", "");
    record.downloaded = entry.value("downloaded", "");
    if (record.sha256.size() != 64) return std::nullopt;
    return record;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::int64_t size_of(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

/// Room for buffers, an optimiser and an averaged copy beside the parameters; no more.
std::int64_t most_bytes(const PublishedWeights& weights) {
  return weights.bytes.value_or(6 * weights.estimated_bytes() + (std::int64_t{64} << 20));
}

Result<void> check_digest(const PublishedWeights& weights, const std::optional<WeightsRecord>& record,
                          bool trust_change, const std::string& sha256) {
  if (!sha256.starts_with(weights.sha256))
    return fail(Error::Kind::Broken,
                "the checksum is wrong: SHA-256 " + sha256 + ", published is " + weights.sha256 +
                    (weights.sha256.size() < 64 ? "…" : ""),
                weights.name, "what was downloaded has been removed; try again later");
  if (record && record->sha256 != sha256 && !trust_change)
    return fail(Error::Kind::Broken,
                "it is another file than the one that was downloaded on " + record->downloaded + ": SHA-256 " + sha256 +
                    ", recorded is " + record->sha256,
                weights.name, "if the publisher replaced it, get it with --trust-change");
  return {};
}

Result<void> check_opens(const PublishedWeights& weights, const fs::path& part) {
  const auto checkpoint = read_checkpoint(part);
  if (checkpoint) return {};
  Error error = checkpoint.error();
  return fail(Error::Kind::Broken, "what the server sent is no checkpoint: " + error.what, weights.name,
              "look at " + weights.source.page);
}

}  // namespace

LocalWeights local_weights(const PublishedWeights& weights, const fs::path& folder) {
  LocalWeights local;
  local.file = folder / weights.file;
  local.record = read_record(local.file);
  std::error_code error;
  if (fs::is_regular_file(local.file, error)) {
    local.state = WeightsState::Present;
    local.bytes = size_of(local.file);
  } else if (fs::is_regular_file(part_of(local.file), error)) {
    local.state = WeightsState::Partial;
    local.bytes = size_of(part_of(local.file));
  }
  return local;
}

Result<GotWeights> get_weights(const PublishedWeights& weights, const fs::path& folder, const GetOptions& options,
                               const JobContext& job) {
  const LocalWeights local = local_weights(weights, folder);
  if (local.state == WeightsState::Present && !options.again)
    return GotWeights{local.file, local.record.value_or(WeightsRecord{}), true};

  DownloadRequest request;
  request.label = weights.name;
  request.urls = weights.urls;
  request.file = local.file;
  request.limit = most_bytes(weights);
  request.overwrite = options.again;
  request.accept = [&](const fs::path& part, const std::string& sha256) -> Result<void> {
    TRY_VOID(check_digest(weights, local.record, options.trust_change, sha256));
    return check_opens(weights, part);
  };
  TRY(Downloaded downloaded, download(request, options.download, job));

  WeightsRecord record{
      weights.name,      downloaded.url,          downloaded.final_url, weights.source.licence,   downloaded.bytes,
      downloaded.sha256, !weights.sha256.empty(), downloaded.etag,      downloaded.last_modified, now_utc()};
  TRY_VOID(write_file(record_of(local.file),
                      std::string_view(to_json(record).dump(2, ' ', false, json::error_handler_t::replace) + "\n")));
  return GotWeights{local.file, std::move(record), false};
}

Result<WeightsCheck> verify_weights(const PublishedWeights& weights, const fs::path& folder, const JobContext& job) {
  const LocalWeights local = local_weights(weights, folder);
  if (local.state != WeightsState::Present)
    return fail(Error::Kind::FileAccess, "it has not been downloaded", weights.name);
  WeightsCheck check;
  TRY(check.sha256, sha256_of_file(local.file, weights.name, job));
  if (!weights.sha256.empty()) check.as_published = check.sha256.starts_with(weights.sha256);
  if (local.record) check.as_recorded = check.sha256 == local.record->sha256;
  return check;
}

}  // namespace orderscope
