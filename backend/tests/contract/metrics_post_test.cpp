// POST /api/v1/metrics: what is stored, and how the answer says so.
#include "contract/contract_test.hpp"
#include "http/compression.hpp"
#include "support/zstd.hpp"

namespace sentinel {
namespace {

using namespace std::chrono_literals;
using sentinel::testing::zstd;

class MetricsPost : public ContractTest {
 protected:
  std::string agent_ = unique_name("metrics-post");

  std::string record(std::string_view members = "") const {
    return fmt::format(R"({{"agent_id":"{}"{}{}}})", agent_, members.empty() ? "" : ",", members);
  }

  // The value of one column of the only row of this agent.
  std::string column(std::string_view sql) const {
    auto rows = TestDatabase::shared().execute(fmt::format(
        "SET search_path = sentinel; SET timezone = 'UTC'; SELECT {} FROM record r JOIN "
        "agent a USING (agent_id) "
        "LEFT JOIN model m USING (model_id) LEFT JOIN host h USING (host_id) WHERE a.name = '{}'",
        sql, agent_));
    EXPECT_EQ(rows.size(), 1);
    if (rows.size() != 1) return "";
    return rows.is_null(0, 0) ? "NULL" : std::string(rows.text(0, 0));
  }
};

// "accepted duplicates" of an answer that stored something.
std::string counts(const Answer& answer) {
  EXPECT_EQ(answer.status, 201) << answer.body;
  if (answer.status != 201) return "";
  auto body = Json::parse(answer.body);
  return fmt::format("{} {}", body["accepted"].integer(), body["duplicates"].integer());
}

TEST_F(MetricsPost, StoresEveryFieldExactly) {
  auto body = record(
      R"("timestamp":")" + ago(1h) +
      R"(","kind":"request","status":"error","request_count":2,)"
      R"("latency_ms":1234.567,"ttft_ms":99.5,)"
      R"("throughput_req_per_min":12.5,"cost_usd":0.000000123,)"
      R"("model":"gpt-x","provider":"acme","input_tokens":100,)"
      R"("output_tokens":20,"cache_read_tokens":30,)"
      R"("cache_write_tokens":40,"reasoning_tokens":50,)"
      R"("cpu_usage_percent":12.34,"gpu_usage_percent":56.78,)"
      R"("gpu_count":2,"memory_usage_mb":512.5,)"
      R"("gpu_memory_usage_mb":1024,"host":"node-1","process_id":77,)"
      R"("trace_id":"0AF71D9C22F14B8E9A4400FF10203040","span_id":"fedcba9876543210",)"
      R"("custom_metrics":{"queue":3.5},"attributes":{"team":"a \"b\" \\ ü","n":1,"ok":true})");
  EXPECT_EQ(
      said(Contract::metrics_api().check_request("POST", "/api/v1/metrics", Json::parse(body))),
      "");
  auto answer = post_metrics(body);
  EXPECT_EQ(answer.body, R"({"accepted":1,"duplicates":0,"rejected":[]})");
  EXPECT_EQ(column("concat_ws('|', kind, error, request_count, latency_us, ttft_us, "
                   "throughput_millirpm, cost_nanos, cost_source)"),
            "r|t|2|1234567|99500|12500|123|r");
  EXPECT_EQ(column("concat_ws('|', m.name, m.provider, h.name, input_tokens, output_tokens, "
                   "cache_read_tokens)"),
            "gpt-x|acme|node-1|100|20|30");
  EXPECT_EQ(column("concat_ws('|', cache_write_tokens, reasoning_tokens, cpu_centipercent, "
                   "gpu_centipercent, gpu_count)"),
            "40|50|1234|5678|2");
  EXPECT_EQ(
      column(
          "concat_ws('|', memory_bytes, gpu_memory_bytes, process_id, trace_id, to_hex(span_id))"),
      "512500000|1024000000|77|0af71d9c-22f1-4b8e-9a44-00ff10203040|fedcba9876543210");
  EXPECT_EQ(column("custom::text || attributes::text"),
            R"({"queue": 3.5}{"n": 1, "ok": true, "team": "a \"b\" \\ ü"})");
}

TEST_F(MetricsPost, TakesTheTimeOfArrivalWhereNoneIsSent) {
  auto before = now();
  EXPECT_EQ(counts(post_metrics(record())), "1 0");
  auto stored = Microseconds{std::stoll(column("(extract(epoch FROM ts) * 1000000)::bigint"))};
  EXPECT_GE(stored, before.time_since_epoch());
  EXPECT_LE(stored, now().time_since_epoch());
}

TEST_F(MetricsPost, StoresNullForWhatWasNotMeasured) {
  EXPECT_EQ(counts(post_metrics(record(R"("kind":"sample","cpu_usage_percent":0)"))), "1 0");
  EXPECT_EQ(column("latency_us"), "NULL");
  EXPECT_EQ(column("request_count"), "NULL");
  EXPECT_EQ(column("cpu_centipercent"), "0");
  EXPECT_EQ(column("custom"), "NULL");
}

TEST_F(MetricsPost, TakesAnArrayAndLines) {
  EXPECT_EQ(counts(post_metrics("[" + record() + "," + record() + "]")), "2 0");
  for (std::string type :
       {"application/x-ndjson", "application/ndjson", "application/x-ndjson; charset=utf-8"}) {
    auto headers = bearer(ingest_key());
    headers["Content-Type"] = type;
    EXPECT_EQ(counts(post_metrics(record() + "\n" + record() + "\n", headers)), "2 0") << type;
  }
  EXPECT_EQ(rows_of(agent_), 8);
}

