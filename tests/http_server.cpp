// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <sstream>

namespace orderscope::test {

void HttpConnection::send(const std::string& bytes) const {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return;
    sent += static_cast<std::size_t>(n);
  }
}

void HttpConnection::reset() const {
  // What is still in the client's receive buffer is lost with a reset: let it be read first.
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const linger now{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

bool HttpConnection::client_is_there() const {
  pollfd waiting{socket_, POLLIN, 0};
  if (::poll(&waiting, 1, 20) <= 0) return true;
  char byte;
  return ::recv(socket_, &byte, 1, MSG_PEEK) > 0;
}

void HttpConnection::stall() const {
  while (!stopping_ && client_is_there()) {
  }
}

void HttpConnection::trickle() const {
  while (!stopping_ && client_is_there()) send("x");
}

HttpServer::HttpServer(Handler handler) : handler_(std::move(handler)) {
  // A proxy of the environment has no business with the loopback interface.
  setenv("no_proxy", "127.0.0.1", 1);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
  ::listen(listener_, 8);
  socklen_t length = sizeof address;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { accept_all(); });
}

HttpServer::~HttpServer() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  for (std::thread& connection : connections_) connection.join();
  ::close(listener_);
}

void HttpServer::accept_all() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    connections_.emplace_back([this, socket] { serve(socket); });
  }
}

void HttpServer::serve(int socket) {
  std::string text;
  char buffer[4096];
  while (text.find("\r\n\r\n") == std::string::npos) {
    const ssize_t n = ::recv(socket, buffer, sizeof buffer, 0);
    if (n <= 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
  }
  HttpQuery query;
  std::istringstream lines(text);
  std::string method;
  lines >> method >> query.path;
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(": ");
    if (colon == std::string::npos) continue;
    std::string name = line.substr(0, colon);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    query.headers[name] = line.substr(colon + 2, line.size() - colon - 3);
  }
  int number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = static_cast<int>(queries_.size());
    queries_.push_back(query);
  }
  handler_(number, query, HttpConnection(socket, stopping_));
  ::close(socket);
}

std::vector<HttpQuery> HttpServer::queries() const {
  const std::lock_guard lock(mutex_);
  return queries_;
}

std::string head(const std::string& status, const std::vector<std::string>& headers) {
  std::string text = "HTTP/1.1 " + status + "\r\nConnection: close\r\n";
  for (const std::string& header : headers) text += header + "\r\n";
  return text + "\r\n";
}

std::string answer(const HttpQuery& query, const std::string& content, const std::string& etag) {
  const std::string range = query.header("range"), condition = query.header("if-range");
  const std::string total = std::to_string(content.size());
  if (range.empty() || (!condition.empty() && condition != etag))
    return head("200 OK", {"Content-Length: " + total, "ETag: " + etag}) + content;
  const std::size_t from = std::stoul(range.substr(6));
  if (from >= content.size()) return head("416 Range Not Satisfiable", {"Content-Range: bytes */" + total});
  return head("206 Partial Content", {"Content-Length: " + std::to_string(content.size() - from), "ETag: " + etag,
                                      "Content-Range: bytes " + std::to_string(from) + "-" +
                                          std::to_string(content.size() - 1) + "/" + total}) +
         content.substr(from);
}

}  // namespace orderscope::test
