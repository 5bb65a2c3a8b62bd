// POST /v1/traces, /v1/metrics, /v1/logs: what is stored, and how the answer says so.
#include "contract/contract_test.hpp"
#include "http/compression.hpp"
#include "support/otlp.hpp"
#include "support/zstd.hpp"

namespace sentinel {
namespace {

using otlp::Signal;
using sentinel::testing::otlp_attributes;
using sentinel::testing::otlp_export;
using sentinel::testing::to_protobuf;
using sentinel::testing::zstd;

class OtlpPost : public ContractTest {
 protected:
  static constexpr int64_t kHour_ns = 3'600'000'000'000;
  // An hour ago, for readings of a minute.
  const int64_t base_ns_ =
      std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count() -
      kHour_ns;

  std::string agent_ = unique_name("otlp");

  // Nanoseconds since 1970 as OTLP's JSON writes them.
  static std::string nanos(std::chrono::milliseconds before_now = {}) {
    auto time = std::chrono::system_clock::now() - before_now;
    return fmt::format("\"{}\"", std::chrono::nanoseconds(time.time_since_epoch()).count());
  }

  std::string resource(std::string_view more = "") const {
    return fmt::format(R"({{"service.name":"{}"{}}})", agent_, more);
  }
  // One call of a model, with an id of its own.
  std::string call(std::string_view more = "",
                   std::string_view span_id = "00000000000000a1") const {
    return fmt::format(
        R"({{"traceId":"0af71d9c22f14b8e9a4400ff10203040","spanId":"{}","name":"chat m",)"
        R"("startTimeUnixNano":{},"endTimeUnixNano":{},"attributes":{}}})",
        span_id, nanos(std::chrono::seconds{1}), nanos(),
        otlp_attributes(fmt::format(
            R"({{"gen_ai.operation.name":"chat","gen_ai.request.model":"m","gen_ai.usage.input_tokens":10{}}})",
            more)));
  }
  std::string traces(std::string_view spans) const {
    return otlp_export(Signal::Traces, resource(), spans);
  }

  static Answer send(std::string_view path, std::string_view body, std::string_view type,
                     Headers headers) {
    headers["Content-Type"] = type;
    return kept(Contract::metrics_api(), "POST", path, http().post(path, body, headers));
  }
  static Answer send_json(std::string_view path, std::string_view body) {
    return send(path, body, "application/json", bearer(ingest_key()));
  }
  static Answer send_protobuf(std::string_view path, std::string_view body) {
    return send(path, body, "application/x-protobuf", bearer(ingest_key()));
  }

