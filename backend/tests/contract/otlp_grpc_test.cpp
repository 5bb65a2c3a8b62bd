// OTLP over gRPC, from a call to the rows: the same as over HTTP, in gRPC's words.
#include "api/metrics_api/grpc.hpp"
#include "contract/contract_test.hpp"
#include "http/compression.hpp"
#include "support/http2_frames.hpp"
#include "support/otlp.hpp"

namespace sentinel {
namespace {

using otlp::Signal;
using namespace sentinel::testing;

class OtlpGrpc : public ContractTest {
 protected:
  static constexpr const char* kTraces = "opentelemetry.proto.collector.trace.v1.TraceService";
  static constexpr const char* kMetrics = "opentelemetry.proto.collector.metrics.v1.MetricsService";
  static constexpr const char* kLogs = "opentelemetry.proto.collector.logs.v1.LogsService";

  static HeaderList with_key(const std::string& key) {
    return {{"authorization", "Bearer " + key}};
  }
  // "0 <message>", or "16 why"; the message of an answer without its prefix.
  static std::string call(std::string_view service, const std::string& message, HeaderList headers,
                          bool packed = false) {
    Http2Client client(stack().grpc_port());
    headers.insert(headers.end(), {{"content-type", "application/grpc"}, {"te", "trailers"}});
    auto body = metrics_api::grpc_answer(packed ? http::gzip(message, 6) : message).body;
    if (packed) {
      body[0] = '\1';
      headers.emplace_back("grpc-encoding", "gzip");
    }
    client.send(testing::post(1, fmt::format("/{}/Export", service), body, headers));
    const auto& answer = client.read_answer_to(1);
    EXPECT_EQ(answer.header(":status"), "200");
    EXPECT_EQ(answer.header("content-type"), "application/grpc");
    if (answer.body.empty())
      return fmt::format("{} {}", answer.header("grpc-status"), answer.header("grpc-message"));
    return fmt::format("{} {}", answer.trailer("grpc-status"), answer.body.substr(5));
  }

  // Two calls of a model, the second with a negative number of tokens.
  std::string spans(const std::string& agent, bool with_bad = false) const {
    auto span = [](std::string_view id, int tokens) {
      auto now = std::chrono::system_clock::now().time_since_epoch();
      return fmt::format(
          R"({{"traceId":"0af71d9c22f14b8e9a4400ff10203040","spanId":"{}","name":"chat m",)"
          R"("startTimeUnixNano":"{}","endTimeUnixNano":"{}","attributes":{}}})",
          id, std::chrono::nanoseconds(now - std::chrono::seconds{1}).count(),
          std::chrono::nanoseconds(now).count(),
          otlp_attributes(fmt::format(R"({{"gen_ai.operation.name":"chat","gen_ai.request.model":)"
                                      R"("m","gen_ai.usage.input_tokens":{}}})",
                                      tokens)));
    };
    auto items = span("00000000000000a1", 10);
    if (with_bad) items += "," + span("00000000000000a2", -1);
    return to_protobuf(
        Signal::Traces,
        otlp_export(Signal::Traces, fmt::format(R"({{"service.name":"{}"}})", agent), items));
  }
  static std::string rows(const std::string& agent) {
    auto rows = TestDatabase::shared().execute(fmt::format(
        "SET search_path = sentinel; SELECT string_agg(concat_ws(' ', kind, input_tokens, "
        "model_id, "
        "latency_us, to_hex(span_id)), ', ') FROM record JOIN agent USING (agent_id) "
        "WHERE name = '{}'",
        agent));
    return rows.is_null(0, 0) ? "" : std::string(rows.text(0, 0));
  }
};

TEST_F(OtlpGrpc, StoresTheRowsThatHttpStores) {
  auto http_agent = unique_name("over-http"), grpc_agent = unique_name("over-grpc"),
       gzip_agent = unique_name("over-grpc-gzip");
  auto headers = bearer(ingest_key());
  headers["Content-Type"] = "application/x-protobuf";
  ASSERT_EQ(http().post("/v1/traces", spans(http_agent), headers).status, 200);
  EXPECT_EQ(call(kTraces, spans(grpc_agent), with_key(ingest_key())), "0 ");
  EXPECT_EQ(call(kTraces, spans(gzip_agent), {{"x-api-key", ingest_key()}}, true), "0 ");
  EXPECT_TRUE(rows(http_agent).starts_with("r 10 ")) << rows(http_agent);
  EXPECT_EQ(rows(grpc_agent), rows(http_agent));
  EXPECT_EQ(rows(gzip_agent), rows(http_agent));
}

TEST_F(OtlpGrpc, TakesEverySignalThoughThereIsNothingInIt) {
  for (const char* service : {kTraces, kMetrics, kLogs})
    EXPECT_EQ(call(service, "", with_key(ingest_key())), "0 ") << service;
}

TEST_F(OtlpGrpc, StoresTheGoodAndNamesTheBad) {
  auto agent = unique_name("half-good");
  auto headers = bearer(ingest_key());
  headers["Content-Type"] = "application/x-protobuf";
  auto over_http = http().post("/v1/traces", spans(unique_name("half-good"), true), headers);
  EXPECT_EQ(call(kTraces, spans(agent, true), with_key(ingest_key())), "0 " + over_http.body);
  EXPECT_NE(over_http.body, "");
  EXPECT_TRUE(rows(agent).starts_with("r 10 "));
}

TEST_F(OtlpGrpc, RefusesInWordsOfItsOwn) {
  auto agent = unique_name("refused");
  EXPECT_THAT(call(kTraces, spans(agent), {}), ::testing::StartsWith("16 send a key"));
  EXPECT_THAT(call(kTraces, spans(agent), with_key("sk_wrong")), ::testing::StartsWith("16 "));
  EXPECT_EQ(call(kTraces, spans(agent), with_key(read_key())),
            "7 this key has scope read, this needs ingest");
  EXPECT_THAT(call(kLogs, "\xff no protobuf", with_key(ingest_key())), ::testing::StartsWith("3 "));
  EXPECT_THAT(call("some.other.Service", "", with_key(ingest_key())),
              ::testing::StartsWith("12 there is no method /some.other.Service/Export"));
  EXPECT_EQ(rows(agent), "");
}

}  // namespace
}  // namespace sentinel
