// OTLP over gRPC with a real client, @grpc/grpc-js, over real sockets. What answers the exports is
// the test's own, so that each outcome comes when the test says; otlp_grpc_test has the real one.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/metrics_api/grpc.hpp"
#include "base/uuid.hpp"
#include "http/compression.hpp"
#include "otlp/response.hpp"
#include "support/grpc_client.hpp"

namespace sentinel::metrics_api {
namespace {

using namespace sentinel::testing;
using ::testing::HasSubstr;

class GrpcClientTest : public ::testing::Test {
 protected:
  GrpcClientTest() {
    auto port = server_.listen_http2("127.0.0.1:0", grpc_.http2_service());
    EXPECT_TRUE(port) << port.error().message;
    port_ = *port;
    server_.start();
  }

  static http::Response answer(int status, std::string body) {
    auto response = http::json(status, std::move(body));
    response.content_type = "application/x-protobuf";
    return response;
  }
  static http::Response failed(int status, std::string_view message) {
    return answer(status, otlp::status_response(otlp::Encoding::Protobuf, 2, message));
  }

  // The reply that the call's metadata asks for; at once, or when it is released.
  Task<http::Response> take(http::Request& request) {
    if (auto unpacked = http::unpack_body(request); !unpacked)
      co_return failed(http::status_of(unpacked.error().code), unpacked.error().message);
    auto number = [&](std::string_view name) {
      return std::stoul("0" + std::string(request.header(name)));
    };
    const auto message = http::percent_decode(request.header("x-message")).value_or("");
    auto reply = answer(200, otlp::export_response(otlp::Signal::Logs, otlp::Encoding::Protobuf,
                                                   number("x-rejected"), message));
    if (auto status = number("x-status")) reply = failed(static_cast<int>(status), message);
    if (number("x-retry")) reply.headers.emplace_back("Retry-After", request.header("x-retry"));
    const std::string wait(request.header("x-wait"));
    if (!wait.empty()) {
      ++waiting_;
      most_ = std::max<int>(most_, waiting_);
      asio::steady_timer timer(co_await asio::this_coro::executor);
      while (wait == "release" ? !release_
                               : waiting_ < std::stoi(wait) && most_ < std::stoi(wait)) {
        timer.expires_after(std::chrono::milliseconds{1});
        co_await timer.async_wait(asio::use_awaitable);
      }
      --waiting_;
    }
    connections_ = std::max<int>(connections_, static_cast<int>(server_.connections()));
    std::lock_guard lock(mutex_);
    ++taken_[request.body.size() > 100 ? fmt::format("{} bytes", request.body.size())
                                       : request.body];
    co_return reply;
  }
  int taken(const std::string& text) {
    std::lock_guard lock(mutex_);
    return taken_[text];
  }

  ChildProcess client(const std::vector<std::string>& calls) const {
    return grpc_client(port_, calls);
  }
  // The same by id: "0 <answer>", or "8 message", and " +" when it may be tried again.
  std::map<int64_t, std::string> run(const std::vector<std::string>& calls) const {
    auto running = client(calls);
    std::map<int64_t, std::string> all;
    for (const auto& outcome : grpc_outcomes(running)) {
      const auto code = outcome["code"].integer();
      all[outcome["id"].integer()] =
          fmt::format("{} {}{}", code, (code == 0 ? outcome["answer"] : outcome["message"]).text(),
                      outcome["retry"].text().empty() ? "" : " +");
    }
    return all;
  }

