#include "http/response_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/status.hpp>
#include <charconv>

#include "http/compression.hpp"

namespace sentinel::http {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr size_t kCompressFrom = 1400;

class SocketStream {
 public:
  SocketStream(Socket& socket, Deadline& deadline, std::chrono::seconds limit)
      : socket_(socket), deadline_(deadline), limit_(limit) {}

  Task<Result<void>> send(std::string text) {
    deadline_.expires_after(limit_);
    auto [error, size] = co_await asio::async_write(socket_, asio::buffer(text), kAwait);
    deadline_.expires_never();
    if (error) co_return fail(ErrorCode::Unavailable, "client_gone", error.message());
    co_return Result<void>{};
  }

 private:
  Socket& socket_;
  Deadline& deadline_;
  std::chrono::seconds limit_;
};

// A body of a length that the head has told.
class PlainBody : public BodyStream {
 public:
  PlainBody(SocketStream& socket, uint64_t bytes) : socket_(socket), left_(bytes) {}

  Task<Result<void>> write(std::string piece) override {
    if (piece.size() > left_) co_return other_length();
    left_ -= piece.size();
    co_return co_await socket_.send(std::move(piece));
  }

  Result<void> finish() const {
    if (left_ > 0) return other_length();
    return {};
  }

 private:
  static std::unexpected<Error> other_length() {
    return fail(ErrorCode::Internal, "length_wrong", "a stream has another length than it said");
  }

  SocketStream& socket_;
  uint64_t left_;
};

class ChunkedBody : public BodyStream {
 public:
  ChunkedBody(SocketStream& socket, Coding coding)
      : socket_(socket), packer_(make_packer(coding)) {}

  Task<Result<void>> write(std::string piece) override {
    if (packer_) piece = packer_->pack(piece);
    if (piece.empty()) co_return Result<void>{};  // an empty chunk would end the body
    co_return co_await socket_.send(chunk(piece));
  }

  Task<Result<void>> finish() {
    co_return co_await socket_.send((packer_ ? chunk(packer_->pack("", true)) : "") + "0\r\n\r\n");
  }

 private:
  static std::string chunk(std::string_view piece) {
    return fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
  }

  SocketStream& socket_;
  std::unique_ptr<Packer> packer_;
};

bool compressible(std::string_view type) {
  // An event must not wait in a packer for the next.
  if (type == "text/event-stream") return false;
  return type.starts_with("text/") || type.starts_with("application/json") ||
         type.starts_with("application/problem") || type.starts_with("application/x-ndjson");
}

// How to pack the body; says so in its headers.
Coding choose_coding(const Request& request, Response& response) {
  const auto has = [&](std::string_view name) {
    return std::ranges::any_of(response.headers, [&](const auto& h) { return h.first == name; });
  };
  if (has("Content-Encoding") || !compressible(response.content_type)) return Coding::Identity;
  if (!has("Vary")) response.headers.emplace_back("Vary", "Accept-Encoding");
  const auto coding = liked_coding(request.header("accept-encoding"));
  if (coding != Coding::Identity) {
    response.headers.emplace_back("Content-Encoding", name_of(coding));
  }
  return coding;
}

}  // namespace

std::string head(const Response& response, bool keep_alive) {
  std::string text;
  text.reserve(512 + response.body.size());
  auto number = [&text](uint64_t value) {
    char digits[20];
    auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), value);
    text.append(digits, end);
  };
  auto reason =
      boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(response.status));
  text += "HTTP/1.1 ";
  number(static_cast<uint64_t>(response.status));
  text.append(" ").append(reason.data(), reason.size()).append("\r\n");
  if (response.status != 204 && response.status != 304) {
    text.append("Content-Type: ").append(response.content_type).append("\r\n");
    if (response.stream && !response.stream_bytes) {
      text += "Transfer-Encoding: chunked\r\n";
    } else {
      text += "Content-Length: ";
      number(response.stream_bytes.value_or(response.body.size()));
      text += "\r\n";
    }
  }
  for (const auto& [name, value] : response.headers) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  if (!keep_alive) text += "Connection: close\r\n";
  text += "\r\n";
  return text;
}

std::string whole(const Request& request, Response& response, bool keep_alive) {
  if (response.body.size() >= kCompressFrom) {
    if (auto packer = make_packer(choose_coding(request, response))) {
      response.body = packer->pack(response.body, true);
    }
  }
  auto text = head(response, keep_alive);
  if (request.method != Method::Head && response.status != 204 && response.status != 304)
    text += response.body;
  return text;
}

Task<Result<void>> send_stream(Socket& socket, Deadline& deadline, std::chrono::seconds limit,
                               const Request& request, Response& response) {
  SocketStream out(socket, deadline, limit);
  const auto coding = response.stream_bytes ? Coding::Identity : choose_coding(request, response);
  auto sent = co_await out.send(head(response, false));
  if (!sent || request.method == Method::Head) co_return sent;
  if (response.stream_bytes) {
    PlainBody body(out, *response.stream_bytes);
    sent = co_await response.stream(body);
    co_return sent ? body.finish() : sent;
  }
  ChunkedBody body(out, coding);
  sent = co_await response.stream(body);
  if (!sent) co_return sent;
  co_return co_await body.finish();
}

}  // namespace sentinel::http