TEST_F(MetricsPost, TakesNothingAtAll) {
  EXPECT_EQ(post_metrics("[]").body, R"({"accepted":0,"duplicates":0,"rejected":[]})");
}

TEST_F(MetricsPost, TakesJsonUnderEveryNameOfItsType) {
  for (std::string type :
       {"application/json", "application/json; charset=utf-8", "Application/JSON",
        "application/json ;charset=utf-8", "application/x-www-form-urlencoded"}) {
    auto headers = bearer(ingest_key());
    headers["Content-Type"] = type;
    EXPECT_EQ(post_metrics(record(), headers).status, 201) << type;
  }
  EXPECT_EQ(post_metrics(record(), bearer(ingest_key())).status, 201);  // none at all
}

TEST_F(MetricsPost, TakesGzipAndZstd) {
  auto headers = json_with(ingest_key());
  headers["Content-Encoding"] = "gzip";
  EXPECT_EQ(counts(post_metrics(http::gzip("[" + record() + "," + record() + "]", 6), headers)),
            "2 0");
  headers["Content-Encoding"] = "zstd";
  EXPECT_EQ(counts(post_metrics(zstd("[" + record() + "," + record() + "]"), headers)), "2 0");
  headers["Content-Type"] = "application/x-ndjson";
  EXPECT_EQ(counts(post_metrics(zstd(record() + "\n" + record() + "\n"), headers)), "2 0");
}

TEST_F(MetricsPost, TakesTheKeyInEitherHeader) {
  EXPECT_EQ(counts(post_metrics(record(), {{"X-API-Key", ingest_key()}})), "1 0");
  EXPECT_EQ(counts(post_metrics(record(), json_with(admin_key()))), "1 0");
}

TEST_F(MetricsPost, StoresTheGoodAndNamesTheBad) {
  auto answer =
      post_metrics("[" + record() + "," + record(R"("latency_ms":-1)") + "," + record() + "]");
  EXPECT_EQ(counts(answer), "2 0");
  EXPECT_THAT(rejections_of(answer),
              ::testing::ElementsAre("1 latency_ms: latency_ms -1 is negative"));
  EXPECT_EQ(rows_of(agent_), 2);
}

TEST_F(MetricsPost, TakesTenThousandRecords) {
  std::string lines;
  for (int i = 0; i < 10'000; ++i) lines += record() + "\n";
  auto headers = bearer(ingest_key());
  headers["Content-Type"] = "application/x-ndjson";
  EXPECT_EQ(counts(post_metrics(lines, headers)), "10000 0");
  EXPECT_EQ(rows_of(agent_), 10'000);
}

TEST_F(MetricsPost, FindsAnAgentByItsIdToo) {
  store(record());
  auto id = std::string(
      TestDatabase::shared()
          .execute(fmt::format("SELECT agent_id FROM sentinel.agent WHERE name = '{}'", agent_))
          .text(0, 0));
  store(fmt::format(R"({{"agent_id":"{}"}})", id));
  EXPECT_EQ(rows_of(agent_), 2);
}

TEST_F(MetricsPost, KeepsNamesOfAgentsAsTheyAre) {
  for (std::string name : {"a/b c?d=e&f#g%20", "'; DROP TABLE agent; --",
                           "gr\xc3\xbc\xc3\x9f \xf0\x9f\x9a\x80", "{a,b}", "\\\"quoted\\\""}) {
    auto written = "x-" + name;
    ASSERT_EQ(post_metrics(fmt::format(R"({{"agent_id":"{}"}})", written)).status, 201) << name;
    auto wanted = Json::parse("\"" + written + "\"").text();
    auto answer = get("/api/v1/agents/{id}", "/api/v1/agents/" + percent_encode(wanted));
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(Json::parse(answer.body)["name"].text(), wanted);
  }
}

TEST_F(MetricsPost, IsInTheNextAnswerAlways) {
  auto path =
      fmt::format("/api/v1/metrics?agent={}&step=raw&limit=1000&start=now-1h&end=now%2B1m", agent_);
  for (int i = 1; i <= 200; ++i) {
    ASSERT_EQ(post_metrics(record(fmt::format("\"input_tokens\":{}", i))).status, 201);
    auto answer = http().get(path, bearer(read_key()));
    ASSERT_EQ(answer.status, 200) << answer.body;
    ASSERT_EQ(Json::parse(answer.body)["rows"].size(), static_cast<size_t>(i));
  }
}

TEST_F(MetricsPost, IsCountedInTheFiguresOfTheService) {
  auto figure = [](std::string_view name) {
    auto text =
        "\n" + kept(Contract::metrics_api(), "GET", "/metrics", http().get("/metrics")).body;
    size_t at = text.find(fmt::format("\n{} ", name));
    EXPECT_NE(at, text.npos) << name;
    return std::stod(text.substr(at + name.size() + 2));
  };
  auto records = figure("sentinel_ingest_records_total");
  auto requests = figure("sentinel_ingest_requests_total"),
       duplicates = figure("sentinel_ingest_duplicates_total");
  post_metrics("[" + record(R"("record_id":"one")") + "," + record(R"("record_id":"one")") + "," +
               record(R"("latency_ms":-1)") + "]");
  EXPECT_EQ(figure("sentinel_ingest_records_total"), records + 1);
  EXPECT_EQ(figure("sentinel_ingest_duplicates_total"), duplicates + 1);
  EXPECT_EQ(figure("sentinel_ingest_requests_total"), requests + 1);
  EXPECT_EQ(figure("sentinel_ingest_queue_bytes"), 0);
}

}  // namespace
}  // namespace sentinel
