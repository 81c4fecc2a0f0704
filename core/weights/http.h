// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "core/base/result.h"

namespace orderscope {

/// How long to wait for a server.
struct HttpPatience {
  int connect_seconds = 20;
  int stall_seconds = 30;  ///< less than `slowest` for so long is a stall
  int slowest = 1024;      ///< bytes a second
};

struct HttpRequest {
  std::string url;        ///< http or https
  std::int64_t from = 0;  ///< first byte that is wanted
  std::string if_range;   ///< validator of what is there already; goes with `from`
  HttpPatience patience;
};

/// What the server said before the content. What it did not say is empty.
struct HttpHead {
  std::string url;  ///< after redirects
  int status = 0;
  std::optional<std::int64_t> content_length;
  std::optional<std::int64_t> range_first, range_total;  ///< of Content-Range
  std::string content_type;                              ///< lower case, without parameters
  std::string content_encoding;
  std::string etag;
  std::string last_modified;
};

/// Takes what comes. An error ends the transfer.
class HttpSink {
 public:
  virtual ~HttpSink() = default;
  virtual Result<void> head(const HttpHead& head) = 0;  ///< before the content, once
  virtual Result<void> content(std::span<const std::byte> bytes) = 0;
};

struct HttpFailure {
  Error error;
  bool passing = false;  ///< asking again may help: the line dropped, stalled, or the server has trouble
};

/// GETs one address. Redirects are followed within http and https, from https to https only; no content coding is asked
/// for. A status other than 200, 206 and 416 is a failure; the sink sees heads of those three only.
tl::expected<void, HttpFailure> http_get(const HttpRequest& request, HttpSink& sink, std::stop_token stop);

}  // namespace orderscope
