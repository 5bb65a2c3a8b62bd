// GET /api/v1/metrics by buckets: known records, exact answers.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

using namespace std::chrono_literals;

// The hour before the last whole one, so that all of it is past.
Timestamp base() { return std::chrono::floor<std::chrono::hours>(now()) - 2h; }

class Buckets : public ContractTest {
 protected:
  std::string agent_ = unique_name("buckets");
  Timestamp start_ = base();

  void record(Microseconds offset, std::string_view members, std::string agent = "") {
    store(fmt::format(R"({{"agent_id":"{}","timestamp":"{}",{}}})", agent.empty() ? agent_ : agent,
                      format_rfc3339(start_ + offset), members));
  }

  // The range of ten minutes after the base, by the minute unless told otherwise.
  Json ask(std::string_view metrics, std::string_view more = "step=1m", std::string agents = "") {
    auto query = fmt::format("agent={}&{}&start={}&end={}&{}", agents.empty() ? agent_ : agents,
                             metrics, format_rfc3339(start_), format_rfc3339(start_ + 10min), more);
    auto answer = get("/api/v1/metrics", query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Json::parse(answer.body);
  }

  // The values of the first series, as JSON.
  std::string values(std::string_view metric, std::string_view more = "step=1m") {
    return ask(fmt::format("metric={}", metric), more)["series"][0]["values"].dump();
  }

  static std::string refused(std::string_view query) {
    return problem_of(get("/api/v1/metrics", query));
  }
};

TEST_F(Buckets, GiveEveryAggregateOfKnownValues) {
  for (int value : {40, 10, 30, 20})
    record(61s + std::chrono::seconds{value / 10}, fmt::format("\"latency_ms\":{}", value));
  for (auto [aggregate, value] : std::vector<std::pair<std::string, double>>{{"avg", 25},
                                                                             {"min", 10},
                                                                             {"max", 40},
                                                                             {"sum", 100},
                                                                             {"count", 4},
                                                                             {"last", 40},
                                                                             {"p50", 25},
                                                                             {"p95", 38.5},
                                                                             {"p99", 39.7}}) {
    auto all = Json::parse(values("latency_ms:" + aggregate));
    ASSERT_EQ(all.size(), 10u);
    // Percentiles of sums are within 1 %.
    EXPECT_NEAR(all[1].number(), value, aggregate[0] == 'p' ? value / 100 : 1e-9) << aggregate;
    for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].is_null(), i != 1) << aggregate;
  }
}

TEST_F(Buckets, TellTheirTimesAndUnits) {
  record(0s, "\"latency_ms\":1");
  auto body = ask("metric=latency_ms:p95&metric=cost_usd:sum&metric=latency_ms:count", "step=5m");
  EXPECT_EQ(body["start"].text(), format_rfc3339(start_));
  EXPECT_EQ(body["end"].text(), format_rfc3339(start_ + 10min));
  EXPECT_EQ(body["step_s"].number(), 300);
  ASSERT_EQ(body["times"].size(), 2u);
  EXPECT_EQ(body["times"][0].integer(), start_.time_since_epoch() / 1ms);
  EXPECT_EQ(body["times"][1].integer(), (start_ + 5min).time_since_epoch() / 1ms);
  ASSERT_EQ(body["series"].size(), 3u);
  EXPECT_EQ(body["series"][0]["metric"].text(), "latency_ms:p95");
  EXPECT_EQ(body["series"][0]["unit"].text(), "ms");
  EXPECT_EQ(body["series"][1]["unit"].text(), "USD");
  EXPECT_EQ(body["series"][2]["unit"].text(), "count");
  EXPECT_EQ(body["series"][0]["agent"].text(), agent_);
}

TEST_F(Buckets, AddMoneyExactly) {
  for (int i = 0; i < 10; ++i) record(1s, "\"cost_usd\":0.1");
  record(1s, "\"cost_usd\":0.000000001");
  EXPECT_EQ(values("cost_usd:sum", "step=10m"), "[1.000000001]");
}

TEST_F(Buckets, CountRequestsErrorsAndTheirRate) {
  record(1s, R"("request_count":6,"status":"success")");
  record(2s, R"("request_count":2,"status":"error")");
  record(3s, R"("kind":"sample","cpu_usage_percent":50)");
  EXPECT_EQ(values("requests:sum", "step=10m"), "[8]");
  EXPECT_EQ(values("errors:sum", "step=10m"), "[2]");
  EXPECT_EQ(values("error_rate_percent:avg", "step=10m"), "[25]");
}

TEST_F(Buckets, CountThroughputWhereNoneIsReported) {
  record(1s, R"("request_count":10)");
  EXPECT_EQ(values("throughput_req_per_min:avg", "step=2m").substr(0, 7), "[5,null");
  record(2s, R"("kind":"sample","throughput_req_per_min":70)");
  EXPECT_EQ(values("throughput_req_per_min:avg", "step=2m").substr(0, 8), "[70,null");
}

