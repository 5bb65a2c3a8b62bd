#include "http/client.hpp"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>
#include <charconv>

#include "http/router.hpp"

namespace sentinel::http {

namespace {

namespace beast = boost::beast;
using asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::string_view kLost = "connection_lost";

std::unexpected<Error> bad_url(std::string_view text, std::string_view why) {
  return fail(ErrorCode::InvalidArgument, "url_invalid",
              fmt::format("'{}' is not a server address: {}", text.substr(0, 200), why));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  if (text.starts_with("https://")) {
    return bad_url(text, "https is not spoken yet, write http://HOST:PORT");
  }
  if (!text.starts_with(scheme)) return bad_url(text, "write http://HOST:PORT");
  auto rest = text.substr(scheme.size());
  if (rest.find_first_of(" \t\r\n?#@") != rest.npos) {
    return bad_url(text, "it may hold a host, a port and a path only");
  }
  size_t slash = rest.find('/');
  auto authority = rest.substr(0, slash);
  Url url;
  if (slash != rest.npos) url.path = rest.substr(slash);
  while (url.path.ends_with('/')) url.path.pop_back();
  size_t colon = authority.rfind(':');
  if (authority.starts_with('[')) {
    size_t bracket = authority.find(']');
    if (bracket == authority.npos) return bad_url(text, "the bracket is not closed");
    url.host = authority.substr(1, bracket - 1);
    colon = bracket + 1 < authority.size() ? bracket + 1 : authority.npos;
  } else {
    url.host = authority.substr(0, colon);
  }
  if (url.host.empty()) return bad_url(text, "the host is missing");
  if (colon == authority.npos) return url;
  auto digits = authority.substr(colon + 1);
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
  if (authority[colon] != ':' || error != std::errc{} || url.port == 0 ||
      end != digits.data() + digits.size()) {
    return bad_url(text, "the port is a number from 1 to 65535");
  }
  return url;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string_view ClientResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

Client::Client(asio::any_io_executor executor, Url server, size_t response_bytes_max)
    : executor_(std::move(executor)),
      server_(std::move(server)),
      response_bytes_max_(response_bytes_max) {}

Task<Result<ClientResponse>> Client::send(ClientRequest request, Duration deadline) {
  auto end = std::chrono::steady_clock::now() + deadline;
  auto text = write_head(request) + request.body;
  if (stream_) {
    auto response = co_await exchange(text, end);
    // The server may close an idle connection at any moment; what then fails was not an answer.
    bool stale = !response && response.error().reason == kLost;
    if (!stale || !request.repeatable) co_return response;
  }
  if (auto connected = co_await connect(end); !connected) co_return forward(connected);
  co_return co_await exchange(std::move(text), end);
}

void Client::close() {
  stream_.reset();
  buffer_.clear();
}

Task<Result<void>> Client::connect(Deadline deadline) {
  close();
  boost::system::error_code error;
  std::vector<tcp::endpoint> endpoints;
  auto ip = asio::ip::make_address(server_.host, error);
  if (!error) {
    endpoints.emplace_back(ip, server_.port);
  } else {
    // Only a name needs the resolver, which costs a thread.
    tcp::resolver resolver(executor_);
    auto [failed, found] =
        co_await resolver.async_resolve(server_.host, std::to_string(server_.port), kAwait);
    if (failed) co_return transport_error("connection_failed", failed);
    for (const auto& entry : found) endpoints.push_back(entry.endpoint());
  }
  stream_.emplace(executor_);
  stream_->expires_at(deadline);
  auto [failed, endpoint] = co_await stream_->async_connect(endpoints, kAwait);
  if (failed) co_return transport_error("connection_failed", failed);
  stream_->socket().set_option(tcp::no_delay(true), error);
  co_return Result<void>{};
}

Task<Result<ClientResponse>> Client::exchange(std::string text, Deadline deadline) {
  stream_->expires_at(deadline);
  auto [write_error, written] = co_await asio::async_write(*stream_, asio::buffer(text), kAwait);
  if (write_error) co_return transport_error(kLost, write_error);
  beast::http::response_parser<beast::http::string_body> parser;
  parser.body_limit(response_bytes_max_);
  auto [read_error, size] = co_await beast::http::async_read(*stream_, buffer_, parser, kAwait);
  if (read_error) {
    // Before the first byte it is the kept connection that was gone; after it, the answer that was
    // cut.
    co_return transport_error(parser.got_some() ? "answer_cut" : kLost, read_error);
  }
  ClientResponse response;
  response.status = static_cast<int>(parser.get().result_int());
  for (const auto& field : parser.get()) {
    std::string_view name(field.name_string().data(), field.name_string().size());
    response.headers.emplace_back(lower(name), std::string(field.value()));
  }
  bool keep = parser.get().keep_alive();
  response.body = std::move(parser.get().body());
  if (keep) {
    stream_->expires_never();
  } else {
    close();
  }
  co_return response;
}

std::string Client::write_head(const ClientRequest& request) const {
  bool ipv6 = server_.host.find(':') != std::string::npos;
  std::string text;
  text.reserve(256 + request.body.size());
  fmt::format_to(std::back_inserter(text), "{} {}{} HTTP/1.1\r\nHost: {}{}{}:{}\r\n",
                 to_string(request.method), server_.path, request.target, ipv6 ? "[" : "",
                 server_.host, ipv6 ? "]" : "", server_.port);
  for (const auto& [name, value] : request.headers) {
    fmt::format_to(std::back_inserter(text), "{}: {}\r\n", name, value);
  }
  if (request.method == Method::Post) {
    fmt::format_to(std::back_inserter(text), "Content-Length: {}\r\n", request.body.size());
  }
  text += "\r\n";
  return text;
}

std::string Client::address() const { return fmt::format("{}:{}", server_.host, server_.port); }

std::unexpected<Error> Client::transport_error(std::string_view what,
                                               boost::system::error_code error) {
  close();
  if (error == beast::error::timeout) {
    return fail(ErrorCode::Unavailable, "timed_out",
                fmt::format("{} did not answer in time", address()));
  }
  if (error == beast::http::error::body_limit) {
    return fail(ErrorCode::TooLarge, "response_too_large",
                fmt::format("{} answered with more than {} bytes", address(), response_bytes_max_));
  }
  if (error.category() == make_error_code(beast::http::error::end_of_stream).category() &&
      error != beast::http::error::end_of_stream && error != beast::http::error::partial_message) {
    return fail(ErrorCode::Internal, "not_http",
                fmt::format("{} does not speak HTTP: {}", address(), error.message()));
  }
  return fail(ErrorCode::Unavailable, std::string(what),
              fmt::format("no answer from {}: {}", address(), error.message()));
}

}  // namespace sentinel::http