  std::string rows(std::string_view select, std::string_view from) const {
    auto rows = TestDatabase::shared().execute(
        fmt::format("SET search_path = sentinel; SELECT {} FROM {} JOIN agent a USING (agent_id) "
                    "WHERE a.name = '{}'",
                    select, from, agent_));
    return rows.size() == 1 && !rows.is_null(0, 0) ? std::string(rows.text(0, 0)) : "";
  }
};

TEST_F(OtlpPost, StoresSpansInBothEncodings) {
  auto json = send_json("/v1/traces", traces(call("", "00000000000000a1")));
  EXPECT_EQ(fmt::format("{} {}", json.status, json.body), "200 {}");
  EXPECT_EQ(json.header("content-type"), "application/json");
  auto protobuf = send_protobuf("/v1/traces",
                                to_protobuf(Signal::Traces, traces(call("", "00000000000000a2"))));
  EXPECT_EQ(fmt::format("{} {}", protobuf.status, protobuf.body), "200 ");
  EXPECT_EQ(protobuf.header("content-type"), "application/x-protobuf");
  EXPECT_EQ(
      rows("string_agg(concat_ws(' ', kind, input_tokens, to_hex(span_id)), ', ' ORDER BY span_id)",
           "record"),
      "r 10 a1, r 10 a2");
}

TEST_F(OtlpPost, TakesGzipAndZstd) {
  auto headers = bearer(ingest_key());
  headers["Content-Encoding"] = "gzip";
  const auto body = to_protobuf(Signal::Traces, traces(call()));
  EXPECT_EQ(send("/v1/traces", http::gzip(body, 6), "application/x-protobuf", headers).status, 200);
  EXPECT_EQ(rows_of(agent_), 1);
  headers["Content-Encoding"] = "zstd";
  EXPECT_EQ(send("/v1/traces", zstd(body), "application/x-protobuf", headers).status, 200);
  EXPECT_EQ(send("/v1/traces", zstd(traces(call())), "application/json", headers).status, 200);
  EXPECT_EQ(rows_of(agent_), 1) << "the same call all three times";
}

// Many exporters can set no header: the key is in the path.
TEST_F(OtlpPost, TakesTheKeyInThePath) {
  for (std::string signal : {"traces", "metrics", "logs"}) {
    auto path = "/otlp/{key}/v1/" + signal;
    auto post = [&](const std::string& key) {
      return kept(Contract::metrics_api(), "POST", path,
                  http().post("/otlp/" + key + "/v1/" + signal, "{}",
                              {{"Content-Type", "application/json"}}));
    };
    EXPECT_EQ(post(ingest_key()).status, 200) << signal;
    EXPECT_EQ(post("sk_wrong").status, 401) << signal;
    EXPECT_EQ(post(read_key()).status, 403) << signal;
  }
}

TEST_F(OtlpPost, StoresACallOnce) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(send_json("/v1/traces", traces(call())).status, 200);
  EXPECT_EQ(rows_of(agent_), 1);
  // A provider's id is the same in a span and in whatever else tells of the call.
  const std::string id = R"(,"gen_ai.response.id":"r-1")";
  send_json("/v1/traces", traces(call(id, "00000000000000b1")));
  send_json("/v1/traces", traces(call(id, "00000000000000b2")));
  EXPECT_EQ(rows_of(agent_), 2);
}

TEST_F(OtlpPost, StoresTheGoodAndNamesTheBad) {
  auto bad = call(R"(,"gen_ai.usage.output_tokens":-1)", "00000000000000a2");
  auto answer =
      send_json("/v1/traces", traces(call() + "," + bad + "," + bad + "," + bad + "," + bad));
  EXPECT_EQ(answer.status, 200);
  auto partial = Json::parse(answer.body)["partialSuccess"];
  EXPECT_EQ(partial["rejectedSpans"].text(), "4");
  constexpr std::string_view kReason = "gen_ai.usage.output_tokens -1 is negative";
  EXPECT_EQ(partial["errorMessage"].text(),
            fmt::format("1: {0}; 2: {0}; 3: {0}; and 1 more", kReason));
  EXPECT_EQ(rows_of(agent_), 1);
}

TEST_F(OtlpPost, SaysWhatIsWrongInTheEncodingOfTheRequest) {
  auto json = send_json("/v1/traces", "{");
  EXPECT_EQ(json.status, 400);
  EXPECT_EQ(Json::parse(json.body)["code"].integer(), 3);
  auto protobuf = send_protobuf("/v1/logs", "\xff\xff");
  EXPECT_EQ(protobuf.status, 400);
  EXPECT_EQ(protobuf.header("content-type"), "application/x-protobuf");
  EXPECT_THAT(protobuf.body, ::testing::HasSubstr("not valid protobuf of OTLP"));
  auto unknown = send("/v1/metrics", "x", "text/plain", bearer(ingest_key()));
  EXPECT_EQ(unknown.status, 415);
  EXPECT_EQ(Json::parse(unknown.body)["message"].text(),
            "Content-Type 'text/plain' is not understood; send application/x-protobuf or "
            "application/json");
  auto keyless = send("/v1/traces", "{}", "application/json", {});
  EXPECT_EQ(keyless.status, 401);
  EXPECT_EQ(Json::parse(keyless.body)["code"].integer(), 16);
  auto headers = bearer(ingest_key());
  headers["Content-Encoding"] = "gzip";
  EXPECT_EQ(send("/v1/traces", "no gzip", "application/json", headers).status, 400);
  auto bomb = http::gzip(std::string(65 * 1024 * 1024, ' '), 9);
  auto bombed = send("/v1/traces", bomb, "application/json", headers);
  EXPECT_EQ(bombed.status, 413);
  EXPECT_EQ(Json::parse(bombed.body)["code"].integer(), 8);
}

TEST_F(OtlpPost, GivesAKeyForOneAgentThatAgent) {
  auto key = stack().make_key(models::KeyScope::Ingest, {agent_});
  auto body = otlp_export(Signal::Traces, R"({"service.name":"unknown_service:node"})", call());
  EXPECT_EQ(send("/v1/traces", body, "application/json", bearer(key)).body, "{}");
  EXPECT_EQ(rows_of(agent_), 1);
}

TEST_F(OtlpPost, MakesASubAgentKnowItsParent) {
  send_json("/v1/traces", traces(call(R"(,"gen_ai.agent.name":"planner")")));
  const auto child = agent_ + "/planner";
  auto one =
      Json::parse(get("/api/v1/agents/{id}", "/api/v1/agents/" + percent_encode(child)).body);
  EXPECT_EQ(one["parent"]["name"].text(), agent_);
  // Name or id alike; what is asked besides still counts.
  auto names = [](const std::string& query) {
    auto list = Json::parse(get("/api/v1/agents", query).body);
    std::vector<std::string> found;
    for (const auto& agent : list["agents"].items()) found.push_back(agent["name"].text());
    return found;
  };
  using ::testing::AllOf;
  using ::testing::Contains;
  using ::testing::ElementsAre;
  using ::testing::IsEmpty;
  using ::testing::Not;
  EXPECT_THAT(names("parent=" + agent_), ElementsAre(child));
  EXPECT_THAT(names("parent=" + one["parent"]["agent_id"].text()), ElementsAre(child));
  EXPECT_THAT(names("parent=" + agent_ + "&agent=" + agent_), IsEmpty());
  EXPECT_THAT(names("parent=" + percent_encode(child)), IsEmpty());
  store(fmt::format(R"({{"agent_id":"{}"}})", agent_));
  EXPECT_THAT(names("parent="), AllOf(Contains(agent_), Not(Contains(child))));
  EXPECT_EQ(problem_of(get("/api/v1/agents", "parent=nobody")),
            "404 agent_unknown: there is no agent 'nobody'");
}

TEST_F(OtlpPost, StoresEventsOfCodingAgents) {
  auto body = otlp_export(
      Signal::Logs, resource(),
      fmt::format(
          R"({{"timeUnixNano":{},"attributes":{}}})", nanos(),
          otlp_attributes(
              R"({"event.name":"claude_code.api_request","model":"claude-x",)"
              R"("input_tokens":"5","cache_read_tokens":"100","cost_usd":"0.01","duration_ms":"1200"})")),
      "com.anthropic.claude_code.events");
  EXPECT_EQ(send_json("/v1/logs", body).body, "{}");
  EXPECT_EQ(
      rows("concat_ws(' ', latency_us, cost_nanos, input_tokens, cache_read_tokens)", "record"),
      "1200000 10000000 105 100");
}

// A delta and a cumulative exporter of the same counter, the latter over a restart and with every
// export sent twice, come to the same.
TEST_F(OtlpPost, AddsUpDeltaAndCumulativeCountersAlike) {
  struct Reading {
    int start_s, time_s, value;
  };
  auto metric = [&](std::string_view name, int temporality, const Reading& reading) {
    return otlp_export(
        Signal::Metrics, resource(R"(,"service.instance.id":"i-1")"),
        fmt::format(
            R"({{"name":"{}","sum":{{"aggregationTemporality":{},"isMonotonic":true,"dataPoints":[)"
            R"({{"startTimeUnixNano":"{}","timeUnixNano":"{}","asInt":"{}","attributes":[]}}]}}}})",
            name, temporality, base_ns_ + reading.start_s * 1'000'000'000LL,
            base_ns_ + reading.time_s * 1'000'000'000LL, reading.value));
  };
  const std::vector<Reading> deltas = {
      {0, 10, 5}, {10, 20, 7}, {20, 30, 0}, {35, 40, 4}, {40, 50, 6}};
  const std::vector<Reading> totals = {
      {0, 10, 5}, {0, 20, 12}, {0, 30, 12}, {35, 40, 4}, {35, 50, 10}};
  for (size_t i = 0; i < deltas.size(); ++i) {
    for (int twice = 0; twice < 2; ++twice) {
      EXPECT_EQ(send_json("/v1/metrics", metric("jobs.delta", 1, deltas[i])).body, "{}");
      EXPECT_EQ(send_protobuf("/v1/metrics",
                              to_protobuf(Signal::Metrics, metric("jobs.total", 2, totals[i])))
                    .status,
                200);
    }
  }
  EXPECT_EQ(rows("sum(increase) FILTER (WHERE m.name = 'jobs.delta')", "metric_increase m"), "22");
  EXPECT_EQ(rows("sum(increase) FILTER (WHERE m.name = 'jobs.total')", "metric_increase m"), "22");
  EXPECT_EQ(rows("count(*)", "metric_increase m"), "10");
}

// The GPU's own collector knows process ids; the agent on that host that said it has this one is
// it.
TEST_F(OtlpPost, FindsTheAgentOfAProcess) {
  const auto host = unique_name("gpu-host");
  store(fmt::format(R"({{"agent_id":"{}","kind":"sample","host":"{}","process_id":4242}})", agent_,
                    host));
  auto gauge = [&](int pid) {
    return otlp_export(
        Signal::Metrics,
        fmt::format(R"({{"service.name":"{}-collector","host.name":"{}"}})", agent_, host),
        fmt::format(
            R"({{"name":"process.gpu.memory.usage","gauge":{{"dataPoints":[{{"timeUnixNano":{},)"
            R"("asInt":"1000","attributes":{}}}]}}}})",
            nanos(), otlp_attributes(fmt::format(R"({{"process.pid":"{}","hw.id":"0"}})", pid))));
  };
  EXPECT_EQ(send_json("/v1/metrics", gauge(4242)).body, "{}");
  EXPECT_EQ(send_json("/v1/metrics", gauge(5555)).body, "{}");
  EXPECT_EQ(rows("sum(gpu_memory_bytes)", "record"), "1000");
  EXPECT_EQ(rows_of(agent_ + "-collector"), 1);
  // The process is another agent's by now.
  auto other = unique_name("otlp");
  store(fmt::format(R"({{"agent_id":"{}","kind":"sample","host":"{}","process_id":4242}})", other,
                    host));
  EXPECT_EQ(send_json("/v1/metrics", gauge(4242)).body, "{}");
  EXPECT_EQ(rows_of(agent_), 2);
  EXPECT_EQ(rows_of(other), 2);
}

TEST_F(OtlpPost, SaysAnAgentIsThereThatSendsCountersAlone) {
  auto body = otlp_export(
      Signal::Metrics, resource(),
      fmt::format(
          R"({{"name":"claude_code.token.usage","sum":{{"aggregationTemporality":1,"isMonotonic":true,)"
          R"("dataPoints":[{{"timeUnixNano":{},"asInt":"7"}}]}}}})",
          nanos()));
  EXPECT_EQ(send_json("/v1/metrics", body).body, "{}");
  auto agent = get("/api/v1/agents/{id}", "/api/v1/agents/" + agent_);
  EXPECT_EQ(Json::parse(agent.body)["status"].text(), "up");
}

}  // namespace
}  // namespace sentinel
