// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <memory>

#include "core/base/version.h"

namespace orderscope {

namespace {

constexpr long kMostRedirects = 8;
constexpr std::size_t kMostHeaderBytes = 256 << 10;
constexpr int kPollMilliseconds = 500;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

/// "bytes 100-199/200", "bytes */200".
void read_content_range(std::string_view text, HttpHead& head) {
  if (!text.starts_with("bytes ")) return;
  text.remove_prefix(6);
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return;
  head.range_total = number(text.substr(slash + 1));
  head.range_first = number(text.substr(0, std::min(slash, text.find('-'))));
}

bool wanted(int status) { return status == 200 || status == 206 || status == 416; }

/// One transfer: what libcurl's callbacks share.
struct Transfer {
  CURL* handle = nullptr;
  HttpSink& sink;
  HttpHead head;
  std::size_t header_bytes = 0;
  bool head_given = false;
  std::optional<Error> refused;

  int status() const {
    long code = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code);
    return static_cast<int>(code);
  }
  bool status_is_wanted() const { return wanted(status()); }

  bool give_head() {
    if (head_given) return !refused;
    head_given = true;
    char* url = nullptr;
    curl_easy_getinfo(handle, CURLINFO_EFFECTIVE_URL, &url);
    head.status = status();
    if (url != nullptr) head.url = url;
    return !wanted(head.status) || take(sink.head(head));
  }

  bool take(Result<void> result) {
    if (!result) refused = std::move(result).error();
    return !refused;
  }
};

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) transfer.head = {};  // of the answer after a redirect
  transfer.header_bytes += size;
  if (transfer.header_bytes > kMostHeaderBytes) return 0;
  // After the last header: what will not be taken need not be sent.
  if (trimmed(line).empty()) return transfer.status_is_wanted() && !transfer.give_head() ? 0 : size;
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  const std::string name = lower(line.substr(0, colon));
  const std::string_view value = trimmed(line.substr(colon + 1));
  HttpHead& head = transfer.head;
  if (name == "content-length") head.content_length = number(value);
  if (name == "content-range") read_content_range(value, head);
  if (name == "content-type") head.content_type = lower(trimmed(value.substr(0, value.find(';'))));
  if (name == "content-encoding") head.content_encoding = lower(value);
  if (name == "etag") head.etag = value;
  if (name == "last-modified") head.last_modified = value;
  return size;
}

std::size_t on_content(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  // The page that comes with an error says nothing of use here.
  if (!transfer.give_head() || !wanted(transfer.head.status)) return 0;
  if (transfer.head.status == 416) return size;
  return transfer.take(transfer.sink.content(std::as_bytes(std::span(data, size)))) ? size : 0;
}

/// Whether the same request may do better later.
bool is_passing(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_SSL_CONNECT_ERROR: return true;
    default: return false;
  }
}

HttpFailure of_status(int status) {
  const bool passing = status >= 500 || status == 408 || status == 425 || status == 429;
  std::string advice;
  if (status == 404 || status == 410) advice = "it was moved or taken away; look at the publisher's page";
  if (status == 401 || status == 403) advice = "the server does not give it to everybody";
  return {{Error::Kind::FileAccess, "the server answered with status " + std::to_string(status), {}, advice}, passing};
}

struct EasyDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

bool start_library() {
  static const bool started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return started;
}

void set_options(CURL* handle, const HttpRequest& request, Transfer& transfer, char* message) {
  curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, request.url.starts_with("https") ? "https" : "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(handle, CURLOPT_MAXREDIRS, kMostRedirects);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, message);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, static_cast<long>(request.patience.connect_seconds));
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.patience.stall_seconds));
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(request.patience.slowest));
  curl_easy_setopt(handle, CURLOPT_USERAGENT, ("OrderScope/" + version_number()).c_str());
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &on_content);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
}

}  // namespace

tl::expected<void, HttpFailure> http_get(const HttpRequest& request, HttpSink& sink, std::stop_token stop) {
  const auto failed = [](Error error, bool passing) {
    return tl::unexpected<HttpFailure>(HttpFailure{std::move(error), passing});
  };
  if (!start_library()) return failed({Error::Kind::Unsupported, "libcurl could not be started", {}, {}}, false);
  const std::unique_ptr<CURL, EasyDeleter> easy(curl_easy_init());
  const std::unique_ptr<CURLM, MultiDeleter> multi(curl_multi_init());
  if (!easy || !multi) return failed({Error::Kind::OutOfMemory, "libcurl could not be started", {}, {}}, false);

  char message[CURL_ERROR_SIZE] = "";
  Transfer transfer{easy.get(), sink, {}, 0, false, std::nullopt};
  set_options(easy.get(), request, transfer, message);
  curl_slist* headers = nullptr;
  if (request.from > 0) {
    headers = curl_slist_append(headers, ("Range: bytes=" + std::to_string(request.from) + "-").c_str());
    if (!request.if_range.empty()) headers = curl_slist_append(headers, ("If-Range: " + request.if_range).c_str());
  }
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> header_owner(headers, &curl_slist_free_all);
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers);

  curl_multi_add_handle(multi.get(), easy.get());
  const std::stop_callback wake(stop, [&] { curl_multi_wakeup(multi.get()); });
  CURLcode code = CURLE_OK;
  for (int running = 1; running > 0;) {
    if (stop.stop_requested()) break;
    if (curl_multi_perform(multi.get(), &running) != CURLM_OK) code = CURLE_FAILED_INIT, running = 0;
    if (running > 0) curl_multi_poll(multi.get(), nullptr, 0, kPollMilliseconds, nullptr);
  }
  int left = 0;
  while (const CURLMsg* done = curl_multi_info_read(multi.get(), &left))
    if (done->msg == CURLMSG_DONE) code = done->data.result;
  if (code == CURLE_OK && !stop.stop_requested()) transfer.give_head();  // of an error without a page
  curl_multi_remove_handle(multi.get(), easy.get());

  if (stop.stop_requested()) return failed({Error::Kind::Cancelled, "cancelled", {}, {}}, false);
  if (transfer.refused) return failed(std::move(*transfer.refused), false);
  if (transfer.head_given && !wanted(transfer.head.status))
    return tl::unexpected<HttpFailure>(of_status(transfer.head.status));
  if (code != CURLE_OK) {
    const std::string reason = message[0] != '\0' ? message : curl_easy_strerror(code);
    // The same code stands for a redirect to another protocol and for an answer that is no HTTP.
    const bool elsewhere = code == CURLE_UNSUPPORTED_PROTOCOL && reason.starts_with("Protocol");
    const char* what = elsewhere ? "it leads to an address that is not fetched: " : "";
    return failed({Error::Kind::FileAccess, what + reason, {}, {}}, is_passing(code));
  }
  return {};
}

}  // namespace orderscope