  std::mutex mutex_;
  std::map<std::string, int> taken_;
  std::atomic<bool> release_ = false;
  std::atomic<int> waiting_ = 0, most_ = 0, connections_ = 0;
  Grpc grpc_{[this](http::Request& request) { return take(request); },
             []() -> Task<bool> { co_return true; }};
  http::Server server_{[](http::Request&) -> Task<http::Response> { co_return http::Response{}; },
                       {},
                       2};  // last: its threads use the others
  uint16_t port_ = 0;
};

TEST_F(GrpcClientTest, GetsAnAnswerToEveryKindOfCall) {
  auto outcome = run({
      R"({"id":1,"signal":"traces","text":"spans"})",
      R"({"id":2,"signal":"metrics","text":"points","gzip":true})",
      R"({"id":3,"signal":"logs","bytes":8000000})",
      R"({"id":4,"signal":"logs","bytes":60000000,"gzip":true})",
      R"({"id":5,"signal":"logs","text":"some","metadata":{"x-rejected":"3","x-message":"why"}})",
      R"({"id":6,"signal":"logs","bytes":9000000})",
      R"({"id":7,"signal":"logs","bytes":70000000,"gzip":true})",
      R"({"id":8,"path":"/opentelemetry.proto.collector.logs.v1.LogsService/Import"})",
      R"({"id":9,"path":"/grpc.health.v1.Health/Check"})",
      R"({"id":10,"signal":"logs","metadata":{"x-status":"401","x-message":"send a key"}})",
      R"({"id":11,"signal":"logs","metadata":{"x-status":"403","x-message":"not this key"}})",
      R"({"id":12,"signal":"logs","metadata":{"x-status":"400","x-message":"100 %25 %C3%A4"}})",
      R"({"id":13,"signal":"logs","metadata":{"x-status":"429","x-message":"over","x-retry":"2"}})",
      R"({"id":14,"signal":"logs","metadata":{"x-status":"503","x-message":"away","x-retry":"5"}})",
  });
  EXPECT_EQ(outcome[1], "0 ");
  EXPECT_EQ(outcome[2], "0 ");
  EXPECT_EQ(outcome[3], "0 ");
  EXPECT_EQ(outcome[4], "0 ");
  EXPECT_EQ(outcome[5], "0 " + to_hex("\x0a\x07\x08\x03\x12\x03why"));
  EXPECT_EQ(outcome[6], "8 the body is over the limit of 8388608 bytes");
  EXPECT_EQ(outcome[7], "8 the body unpacks to more than 67108864 bytes");
  EXPECT_THAT(outcome[8], HasSubstr("12 there is no method /opentelemetry.proto.collector."));
  EXPECT_EQ(outcome[9], "0 0801");
  EXPECT_EQ(outcome[10], "16 send a key");
  EXPECT_EQ(outcome[11], "7 not this key");
  EXPECT_EQ(outcome[12], "3 100 % ä");
  EXPECT_EQ(outcome[13], "8 over +");
  EXPECT_EQ(outcome[14], "14 away +");
  EXPECT_EQ(taken("spans"), 1);
  EXPECT_EQ(taken("points"), 1);
  EXPECT_EQ(taken("8000000 bytes"), 1);
  EXPECT_EQ(taken("60000000 bytes"), 1);
  EXPECT_EQ(taken("some"), 1);
}

TEST_F(GrpcClientTest, MakesTwoHundredCallsAtOnceOnOneConnection) {
  std::vector<std::string> calls;
  for (int id = 1; id <= 200; ++id) {
    calls.push_back(fmt::format(
        R"({{"id":{0},"signal":"traces","text":"call {0}","metadata":{{"x-wait":"100"}}}})", id));
  }
  auto outcome = run(calls);
  for (int id = 1; id <= 200; ++id) {
    EXPECT_EQ(outcome[id], "0 ");
    EXPECT_EQ(taken(fmt::format("call {}", id)), 1);
  }
  EXPECT_EQ(most_, 100);  // the rest waited for their turn
  EXPECT_EQ(connections_, 1);
}

TEST_F(GrpcClientTest, CommitsWhatAClientNoLongerWaitsFor) {
  auto running = client({
      R"({"id":1,"signal":"logs","text":"cancelled","metadata":{"x-wait":"release"},"cancelAfter":2})",
      R"({"id":3,"signal":"logs","text":"late","metadata":{"x-wait":"release"},"deadlineMs":3000})",
      R"({"id":2,"signal":"logs","metadata":{"x-wait":"3"}})",  // ends when the others wait
  });
  auto ended = grpc_outcomes(running);
  ASSERT_EQ(ended.size(), 3u);
  EXPECT_EQ(ended[0]["id"].integer(), 2);
  EXPECT_EQ(ended[0]["code"].integer(), 0);
  EXPECT_EQ(ended[1]["id"].integer(), 1);
  EXPECT_EQ(ended[1]["code"].integer(), 1);
  EXPECT_EQ(ended[2]["id"].integer(), 3);
  EXPECT_EQ(ended[2]["code"].integer(), 4);
  EXPECT_EQ(taken("cancelled") + taken("late"), 0);
  release_ = true;
  EXPECT_TRUE(holds_soon([&] { return taken("cancelled") == 1 && taken("late") == 1; }));
  EXPECT_TRUE(holds_soon([&] { return server_.connections() == 0; }));
}

TEST_F(GrpcClientTest, GetsAnAnswerToEveryCallThatTheServerTookBeforeItStops) {
  std::vector<std::string> calls;
  for (int id = 1; id <= 50; ++id)
    calls.push_back(fmt::format(R"({{"id":{},"signal":"traces","text":"load","loop":true}})", id));
  auto running = client(calls);
  ASSERT_TRUE(holds_soon([&] { return taken("load") > 500; }));
  server_.stop();
  int answered = 0, unavailable = 0;
  for (const auto& outcome : grpc_outcomes(running)) {
    answered += outcome["code"].integer() == 0;
    unavailable += outcome["code"].integer() == 14;
  }
  EXPECT_EQ(answered, taken("load"));
  EXPECT_EQ(unavailable, 50);
}

}  // namespace
}  // namespace sentinel::metrics_api
