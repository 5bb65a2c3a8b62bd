// A server with a few routes of its own, on a free port.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <latch>
#include <thread>

#include "http/compression.hpp"
#include "http/server.hpp"
#include "support/http_client_for_tests.hpp"
#include "support/json.hpp"

namespace sentinel::http {

using sentinel::testing::Answer;
using sentinel::testing::Headers;
using sentinel::testing::HttpClient;
using sentinel::testing::HttpConnection;
using sentinel::testing::Json;
using sentinel::testing::to_wire;

class ServerTest : public ::testing::Test {
 protected:
  static constexpr size_t kBodyMax = 64 * 1024;
  static constexpr size_t kUnpackedMax = 256 * 1024;
  static constexpr size_t kHeaderMax = 4 * 1024;

  ServerTest() {
    start({.header_bytes_max = kHeaderMax,
           .body_bytes_max = kBodyMax,
           .body_unpacked_bytes_max = kUnpackedMax});
  }

  // Ends the server that runs and starts another.
  void start(ServerLimits limits) {
    server_ =
        std::make_unique<Server>([this](Request& request) { return answer(request); }, limits, 2);
    auto port = server_->listen("127.0.0.1:0");
    ASSERT_TRUE(port) << port.error().message;
    port_ = *port;
    server_->start();
  }

  Task<Response> answer(Request& request) {
    if (auto unpacked = unpack_body(request); !unpacked) co_return problem(unpacked.error());
    if (request.path == "/throw") throw std::runtime_error("of this test");
    if (request.path == "/count") co_return json(200, std::to_string(++count_));
    if (request.path == "/large") co_return json(200, std::string(100'000, 'x'));
    if (request.path == "/nothing") {
      Response response;
      response.status = 204;
      co_return response;
    }
    if (request.path == "/slow") co_return co_await slow();
    if (request.path.starts_with("/stream")) co_return stream(request.path);
    co_return json(200,
                   fmt::format("{}|{}|{}|{}|{}", static_cast<int>(request.method), request.path,
                               request.query, request.header("x-test"), request.body));
  }

  // Answers when the test says so.
  Task<Response> slow() {
    slow_began_.count_down();
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (!release_) {
      timer.expires_after(std::chrono::milliseconds{1});
      co_await timer.async_wait(asio::use_awaitable);
    }
    co_return json(200, "late");
  }

  // /stream/3 gives three pieces, /stream-broken two and then fails, /stream-endless never ends,
  // /stream-silent says nothing after its first piece; /stream-unmade never gets so far.
  Response stream(const std::string& path) {
    Response response;
    if (path == "/stream-unmade") {
      response.make = [this]() -> Task<Response> {
        co_await wait_forever();
        co_return json(200, "never");
      };
      return response;
    }
    if (path == "/stream-known" || path == "/stream-short") {
      response.stream_bytes = path == "/stream-known" ? 4 : 5;
      response.stream = [](BodyStream& body) { return body.write("four"); };
      return response;
    }
    response.content_type = path == "/stream-events" ? "text/event-stream" : "text/plain";
    response.stream = [this, path](BodyStream& body) -> Task<Result<void>> {
      asio::steady_timer timer(co_await asio::this_coro::executor);
      for (int i = 0; path == "/stream-endless" || i < (path == "/stream-broken" ? 2 : 3); ++i) {
        co_await body.write("");  // no chunk: an empty one would end the body
        auto written = co_await body.write(path == "/stream-endless" ? std::string(64 * 1024, 'x')
                                                                     : fmt::format("piece {};", i));
        if (!written) {
          stream_ended_.count_down();
          co_return written;
        }
        if (path == "/stream-silent") co_await wait_forever();
      }
      if (path == "/stream-broken") co_return fail(ErrorCode::Internal, "broken", "of this test");
      co_return Result<void>{};
    };
    return response;
  }

  // Until it is cancelled.
  Task<void> wait_forever() {
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours{24});
    stream_waits_.count_down();
    auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    EXPECT_EQ(error, asio::error::operation_aborted);
    stream_ended_.count_down();
  }

  HttpClient client() const { return HttpClient(port_); }

  std::atomic<int> count_ = 0;
  std::atomic<bool> release_ = false;
  std::latch slow_began_{1};
  std::latch stream_waits_{1};
  std::latch stream_ended_{1};
  uint16_t port_ = 0;
  std::unique_ptr<Server> server_;  // last: its threads use the others
};

// "code: detail" of a problem.
inline std::string problem_of(const Answer& answer) {
  auto body = Json::parse(answer.body);
  EXPECT_EQ(answer.header("content-type"), "application/problem+json");
  EXPECT_EQ(body["status"].integer(), answer.status);
  return body["code"].text() + ": " + body["detail"].text();
}

}  // namespace sentinel::http
