#include "http/request_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/read_size.hpp>
#include <boost/beast/http/error.hpp>

namespace sentinel::http {

namespace {

namespace beast = boost::beast;
using HttpError = beast::http::error;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr size_t kReadMax = 64 * 1024;
constexpr size_t kBodyReadMax = 128 * 1024;

std::unexpected<Error> read_error(beast::error_code error, const ServerLimits& limits) {
  if (error == HttpError::body_limit) {
    return fail(ErrorCode::TooLarge, "body_too_large",
                fmt::format("the body is over the limit of {} bytes", limits.body_bytes_max));
  }
  if (error == HttpError::header_limit) {
    return fail(ErrorCode::TooLarge, "header_too_large",
                fmt::format("the headers are over the limit of {} bytes", limits.header_bytes_max));
  }
  return fail(ErrorCode::InvalidArgument, "http_invalid",
              "this is not HTTP/1.1: " + error.message());
}

std::unexpected<Error> client_gone() {
  return fail(ErrorCode::Unavailable, "client_gone", "the client closed the connection");
}

}  // namespace

Task<Result<void>> RequestReader::read_head(RequestParser& parser) {
  parser.header_limit(static_cast<uint32_t>(limits_.header_bytes_max));
  parser.body_limit(limits_.body_bytes_max);
  if (buffer_.size() == 0) {
    deadline_.expires_after(limits_.idle_max);
    auto space = buffer_.prepare(beast::read_size(buffer_, kReadMax));
    auto [error, size] = co_await socket_.async_read_some(space, kAwait);
    deadline_.expires_never();
    if (error) co_return client_gone();
    buffer_.commit(size);
  }
  auto done = feed(parser, true);
  if (done && !*done) {
    const auto deadline = deadline_.now() + limits_.header_max;
    do {
      if (auto read = co_await read_some(deadline, "its head"); !read) co_return read;
      done = feed(parser, true);
    } while (done && !*done);
  }
  if (!done) co_return forward(done);
  co_return check_head(parser);
}

Result<void> RequestReader::check_head(RequestParser& parser) const {
  const auto count = parser.request().headers.size();
  if (count <= limits_.headers_max) return {};
  return fail(
      ErrorCode::TooLarge, "headers_limit",
      fmt::format("the request has {} headers, the limit is {}", count, limits_.headers_max));
}

Result<bool> RequestReader::take_body(RequestParser& parser, MemoryLease& lease) {
  if (parser.is_done()) return true;
  const auto length = parser.content_length();
  if (!length) return false;
  auto& body = parser.request().body;
  const size_t here = std::min<size_t>(*length, buffer_.size());
  body.reserve(*length + kBodyPadding);
  body.append(static_cast<const char*>(buffer_.data().data()), here);
  buffer_.consume(here);
  if (auto held = lease.hold(body.size()); !held) return forward(held);
  return body.size() == *length;
}

Task<Result<void>> RequestReader::read_body(RequestParser& parser, MemoryLease& lease) {
  auto& body = parser.request().body;
  if (auto length = parser.content_length()) {
    co_return co_await read_sized_body(body, *length, lease);
  }
  parser.eager(true);
  const auto begin = deadline_.now();
  for (;;) {
    auto done = feed(parser, false);
    if (!done) co_return forward(done);
    if (auto held = lease.hold(body.size()); !held) co_return held;
    if (*done) co_return Result<void>{};
    auto read = co_await read_some(body_deadline(begin, body.size()), "its body");
    if (!read) co_return read;
  }
}

Task<Result<void>> RequestReader::read_sized_body(std::string& body, size_t length,
                                                  MemoryLease& lease) {
  const auto begin = deadline_.now();
  while (body.size() < length) {
    // Touches memory as it comes: whoever announces much has sent nothing yet.
    const size_t before = body.size(), wanted = std::min(length - before, kBodyReadMax);
    body.resize(before + wanted);
    auto read = co_await read_into(asio::buffer(body.data() + before, wanted),
                                   body_deadline(begin, before), "its body");
    body.resize(before + read.value_or(0));
    if (!read) co_return forward(read);
    if (auto held = lease.hold(body.size()); !held) co_return held;
  }
  co_return Result<void>{};
}

RequestReader::Clock::time_point RequestReader::body_deadline(Clock::time_point begin,
                                                              size_t received) const {
  const auto earned =
      limits_.body_grace + std::chrono::seconds{static_cast<int64_t>(
                               received / std::max<size_t>(limits_.body_rate_min, 1))};
  return begin + std::min<std::chrono::seconds>(earned, limits_.body_max);
}

Result<bool> RequestReader::feed(RequestParser& parser, bool header_only) {
  auto done = [&] { return header_only ? parser.is_header_done() : parser.is_done(); };
  while (!done() && buffer_.size() > 0) {
    beast::error_code error;
    const size_t used = parser.put(buffer_.data(), error);
    buffer_.consume(used);
    if (error == HttpError::need_more) break;
    if (error) return read_error(error, limits_);
  }
  return done();
}

Task<Result<void>> RequestReader::read_some(Clock::time_point deadline, std::string_view too_slow) {
  auto space = buffer_.prepare(beast::read_size(buffer_, kReadMax));
  auto read = co_await read_into(space, deadline, too_slow);
  buffer_.commit(read.value_or(0));
  if (!read) co_return forward(read);
  co_return Result<void>{};
}

Task<Result<size_t>> RequestReader::read_into(asio::mutable_buffer space,
                                              Clock::time_point deadline,
                                              std::string_view too_slow) {
  deadline_.expires_at(deadline);
  auto [error, size] = co_await socket_.async_read_some(space, kAwait);
  deadline_.expires_never();
  if (!error) co_return size;
  if (!deadline_.expired()) co_return client_gone();
  co_return fail(
      ErrorCode::InvalidArgument, "request_too_slow",
      fmt::format("the request came too slowly: {} must be here within {} s and come at "
                  "{} bytes a second",
                  too_slow,
                  too_slow == "its head" ? limits_.header_max.count() : limits_.body_max.count(),
                  limits_.body_rate_min));
}

}  // namespace sentinel::http
