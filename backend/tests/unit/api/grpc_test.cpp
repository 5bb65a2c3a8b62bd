// OTLP over gRPC as requests and responses of HTTP: frames, statuses, and what the service gets.
#include "api/metrics_api/grpc.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/run_now.hpp"
#include "base/secret.hpp"
#include "http/compression.hpp"
#include "otlp/response.hpp"
#include "support/zstd.hpp"

namespace sentinel::metrics_api {
namespace {

using namespace std::chrono_literals;

constexpr const char* kTraces = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
constexpr const char* kMetrics = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
constexpr const char* kLogs = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
constexpr const char* kHealth = "/grpc.health.v1.Health/Check";

std::string framed(std::string_view message, bool packed = false) {
  auto body = grpc_answer(message).body;
  body[0] = packed ? '\1' : '\0';
  return body;
}

class GrpcTest : public ::testing::Test {
 protected:
  http::Response call(std::string path, std::string body,
                      std::vector<std::pair<std::string, std::string>> headers = {}) {
    http::Request request;
    request.method = http::Method::Post;
    request.path = std::move(path);
    request.body = std::move(body);
    request.body_unpacked_bytes_max = 1000;
    request.headers = {{"content-type", "application/grpc"}};
    request.headers.insert(request.headers.end(), headers.begin(), headers.end());
    return run(request);
  }
  http::Response run(http::Request& request) {
    asio::io_context context;
    return run_now(context, grpc_.http2_service().handler(request));
  }
  // As OTLP over HTTP answers.
  Task<http::Response> take(http::Request& request) {
    EXPECT_EQ(request.method, http::Method::Post);
    EXPECT_EQ(request.header("content-type"), "application/x-protobuf");
    encodings_ += std::string(request.header("content-encoding")) + ";";
    if (auto unpacked = http::unpack_body(request); !unpacked) {
      co_return failed(http::status_of(unpacked.error().code), unpacked.error().message);
    }
    paths_ += request.path + ";";
    bodies_.push_back(request.body);
    co_return reply_;
  }
  static http::Response failed(int status, std::string_view message) {
    auto response = http::json(status, otlp::status_response(otlp::Encoding::Protobuf, 2, message));
    response.content_type = "application/x-protobuf";
    return response;
  }
  static std::string header(const http::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return "";
  }
  // "3 message" of a failure, which has no body.
  static std::string failure(const http::Response& response) {
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.content_type, "application/grpc");
    EXPECT_EQ(response.body, "");
    EXPECT_TRUE(response.trailers.empty());
    EXPECT_EQ(header(response, "grpc-accept-encoding"), "identity,gzip,zstd");
    return header(response, "grpc-status") + " " + header(response, "grpc-message");
  }

  http::Response reply_;
  bool ready_ = true;
  std::string paths_;
  std::vector<std::string> bodies_;
  std::string encodings_;
  Grpc grpc_{[this](http::Request& request) { return take(request); },
             [this]() -> Task<bool> { co_return ready_; }};
};

TEST_F(GrpcTest, TakesOneMessageOfEachSignal) {
  for (const char* path : {kTraces, kMetrics, kLogs}) {
    auto response = call(path, framed("protobuf"), {{"grpc-timeout", "10S"}});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.content_type, "application/grpc");
    EXPECT_EQ(response.body, framed(""));
    ASSERT_EQ(response.trailers.size(), 1u);
    EXPECT_EQ(response.trailers[0], std::pair(std::string("grpc-status"), std::string("0")));
  }
  EXPECT_EQ(paths_, "/v1/traces;/v1/metrics;/v1/logs;");
  EXPECT_EQ(bodies_, std::vector<std::string>(3, "protobuf"));
  EXPECT_EQ(call(kTraces, framed(""), {}).body, framed(""));
  EXPECT_EQ(bodies_.back(), "");
}

