// Custom metrics: which there are, and their buckets.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

using namespace std::chrono_literals;

class Custom : public ContractTest {
 protected:
  // Alone, as rows, and twenty in a request, as a chunk.
  void SetUp() override {
    store(one(0));
    std::string body = "[";
    for (int i = 1; i < 20; ++i) body += (i == 1 ? "" : ",") + one(i);
    store(body + "]");
    store(fmt::format(R"({{"agent_id":"{}","timestamp":"{}","latency_ms":1}})", agent_,
                      format_rfc3339(start_ + 1s)));
  }
  std::string one(int i) const {
    return fmt::format(R"({{"agent_id":"{}","timestamp":"{}","latency_ms":1,)"
                       R"("custom_metrics":{{"queue":{},"it's: \"odd\"":0.5}}}})",
                       agent_, format_rfc3339(start_ + i * 1s), i);
  }
  std::string range() const {
    return fmt::format("start={}&end={}", format_rfc3339(start_), format_rfc3339(start_ + 1min));
  }
  Json series(std::string_view metrics) {
    auto answer =
        get("/api/v1/metrics", fmt::format("agent={}&{}&step=1m&{}", agent_, metrics, range()));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Json::parse(answer.body)["series"];
  }

  const std::string agent_ = unique_name("custom");
  const Timestamp start_ = std::chrono::floor<std::chrono::hours>(now()) - 2h;
};

TEST_F(Custom, MetricsHaveBuckets) {
  auto all = series(
      "metric=custom.queue:avg&metric=custom.queue:sum&metric=custom.queue:max&metric=custom.queue:"
      "p50&metric=custom.queue:count&metric=custom.it's%3A%20%22odd%22:sum&metric=latency_ms:"
      "count");
  EXPECT_EQ(all[0]["metric"].text(), "custom.queue:avg");
  EXPECT_EQ(all[0]["unit"].text(), "");
  EXPECT_EQ(all[0]["values"].dump(), "[9.5]");
  EXPECT_EQ(all[1]["values"].dump(), "[190]");
  EXPECT_EQ(all[2]["values"].dump(), "[19]");
  EXPECT_EQ(all[3]["values"].dump(), "[9.5]");
  EXPECT_EQ(all[4]["values"].dump(), "[20]");
  EXPECT_EQ(all[4]["unit"].text(), "count");
  EXPECT_EQ(all[5]["values"].dump(), "[10]");
  EXPECT_EQ(all[6]["values"].dump(), "[21]");
}

TEST_F(Custom, MetricsThatNobodySentHaveNoValues) {
  EXPECT_EQ(series("metric=custom.nothing:sum")[0]["values"].dump(), "[null]");
}

TEST_F(Custom, MetricsAreListedByName) {
  auto names = [this](std::string_view query) {
    auto answer = get("/api/v1/agents/{id}/custom-metrics",
                      fmt::format("/api/v1/agents/{}/custom-metrics?{}", agent_, query));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Json::parse(answer.body)["names"].dump();
  };
  EXPECT_EQ(names(range()), R"(["it's: \"odd\"","queue"])");
  EXPECT_EQ(names("start=now-1m"), "[]");
  EXPECT_EQ(
      get("/api/v1/agents/{id}/custom-metrics", "/api/v1/agents/nobody/custom-metrics").status,
      404);
  EXPECT_EQ(
      problem_of(get("/api/v1/agents/{id}/custom-metrics",
                     fmt::format("/api/v1/agents/{}/custom-metrics?start=now&end=now-1h", agent_)))
          .substr(0, 18),
      "400 range_reversed");
}

}  // namespace
}  // namespace sentinel
