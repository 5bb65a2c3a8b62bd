// GET /api/v1/changes: what moved in a window.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

using namespace std::chrono_literals;

class ChangesGet : public ContractTest {
 protected:
  std::string agent_ = unique_name("changes");
  // The window's start; the time before it is 40 minutes.
  Timestamp start_ = std::chrono::floor<std::chrono::hours>(now()) - 2h;

  void fill() {
    std::string body;
    for (int minute = -40; minute < 10; ++minute) {
      const bool in = minute >= 0;
      body += fmt::format(
          R"({{"agent_id":"{}","timestamp":"{}","latency_ms":{},"memory_usage_mb":{},"cpu_usage_percent":20}})"
          "\n",
          agent_, format_rfc3339(start_ + std::chrono::minutes{minute} + 7s),
          in ? 900 : 100 + minute % 2, in ? 4000 : 1000);
    }
    auto answer = post_metrics(body, {{"Authorization", "Bearer " + ingest_key()},
                                      {"Content-Type", "application/x-ndjson"}});
    ASSERT_EQ(answer.status, 201) << answer.body;
  }
  std::string query(std::string_view more = "") {
    return fmt::format("agent={}&start={}&end={}{}", agent_, format_rfc3339(start_ + 20s),
                       format_rfc3339(start_ + 10min + 30s), more);
  }
};

TEST_F(ChangesGet, TellsWhatMovedTheMost) {
  fill();
  auto answer = get("/api/v1/changes", query());
  ASSERT_EQ(answer.status, 200) << answer.body;
  auto body = Json::parse(answer.body);
  EXPECT_EQ(body["window"]["start"].text(), format_rfc3339(start_));
  EXPECT_EQ(body["window"]["end"].text(), format_rfc3339(start_ + 10min));
  EXPECT_EQ(body["before"]["start"].text(), format_rfc3339(start_ - 40min));
  EXPECT_EQ(body["before"]["end"].text(), format_rfc3339(start_));
  EXPECT_EQ(body["step_s"].number(), 60);
  // What stayed as it was, traffic and CPU among it, is not told.
  ASSERT_EQ(body["changes"].size(), 2u);
  const auto &first = body["changes"][0], &second = body["changes"][1];
  EXPECT_EQ(first["metric"].text(), "latency_ms:p95");
  EXPECT_EQ(first["agent"].text(), agent_);
  EXPECT_NEAR(first["during"].number(), 900, 9);
  EXPECT_NEAR(first["before"].number(), 99.5, 1);
  EXPECT_EQ(second["metric"].text(), "memory_usage_mb:avg");
  EXPECT_EQ(second["before"].number(), 1000);
  EXPECT_EQ(second["during"].number(), 4000);
  EXPECT_EQ(second["change_percent"].number(), 300);
  EXPECT_EQ(second["score"].number(), 15);
  EXPECT_EQ(Json::parse(get("/api/v1/changes", query("&limit=1")).body)["changes"].size(), 1u);
}

TEST_F(ChangesGet, RefusesWhatItCannotAnswer) {
  fill();
  EXPECT_THAT(problem_of(get("/api/v1/changes", "start=now&end=now-1h")),
              ::testing::StartsWith("400 range_reversed: "));
  EXPECT_EQ(problem_of(get("/api/v1/changes", query("&limit=0"))),
            "400 parameter_invalid: limit '0' must be an integer from 1 to 200");
  EXPECT_EQ(problem_of(get("/api/v1/changes", "agent=nobody-of-that-name")),
            "404 agent_unknown: there is no agent 'nobody-of-that-name'");
}

}  // namespace
}  // namespace sentinel