TEST_F(Buckets, KnowZeroFromNotMeasured) {
  record(1s, R"("kind":"sample","cpu_usage_percent":0)");
  EXPECT_EQ(values("cpu_usage_percent:avg", "step=5m"), "[0,null]");
  EXPECT_EQ(values("gpu_usage_percent:avg", "step=5m"), "[null,null]");
  EXPECT_EQ(values("gpu_usage_percent:count", "step=5m"), "[0,null]");
}

TEST_F(Buckets, HoldTheirStartAndNotTheirEnd) {
  record(0s, "\"latency_ms\":1");
  record(1min - 1us, "\"latency_ms\":2");
  record(1min, "\"latency_ms\":4");
  record(10min - 1us, "\"latency_ms\":8");
  record(10min, "\"latency_ms\":16");  // the end is not in the range
  EXPECT_EQ(values("latency_ms:sum"), "[3,4,null,null,null,null,null,null,null,8]");
}

TEST_F(Buckets, BeginAtAWholeStepBeforeTheStart) {
  record(0s, "\"latency_ms\":1");
  auto query = fmt::format("agent={}&metric=latency_ms:sum&step=5m&start={}&end={}", agent_,
                           format_rfc3339(start_ + 3min), format_rfc3339(start_ + 7min));
  auto body = Json::parse(get("/api/v1/metrics", query).body);
  EXPECT_EQ(body["start"].text(), format_rfc3339(start_));
  EXPECT_EQ(body["series"][0]["values"].dump(), "[1,null]");
}

TEST_F(Buckets, KeepAgentsApartOrAddThemUp) {
  auto other = unique_name("buckets");
  record(1s, "\"latency_ms\":10,\"cost_usd\":1");
  record(1s, "\"latency_ms\":30,\"cost_usd\":2", other);
  auto both = fmt::format("{}&agent={}", agent_, other);
  auto apart = ask("metric=cost_usd:sum&metric=latency_ms:avg", "step=10m", both);
  ASSERT_EQ(apart["series"].size(), 4u);
  std::map<std::string, std::string> found;
  for (const auto& series : apart["series"].items()) {
    found[series["agent"].text() + " " + series["metric"].text()] = series["values"].dump();
  }
  EXPECT_EQ(found[agent_ + " cost_usd:sum"], "[1]");
  EXPECT_EQ(found[other + " cost_usd:sum"], "[2]");
  EXPECT_EQ(found[other + " latency_ms:avg"], "[30]");
  auto together = ask("metric=cost_usd:sum&metric=latency_ms:avg", "step=10m&group_by=none", both);
  ASSERT_EQ(together["series"].size(), 2u);
  EXPECT_TRUE(together["series"][0]["agent"].is_null());
  EXPECT_TRUE(together["series"][0]["agent_id"].is_null());
  EXPECT_EQ(together["series"][0]["values"].dump(), "[3]");
  EXPECT_EQ(together["series"][1]["values"].dump(), "[20]");
}

TEST_F(Buckets, OfAnAgentTwiceNamedAreToldOnce) {
  record(1s, "\"latency_ms\":10");
  EXPECT_EQ(ask("metric=latency_ms:sum", "step=10m", fmt::format("{0}&agent={0}", agent_))["series"]
                .size(),
            1u);
}

TEST_F(Buckets, ReadEveryMetricOfTheCatalog) {
  record(1s, R"("latency_ms":1,"ttft_ms":2,"throughput_req_per_min":3,)"
             R"("status":"error","cost_usd":4,"input_tokens":25,)"
             R"("output_tokens":6,"cache_read_tokens":7,"cache_write_tokens":8,)"
             R"("reasoning_tokens":9,"cpu_usage_percent":10,)"
             R"("gpu_usage_percent":11,"memory_usage_mb":12,"gpu_memory_usage_mb":13)");
  for (auto [metric, value] :
       std::vector<std::pair<std::string, int>>{{"latency_ms", 1},
                                                {"ttft_ms", 2},
                                                {"throughput_req_per_min", 3},
                                                {"requests", 1},
                                                {"errors", 1},
                                                {"error_rate_percent", 100},
                                                {"cost_usd", 4},
                                                {"input_tokens", 25},
                                                {"output_tokens", 6},
                                                {"cache_read_tokens", 7},
                                                {"cache_write_tokens", 8},
                                                {"reasoning_tokens", 9},
                                                {"cpu_usage_percent", 10},
                                                {"gpu_usage_percent", 11},
                                                {"memory_usage_mb", 12},
                                                {"gpu_memory_usage_mb", 13}}) {
    for (std::string aggregate : {"avg", "min", "max", "sum", "last", "p50", "p95", "p99"}) {
      EXPECT_EQ(values(metric + ":" + aggregate, "step=10m"), fmt::format("[{}]", value))
          << metric << aggregate;
    }
  }
}