TEST_F(GrpcTest, LeavesUnpackingToWhoAsksForTheKeyFirst) {
  call(kLogs, framed(http::gzip("protobuf", 6), true),
       {{"grpc-encoding", "gzip"}, {"content-encoding", "br"}});
  call(kLogs, framed(testing::zstd("protobuf too"), true), {{"grpc-encoding", "zstd"}});
  call(kLogs, framed("plain all the same"), {{"grpc-encoding", "gzip"}});
  call(kLogs, framed("plain"), {{"grpc-encoding", "identity"}});
  EXPECT_EQ(encodings_, "gzip;zstd;identity;identity;");
  EXPECT_EQ(bodies_,
            (std::vector<std::string>{"protobuf", "protobuf too", "plain all the same", "plain"}));
  auto bomb =
      call(kLogs, framed(http::gzip(std::string(1001, '0'), 6), true), {{"grpc-encoding", "gzip"}});
  EXPECT_EQ(failure(bomb), "8 the body unpacks to more than 1000 bytes");
  EXPECT_EQ(header(bomb, "grpc-status-details-bin"), "");  // so that nobody sends it again
  auto torn = call(kLogs, framed("no gzip", true), {{"grpc-encoding", "gzip"}});
  EXPECT_EQ(failure(torn), "3 the body is not complete gzip");
}

TEST_F(GrpcTest, RefusesWhatIsNotOneMessage) {
  EXPECT_EQ(failure(call(kLogs, "")),
            "13 a message begins with 5 bytes, its flag and size; 0 came");
  EXPECT_EQ(failure(call(kLogs, std::string(4, '\0'))),
            "13 a message begins with 5 bytes, its flag and size; 4 came");
  EXPECT_EQ(failure(call(kLogs, framed("cut").substr(0, 7))),
            "13 the message should have 3 bytes, 2 came; a call has one message");
  EXPECT_EQ(failure(call(kLogs, framed("one") + framed("two"))),
            "13 the message should have 3 bytes, 11 came; a call has one message");
  EXPECT_EQ(failure(call(kLogs, "\2" + framed("x").substr(1))),
            "13 the flag of the message is 2, not 0 or 1");
  EXPECT_EQ(failure(call(kLogs, framed("x", true))),
            "13 the message is marked as packed, but grpc-encoding does not say how");
  EXPECT_EQ(failure(call(kLogs, framed("x"), {{"grpc-encoding", "snappy"}})),
            "12 grpc-encoding snappy is not understood; send gzip, zstd or identity");
  EXPECT_TRUE(bodies_.empty());
}

TEST_F(GrpcTest, RefusesWhatIsNotACallOfItsOwn) {
  EXPECT_EQ(failure(call("/other.Service/Call", framed(""))),
            "12 there is no method /other.Service/Call; Export of OTLP's services for traces, "
            "metrics and logs is here");
  EXPECT_EQ(failure(call(std::string(kTraces) + "s", framed(""))).substr(0, 3), "12 ");
  http::Request request;
  request.path = kTraces;
  request.method = http::Method::Get;
  request.headers = {{"content-type", "application/grpc"}};
  EXPECT_EQ(run(request).status, 415);
  request.method = http::Method::Post;
  for (std::string type : {"", "application/json", "application/grpc+json", "application/grpcx"}) {
    request.headers = {{"content-type", type}};
    EXPECT_EQ(run(request).status, 415) << type;
  }
  request.body = framed("x");
  for (std::string type : {"application/grpc", "application/grpc+proto", "application/grpc ;v=1"}) {
    request.headers = {{"content-type", type}};
    request.body = framed("x");
    EXPECT_EQ(run(request).status, 200) << type;
  }
}

TEST_F(GrpcTest, ReadsTheTimeout) {
  EXPECT_EQ(failure(call(kLogs, framed(""), {{"grpc-timeout", "soon"}})),
            "3 grpc-timeout soon is not up to 8 digits and one of HMSmun");
  EXPECT_EQ(failure(call(kLogs, framed(""), {{"grpc-timeout", "0n"}})),
            "4 grpc-timeout is over at once");
  EXPECT_EQ(parse_grpc_timeout("99999999H"), 99'999'999h);
  EXPECT_EQ(parse_grpc_timeout("2M"), 2min);
  EXPECT_EQ(parse_grpc_timeout("2S"), 2s);
  EXPECT_EQ(parse_grpc_timeout("250m"), 250ms);
  EXPECT_EQ(parse_grpc_timeout("250u"), 250us);
  EXPECT_EQ(parse_grpc_timeout("1250n"), 2us);
  for (auto text : {"", "S", "1", "1s", "-1S", "+1S", "1.5S", "123456789S", " 1S", "1 S"})
    EXPECT_FALSE(parse_grpc_timeout(text)) << text;
}

