// "My agent is slow since noon": an engineer finds the minute it began, the curve that moved with
// it, and the requests.
#include <gtest/gtest.h>

#include "support/journey.hpp"

namespace sentinel {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using namespace sentinel::testing;

class EngineerDiagnoses : public ::testing::Test {
 protected:
  // An hour of an agent: a request and a sample each minute. From minute 40 on, memory is nearly
  // full and requests are ten times slower.
  void SetUp() override {
    agent_ = unique_name("slow-agent");
    begin_ = Timestamp{std::chrono::floor<minutes>(now()) - minutes{60}};
    std::string requests, samples;
    for (int minute = 0; minute < 60; ++minute) {
      const bool slow = minute >= kSlowFrom;
      auto at = begin_ + minutes{minute} + seconds{5};
      requests += Reporter::record(agent_, at,
                                   fmt::format(R"("latency_ms":{},"trace_id":"{:032x}")",
                                               (slow ? 2000 : 200) + minute, minute + 1)) +
                  ",";
      samples += Reporter::record(
                     agent_, at,
                     fmt::format(R"("kind":"sample","cpu_usage_percent":{},"memory_usage_mb":{})",
                                 20 + minute % 3, slow ? 7800 : 2100)) +
                 ",";
    }
    samples.back() = ']';
    Reporter().post("/api/v1/metrics", "[" + requests + samples);
  }

  static constexpr int kSlowFrom = 40;
  std::string agent_;
  Timestamp begin_;
};

TEST_F(EngineerDiagnoses, FindsTheMinuteTheCauseAndTheRequests) {
  auto engineer = TestStack::shared().sign_in_as(models::Role::Viewer);
  auto range =
      fmt::format("start={}&end={}", format_rfc3339(begin_), format_rfc3339(begin_ + minutes{60}));
  auto buckets =
      ask(engineer,
          fmt::format(
              "/api/v1/metrics?agent={}&{}&step=1m&metric=latency_ms:p95&metric=memory_usage_mb:max"
              "&metric=cpu_usage_percent:avg&metric=gpu_usage_percent:avg",
              agent_, range));
  ASSERT_EQ(buckets["times"].size(), 60u);
  const auto& latency = buckets["series"][0]["values"];
  const auto& memory = buckets["series"][1]["values"];
  const auto& cpu = buckets["series"][2]["values"];
  const auto& gpu = buckets["series"][3]["values"];
  size_t slow_from = 0;
  while (latency[slow_from].number() < 1000) ++slow_from;
  EXPECT_EQ(slow_from, static_cast<size_t>(kSlowFrom));
  EXPECT_EQ(memory[slow_from - 1].number(), 2100);
  EXPECT_EQ(memory[slow_from].number(), 7800);
  EXPECT_LT(std::abs(cpu[slow_from].number() - cpu[slow_from - 1].number()), 3);
  EXPECT_TRUE(gpu[slow_from].is_null());  // not measured is not 0

  // The requests behind the first slow minute, with their traces.
  auto start = begin_ + minutes{kSlowFrom};
  auto raw = ask(engineer, fmt::format("/api/v1/metrics?agent={}&step=raw&start={}&end={}", agent_,
                                       format_rfc3339(start), format_rfc3339(start + minutes{1})));
  ASSERT_EQ(raw["rows"].size(), 2u);
  auto column = [&](std::string_view name) {
    size_t i = 0;
    while (raw["columns"][i].text() != name) ++i;
    return i;
  };
  bool found = false;
  for (const auto& row : raw["rows"].items()) {
    if (row[column("kind")].text() != "request") continue;
    found = true;
    EXPECT_EQ(row[column("latency_ms")].number(), 2040);
    EXPECT_EQ(row[column("trace_id")].text(), fmt::format("{:032x}", kSlowFrom + 1));
  }
  EXPECT_TRUE(found);
}

TEST_F(EngineerDiagnoses, SeesADeployAmongTheEvents) {
  auto at = begin_ + minutes{kSlowFrom};
  Reporter().post(
      "/api/v1/events",
      Reporter::record(agent_, at,
                       R"("type":"deployed","message":"v2","attributes":{"version":"2"})"));
  auto engineer = TestStack::shared().sign_in_as(models::Role::Viewer);
  auto events = ask(engineer, fmt::format("/api/v1/agents/{}/events?start={}&end=now", agent_,
                                          format_rfc3339(begin_)));
  // The worker may have noted meanwhile that this agent's records ended.
  int deploys = 0;
  for (const auto& event : events["events"].items()) {
    if (event["type"].text() != "deployed") continue;
    ++deploys;
    EXPECT_EQ(event["timestamp"].text(), format_rfc3339(at));
    EXPECT_EQ(event["attributes"]["version"].text(), "2");
  }
  EXPECT_EQ(deploys, 1);
}

}  // namespace
}  // namespace sentinel