TEST_F(Buckets, OfAnAutomaticStepAreAtMostAThousand) {
  record(1s, "\"latency_ms\":10");
  for (auto range : {Microseconds{1000s}, Microseconds{1h}, Microseconds{2000s},
                     Microseconds{90 * 24h}, Microseconds{5000s}}) {
    for (auto shift :
         {Microseconds{0}, Microseconds{1us}, Microseconds{500ms}, Microseconds{1999ms}}) {
      auto start = start_ - 24h + shift;
      auto query = fmt::format("agent={}&metric=latency_ms:avg&start={}&end={}", agent_,
                               format_rfc3339(start), format_rfc3339(start + range));
      auto body = Json::parse(get("/api/v1/metrics", query).body);
      EXPECT_LE(body["times"].size(), 1000u)
          << to_seconds(range) << " s from " << to_seconds(shift);
      EXPECT_EQ(body["series"][0]["values"].size(), body["times"].size());
    }
  }
}

TEST_F(Buckets, AreRefusedForMetricsThatAreNone) {
  record(1s, "\"latency_ms\":1");
  auto ask_for = [&](std::string_view rest) {
    return refused(fmt::format("agent={}{}", agent_, rest));
  };
  EXPECT_THAT(ask_for("&metric=lag:p95"),
              ::testing::StartsWith(
                  "400 metric_unknown: there is no metric 'lag'; there are latency_ms, "));
  EXPECT_EQ(ask_for("&metric=latency_ms:p90"),
            "400 aggregate_unknown: 'latency_ms:p90' needs an aggregate behind a colon, one of "
            "avg, min, max, sum, count, "
            "last, p50, p95, p99");
  EXPECT_EQ(ask_for(""),
            "400 metric_missing: ask for metrics, such as metric=latency_ms:p95; for single "
            "records step=raw");
  std::string many;
  for (int i = 0; i < 33; ++i) many += "&metric=latency_ms:avg";
  EXPECT_EQ(ask_for(many), "400 parameter_repeated: metric is given 33 times, the limit is 32");
}

TEST_F(Buckets, AreRefusedForRangesAndStepsThatAreNone) {
  record(1s, "\"latency_ms\":1");
  auto ask_for = [&](std::string_view rest) {
    return refused(fmt::format("agent={}&metric=latency_ms:avg&{}", agent_, rest));
  };
  EXPECT_EQ(
      ask_for("start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z"),
      "400 range_reversed: start 2026-01-02T00:00:00Z is not before end 2026-01-01T00:00:00Z");
  EXPECT_EQ(
      ask_for("start=2026-01-01T00:00:00Z&end=2026-01-01T00:00:00Z"),
      "400 range_reversed: start 2026-01-01T00:00:00Z is not before end 2026-01-01T00:00:00Z");
  EXPECT_EQ(ask_for("start=noon"),
            "400 time_invalid: start: 'noon' is not a time: write 2026-11-22T20:45:00Z");
  EXPECT_EQ(
      ask_for("start=now-1000000d"),
      "400 time_invalid: start: 'now-1000000d' is not a time: no such date between 1970 and 2261");
  for (std::string step : {"0s", "0.5s", "500ms", "-1s", "1y", "often", "", "1.0005s", "nan"}) {
    EXPECT_EQ(ask_for("step=" + step),
              "400 step_invalid: step '" + step +
                  "' must be auto, raw, or a duration of at least 1s such as 10s, 5m or 1h");
  }
  EXPECT_EQ(ask_for("start=2026-01-01T00:00:00Z&end=2026-01-03T00:00:00Z&step=1s"),
            "400 too_many_buckets: 172800 buckets of 1 series are over the limit of 100000; take a "
            "larger step, a shorter "
            "range or fewer agents or groups");
  EXPECT_EQ(ask_for("group_by=planet"),
            "400 group_unknown: group_by 'planet' is unknown; it is agent, none, model, provider, "
            "host, or label: and the name of a label");
  EXPECT_EQ(ask_for("limit=0"),
            "400 parameter_invalid: limit '0' must be an integer from 1 to 10000");
  EXPECT_EQ(ask_for("metrics=x"),
            "400 parameter_unknown: there is no parameter 'metrics' here; there are agent, metric, "
            "start, end, step, "
            "group_by, top, compare, explain, limit, cursor");
  EXPECT_EQ(refused("agent=nobody&metric=latency_ms:avg"),
            "404 agent_unknown: there is no agent 'nobody'");
  EXPECT_EQ(refused("metric=%f"),
            "400 query_invalid: the query string holds a broken percent-encoding");
}

}  // namespace
}  // namespace sentinel
