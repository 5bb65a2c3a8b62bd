#include "support/http_client_for_tests.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace sentinel::testing {

namespace {

constexpr auto kHangGuard = std::chrono::seconds{60};

[[noreturn]] void fail_with_errno(std::string_view what) {
  throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

size_t number_of(std::string_view text, int base) {
  size_t number = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (failed != std::errc{} || end == text.data()) {
    throw std::runtime_error(fmt::format("'{}' is no size of a body", text));
  }
  return number;
}

}  // namespace

std::string_view Answer::header(std::string_view name) const {
  auto found = headers.find(name);
  return found == headers.end() ? std::string_view{} : found->second;
}

HttpConnection::HttpConnection(uint16_t port)
    : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (socket_ < 0) fail_with_errno("socket");
  timeval guard{.tv_sec = kHangGuard.count(), .tv_usec = 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &guard, sizeof guard);
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &guard, sizeof guard);
  int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    auto error = errno;
    close(socket_);
    errno = error;
    fail_with_errno(fmt::format("connect to port {}", port));
  }
}

HttpConnection::~HttpConnection() {
  if (socket_ >= 0) close(socket_);
}

bool HttpConnection::try_send(std::string_view bytes) {
  while (!bytes.empty()) {
    auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return false;
    if (sent < 0) fail_with_errno("send");
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void HttpConnection::send(std::string_view bytes) {
  if (!try_send(bytes))
    throw std::runtime_error("the server closed the connection while a request was sent");
}

void HttpConnection::end_sending() { shutdown(socket_, SHUT_WR); }

void HttpConnection::cut() {
  linger reset{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(socket_);
  socket_ = -1;
}

bool HttpConnection::fill() {
  char piece[64 * 1024];
  for (;;) {
    auto size = recv(socket_, piece, sizeof piece, 0);
    if (size > 0) {
      buffer_.append(piece, static_cast<size_t>(size));
      return true;
    }
    if (size == 0 || errno == ECONNRESET) return false;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
      throw std::runtime_error("the server said nothing for 60 s");
    if (errno != EINTR) fail_with_errno("recv");
  }
}

std::optional<std::string> HttpConnection::read_line() {
  for (;;) {
    if (size_t end = buffer_.find('\n'); end != buffer_.npos) {
      auto line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      if (line.ends_with('\r')) line.pop_back();
      return line;
    }
    if (!fill()) return std::nullopt;
  }
}

std::string HttpConnection::read_exactly(size_t size) {
  while (buffer_.size() < size) {
    if (!fill())
      throw std::runtime_error(
          fmt::format("the connection ended after {} of {} bytes", buffer_.size(), size));
  }
  auto text = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return text;
}

std::string HttpConnection::read_to_end() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

bool HttpConnection::at_end() { return buffer_.empty() && !fill(); }

Answer HttpConnection::read_head() {
  Answer answer;
  auto status = read_line();
  if (!status) throw std::runtime_error("the connection ended without an answer");
  if (!status->starts_with("HTTP/1.1 ") || status->size() < 12) {
    throw std::runtime_error(fmt::format("'{}' is no status line", *status));
  }
  answer.status = static_cast<int>(number_of(std::string_view(*status).substr(9, 3), 10));
  for (;;) {
    auto line = read_line();
    if (!line) throw std::runtime_error("the connection ended within the headers");
    if (line->empty()) return answer;
    size_t colon = line->find(':');
    if (colon == line->npos) throw std::runtime_error(fmt::format("'{}' is no header", *line));
    answer.headers[lower(line->substr(0, colon))] = trim(std::string_view(*line).substr(colon + 1));
  }
}

void HttpConnection::read_chunks(Answer& answer) {
  for (;;) {
    auto size_line = read_line();
    if (!size_line) {
      answer.complete = false;
      return;
    }
    size_t size = number_of(*size_line, 16);
    if (size == 0) {
      read_line();
      return;
    }
    while (buffer_.size() < size + 2 && fill()) {
    }
    if (buffer_.size() < size + 2) {
      answer.body += std::exchange(buffer_, {});
      answer.complete = false;
      return;
    }
    answer.body += read_exactly(size);
    read_exactly(2);
  }
}

Answer HttpConnection::read_answer(bool to_head) {
  auto answer = read_head();
  if (to_head || answer.status == 204 || answer.status == 304 || answer.status < 200) return answer;
  if (answer.header("transfer-encoding") == "chunked") {
    read_chunks(answer);
  } else if (auto length = answer.header("content-length"); !length.empty()) {
    answer.body = read_exactly(number_of(length, 10));
  } else {
    answer.body = read_to_end();
  }
  return answer;
}

std::string to_wire(std::string_view method, std::string_view path, std::string_view body,
                    const Headers& headers) {
  auto text = fmt::format("{} {} HTTP/1.1\r\n", method, path);
  if (!headers.contains("Host")) text += "Host: 127.0.0.1\r\n";
  for (const auto& [name, value] : headers) text += fmt::format("{}: {}\r\n", name, value);
  if (!body.empty() || method == "POST") text += fmt::format("Content-Length: {}\r\n", body.size());
  return text.append("\r\n").append(body);
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.') {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Answer HttpClient::request(std::string_view method, std::string_view path, std::string_view body,
                           const Headers& headers) const {
  HttpConnection connection(port_);
  auto closing = headers;
  closing.emplace("Connection", "close");
  // A server may refuse before it has read all; its answer is there all the same.
  connection.try_send(to_wire(method, path, body, closing));
  return connection.read_answer(method == "HEAD");
}

Answer HttpClient::get(std::string_view path, const Headers& headers) const {
  return request("GET", path, "", headers);
}
Answer HttpClient::head(std::string_view path, const Headers& headers) const {
  return request("HEAD", path, "", headers);
}
Answer HttpClient::post(std::string_view path, std::string_view body,
                        const Headers& headers) const {
  return request("POST", path, body, headers);
}

EventStream::EventStream(uint16_t port, std::string_view path, const Headers& headers)
    : connection_(port) {
  connection_.send(to_wire("GET", path, "", headers));
  head_ = connection_.read_head();
  if (head_.status == 200 && head_.header("content-type") == "text/event-stream") return;
  throw std::runtime_error(
      fmt::format("the stream was answered {} {}", head_.status, head_.header("content-type")));
}

std::string EventStream::read_line() {
  for (;;) {
    if (size_t end = text_.find('\n'); end != text_.npos) {
      auto line = text_.substr(0, end);
      text_.erase(0, end + 1);
      return line;
    }
    auto size_line = connection_.read_line();
    size_t size = size_line ? number_of(*size_line, 16) : 0;
    if (size == 0) throw std::runtime_error("the stream ended");
    text_ += connection_.read_exactly(size);
    connection_.read_exactly(2);
  }
}

StreamEvent EventStream::next(std::string_view type) {
  const auto deadline = std::chrono::steady_clock::now() + kHangGuard;
  StreamEvent event;
  while (std::chrono::steady_clock::now() < deadline) {
    auto line = read_line();
    if (line.starts_with("id: ")) event.id = line.substr(4);
    if (line.starts_with("event: ")) event.type = line.substr(7);
    if (line.starts_with("data: ")) event.data = line.substr(6);
    if (!line.empty()) continue;
    if (!event.type.empty() && (type.empty() || event.type == type)) return event;
    event = {};
  }
  throw std::runtime_error(fmt::format("no event {} came within 60 s", type));
}

}  // namespace sentinel::testing
