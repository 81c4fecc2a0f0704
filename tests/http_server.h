// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace orderscope::test {

struct HttpQuery {
  std::string path;
  std::map<std::string, std::string> headers;  ///< names in lower case

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

/// The server's end of a connection: it says exactly what it is told to, and the connection closes after that.
class HttpConnection {
 public:
  HttpConnection(int socket, const std::atomic<bool>& stopping) : socket_(socket), stopping_(stopping) {}

  void send(const std::string& bytes) const;
  void reset() const;  ///< close with RST instead of FIN
  /// Says nothing more until the client hangs up or the server stops.
  void stall() const;
  /// Sends a byte now and then, for ever.
  void trickle() const;

 private:
  bool client_is_there() const;

  int socket_;
  const std::atomic<bool>& stopping_;
};

/// A server on 127.0.0.1 for one test. The handler is called for each request, numbered from 0, on a thread of its own.
class HttpServer {
 public:
  using Handler = std::function<void(int number, const HttpQuery& query, const HttpConnection& connection)>;

  explicit HttpServer(Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::string url(const std::string& path = "/weights.pth") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  std::vector<HttpQuery> queries() const;

 private:
  void accept_all();
  void serve(int socket);

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::vector<HttpQuery> queries_;
  std::vector<std::thread> connections_;
  std::thread accepting_;
};

/// What a well-behaved server says: 200, or 206 where Range and If-Range ask for it and fit.
std::string answer(const HttpQuery& query, const std::string& content, const std::string& etag = "\"1\"");

/// "HTTP/1.1 STATUS\r\nHEADERS\r\n\r\n".
std::string head(const std::string& status, const std::vector<std::string>& headers = {});

}  // namespace orderscope::test
