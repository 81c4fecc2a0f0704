// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/download.h"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <vector>

#include "core/base/sha256.h"
#include "core/weights/part_file.h"

namespace orderscope {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

std::string megabytes(std::int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(bytes) * 1e-6);
  return text;
}

/// Writes what comes to the part file, and judges whether it belongs there.
class PartSink : public HttpSink {
 public:
  PartSink(PartFile& part, const DownloadRequest& request, const std::string& url, const JobContext& job)
      : part_(part), request_(request), url_(url), job_(job), from_(part.size()) {}

  Result<void> head(const HttpHead& head) override {
    final_url_ = head.url;
    if (head.status == 416) return beyond_end(head);
    if (head.content_type == "text/html" || head.content_type == "application/xhtml+xml")
      return fail(Error::Kind::Broken, "the server sent a web page instead of the file", {},
                  "open the address in a browser to see what it says");
    if (!head.content_encoding.empty() && head.content_encoding != "identity")
      return fail(Error::Kind::Unsupported, "the server sent it packed as " + head.content_encoding);
    if (head.status == 206) return go_on(head);
    total_ = head.content_length;
    TRY_VOID(check_size());
    started_ = Clock::now();
    from_ = 0;
    return part_.restart({url_, head.etag, head.last_modified, total_});
  }

  Result<void> content(std::span<const std::byte> bytes) override {
    if (part_.size() + static_cast<std::int64_t>(bytes.size()) > request_.limit) return too_large(std::nullopt);
    if (total_ && part_.size() + static_cast<std::int64_t>(bytes.size()) > *total_)
      return start_over("the server sent more than it announced");
    TRY_VOID(part_.append(bytes));
    tell();
    return {};
  }

  /// Whether all has come; asked after the transfer ended without an error.
  bool whole() const { return part_.size() > 0 && (!total_ || part_.size() == *total_); }
  bool wants_restart() const { return wants_restart_; }
  const std::string& final_url() const { return final_url_; }

 private:
  Result<void> go_on(const HttpHead& head) {
    const PartOrigin& origin = part_.origin();
    const bool same_range = head.range_first == part_.size() && part_.size() > 0;
    const bool same_total = !origin.total || !head.range_total || origin.total == head.range_total;
    const bool same_tag = head.etag.empty() || origin.etag.empty() || head.etag == origin.etag;
    const bool same_date =
        head.last_modified.empty() || origin.last_modified.empty() || head.last_modified == origin.last_modified;
    if (!same_range || !same_total || !same_tag || !same_date)
      return start_over("the server answered with a part of another file");
    total_ = head.range_total ? head.range_total : origin.total;
    TRY_VOID(check_size());
    started_ = Clock::now();
    return {};
  }

  /// We asked for what follows the last byte: all is here, or the file has become shorter.
  Result<void> beyond_end(const HttpHead& head) {
    total_ = head.range_total;
    if (total_ && *total_ == part_.size()) return {};
    return start_over("the file has become shorter");
  }

  Result<void> start_over(const char* why) {
    wants_restart_ = true;
    part_.clear();
    return fail(Error::Kind::Broken, why);
  }

  Result<void> too_large(std::optional<std::int64_t> announced) {
    part_.clear();
    return fail(Error::Kind::Broken,
                announced ? "it has " + megabytes(*announced) + " MB, more than the " + megabytes(request_.limit) +
                                " MB that such weights can have"
                          : "it goes on after the " + megabytes(request_.limit) + " MB that such weights can have");
  }

  Result<void> check_size() {
    if (!total_) return {};
    if (*total_ > request_.limit) return too_large(total_);
    std::error_code error;
    const fs::space_info space = fs::space(part_.path().parent_path(), error);
    const std::int64_t missing = *total_ - part_.size();
    if (!error && static_cast<std::uintmax_t>(missing) > space.available)
      return fail(Error::Kind::FileAccess,
                  "there is no room for it: it needs " + megabytes(missing) + " MB, " +
                      megabytes(static_cast<std::int64_t>(space.available)) + " MB are free",
                  part_.path().parent_path().string());
    return {};
  }

  void tell() {
    const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    std::string text = request_.label + ": " + megabytes(part_.size());
    text += total_ ? " of " + megabytes(*total_) + " MB" : " MB";
    constexpr double kMeaningful = 0.5;  // seconds before a rate says something
    if (seconds > kMeaningful)
      text +=
          ", " + megabytes(static_cast<std::int64_t>(static_cast<double>(part_.size() - from_) / seconds)) + " MB/s";
    job_.progress(part_.size(), total_.value_or(0), text);
  }