TEST_F(GrpcTest, SaysEveryOutcomeInItsOwnWords) {
  const std::string message = "why: 100 % \xc3\xa4\n";
  auto outcome = [&](int status, std::string retry_after_s) {
    reply_ = failed(status, message);
    if (!retry_after_s.empty()) reply_.headers.emplace_back("Retry-After", retry_after_s);
    return call(kTraces, framed(""));
  };
  for (auto [status, code] :
       {std::pair{400, 3}, {401, 16}, {403, 7}, {413, 8}, {415, 12}, {500, 13}, {404, 13}}) {
    auto refused = outcome(status, "");
    EXPECT_EQ(failure(refused), fmt::format("{} why: 100 %25 %C3%A4%0A", code)) << status;
    EXPECT_EQ(header(refused, "grpc-status-details-bin"), "") << status;
  }
  for (auto [status, code] : {std::pair{429, 8}, {503, 14}}) {
    auto later = outcome(status, "200");
    EXPECT_EQ(failure(later), fmt::format("{} why: 100 %25 %C3%A4%0A", code));
    EXPECT_EQ(header(later, "grpc-status-details-bin"),
              to_base64(otlp::status_with_retry(code, message, 200)));
  }
  reply_ = http::json(200, "\x0a\x02\x08\x03");  // a partial success
  EXPECT_EQ(call(kTraces, framed("")).body, framed(reply_.body));
}

TEST_F(GrpcTest, TellsWhatAConnectionRefuses) {
  auto refuse = grpc_.http2_service().refuse;
  auto large = refuse({ErrorCode::TooLarge, "body_too_large", "over the limit"});
  EXPECT_EQ(failure(large), "8 over the limit");
  EXPECT_EQ(header(large, "grpc-status-details-bin"), "");
  auto slow = refuse({ErrorCode::Unavailable, "request_too_slow", "too slow"});
  EXPECT_EQ(failure(slow), "14 too slow");
  EXPECT_NE(header(slow, "grpc-status-details-bin"), "");
  EXPECT_EQ(failure(refuse({ErrorCode::Internal, "internal", "failed"})), "13 failed");
}

TEST_F(GrpcTest, KeepsWhatItSaysShort) {
  auto response = grpc_failure(GrpcStatus::Unavailable, std::string(999, 'x') + "\xc3\xa4 more", 1);
  EXPECT_EQ(header(response, "grpc-message"), std::string(999, 'x'));
  EXPECT_LT(header(response, "grpc-status-details-bin").size(), 1500u);
}

TEST_F(GrpcTest, TellsItsHealth) {
  EXPECT_EQ(call(kHealth, framed("")).body, framed("\x08\x01"));
  ready_ = false;
  EXPECT_EQ(call(kHealth, framed("")).body, framed("\x08\x02"));
  EXPECT_EQ(
      call(kHealth, framed("\x0a\x33opentelemetry.proto.collector.trace.v1.TraceService")).body,
      framed("\x08\x02"));
  EXPECT_EQ(call(kHealth, framed("\x0a\x31opentelemetry.proto.collector.logs.v1.LogsService")).body,
            framed("\x08\x02"));
  EXPECT_EQ(failure(call(kHealth, framed("\x0a\x05other"))), "5 there is no service of this name");
  EXPECT_EQ(failure(call("/grpc.health.v1.Health/Watch", framed(""))).substr(0, 3), "12 ");
}

TEST(OtlpResponse, CarriesWhenToTryAgain) {
  auto status = otlp::status_with_retry(14, "away", 200);
  EXPECT_EQ(status,
            "\x08\x0e\x12\x04"
            "away"
            "\x1a\x31\x0a\x28type.googleapis.com/google.rpc.RetryInfo\x12\x05\x0a\x03\x08\xc8\x01");
  EXPECT_EQ(otlp::status_message(status), "away");
}

}  // namespace
}  // namespace sentinel::metrics_api