  PartFile& part_;
  const DownloadRequest& request_;
  const std::string& url_;
  const JobContext& job_;
  std::int64_t from_;  ///< what was there when this attempt began
  Clock::time_point started_ = Clock::now();
  std::optional<std::int64_t> total_;
  std::string final_url_;
  bool wants_restart_ = false;
};

/// Sleeps, unless somebody stops it.
void wait(std::chrono::milliseconds time, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any condition;
  std::unique_lock lock(mutex);
  condition.wait_for(lock, stop, time, [] { return false; });
}

/// Fills the part from one address. Returns the address after redirects.
Result<std::string> fetch(PartFile& part, const std::string& url, const DownloadRequest& request,
                          const DownloadOptions& options, const JobContext& job) {
  auto pause = options.first_wait;
  Error last{Error::Kind::FileAccess, "it was not tried", {}, {}};
  for (int attempt = 0; attempt < std::max(1, options.attempts); ++attempt) {
    TRY_VOID(job.check());
    if (attempt > 0) {
      const std::string text = request.label + ": " + last.what + "; trying again";
      job.progress(part.size(), part.origin().total.value_or(0), text);
      wait(pause, job.stop);
      pause = std::min(2 * pause, std::chrono::milliseconds(30'000));
    }
    HttpRequest http{url, 0, {}, options.patience};
    const std::string validator = part.origin().validator();
    if (part.origin().url == url && !validator.empty()) http.from = part.size(), http.if_range = validator;

    PartSink sink(part, request, url, job);
    const auto transferred = http_get(http, sink, job.stop);
    if (transferred && sink.whole()) return sink.final_url();
    if (transferred) {
      last = {
          Error::Kind::FileAccess, part.size() == 0 ? "the server sent nothing" : "the transfer ended early", {}, {}};
      continue;
    }
    last = transferred.error().error;
    if (!transferred.error().passing && !sink.wants_restart()) break;
  }
  return fail(std::move(last).on(url));
}

}  // namespace

fs::path part_of(const fs::path& file) { return file.string() + ".part"; }

Result<std::string> sha256_of_file(const fs::path& path, const std::string& label, const JobContext& job) {
  std::ifstream stream(path, std::ios::binary);
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (!stream || error) return fail(Error::Kind::FileAccess, "cannot be read", path.string());
  Sha256 hash;
  std::vector<char> block(1 << 20);
  std::int64_t done = 0;
  const std::string activity = label + ": checksum";
  while (stream.read(block.data(), static_cast<std::streamsize>(block.size())) || stream.gcount() > 0) {
    TRY_VOID(job.check());
    hash.add(std::as_bytes(std::span(block.data(), static_cast<std::size_t>(stream.gcount()))));
    done += stream.gcount();
    job.progress(done, static_cast<std::int64_t>(size), activity);
  }
  if (stream.bad()) return fail(Error::Kind::FileAccess, "cannot be read to its end", path.string());
  return hash.digits();
}

Result<Downloaded> download(const DownloadRequest& request, const DownloadOptions& options, const JobContext& job) {
  std::error_code ignored;
  if (!request.overwrite && fs::exists(request.file, ignored))
    return fail(Error::Kind::FileAccess, "it is there already", request.file.string());
  TRY(PartFile part, PartFile::open(part_of(request.file)));

  Downloaded result;
  Error last{Error::Kind::InvalidInput, "there is no address to download it from", request.label, {}};
  for (const std::string& url : request.urls) {
    auto fetched = fetch(part, url, request, options, job);
    if (!fetched) {
      if (fetched.error().kind == Error::Kind::Cancelled) return fail(std::move(fetched).error());
      last = std::move(fetched).error();
      continue;
    }
    result.url = url;
    result.final_url = std::move(*fetched);
    break;
  }
  if (result.url.empty()) return fail(std::move(last));

  TRY(result.sha256, sha256_of_file(part.path(), request.label, job));
  result.bytes = part.size();
  result.etag = part.origin().etag;
  result.last_modified = part.origin().last_modified;
  if (request.accept) {
    if (auto accepted = request.accept(part.path(), result.sha256); !accepted) {
      // What is wrong as a whole cannot be gone on with.
      if (accepted.error().kind != Error::Kind::Cancelled) part.clear();
      return fail(std::move(accepted).error());
    }
  }
  TRY_VOID(part.finish(request.file, request.overwrite));
  return result;
}

}  // namespace orderscope
