// `sentinel demo`, run as people run it: what it stores, what it says, and where it refuses to.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <map>

#include "demo/fleet.hpp"
#include "pricing/price_book.hpp"
#include "support/child_process.hpp"
#include "support/contract.hpp"

namespace sentinel {
namespace {

using namespace sentinel::testing;
using std::chrono::days;
using std::chrono::minutes;

constexpr Microseconds kMinute = minutes{1};

class DemoCommandTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { TestDatabase::shared(); }

  // What it prints last.
  static void wait_until_up(SentinelUp& demo) {
    ASSERT_TRUE(demo.process().wait_for("  open "))
        << demo.process().output() << demo.process().errors();
  }

  static Json get(SentinelUp& demo, std::string_view operation, const std::string& query = {}) {
    HttpClient http(demo.port());
    auto answer = http.get(fmt::format("{}{}", operation, query),
                           {{"Authorization", "Bearer " + demo.key("read")}});
    EXPECT_EQ(said(Contract::db_api().check("GET", operation, answer)), "") << answer.body;
    return Json::parse(answer.body);
  }

  // The fleet that the database says it is of.
  static demo::Fleet fleet_of(const SentinelUp& demo) {
    auto row = demo.query(
        "SELECT seed, agents, (extract(epoch FROM anchor) * 1000000)::bigint FROM sentinel.demo");
    return demo::Fleet({.seed = static_cast<uint64_t>(row.integer(0, 0)),
                        .agents = static_cast<size_t>(row.integer(0, 1)),
                        .anchor = Timestamp{Microseconds{row.integer(0, 2)}}});
  }

  static int64_t records(const SentinelUp& demo) {
    return demo.query("SELECT count(*) FROM sentinel.record").integer(0, 0);
  }

  static int64_t doubled(const SentinelUp& demo) {
    return demo.query("SELECT count(*) - count(DISTINCT (agent_id, ts)) FROM sentinel.record")
        .integer(0, 0);
  }
};

// Nano-dollars, as metrics-api charges them.
int64_t cost_of(const std::vector<models::MetricRecord>& records) {
  const auto book = pricing::PriceBook::bundled();
  int64_t sum = 0;
  for (const auto& record : records) {
    if (record.cost_nanos) {
      sum += *record.cost_nanos;
    } else if (record.input_tokens) {
      const auto* price = book->find(record.provider, record.model)->at(*record.ts);
      if (!price) continue;
      sum +=
          pricing::cost_nanos(*price, {.input_tokens = *record.input_tokens,
                                       .output_tokens = record.output_tokens.value_or(0),
                                       .cache_read_tokens = record.cache_read_tokens.value_or(0),
                                       .cache_write_tokens = record.cache_write_tokens.value_or(0),
                                       .reasoning_tokens = record.reasoning_tokens.value_or(0),
                                       .requests = *record.request_count})
              .value();
    }
  }
  return sum;
}

// A request may bring a hundred names that metrics-api has not heard of since it started: those of
// a fleet are more, at the first start and at the next.
TEST_F(DemoCommandTest, FillsAFleetOfManyAgents) {
  auto demo = SentinelUp::demo({"--agents", "150", "--days", "1", "--no-live"});
  for (int64_t wanted : {5'000, 15'000}) {
    demo.launch();
    ASSERT_TRUE(holds_soon([&] {
      return demo.process().wait_for("  history ") && records(demo) > wanted;
    })) << demo.process().errors();
    EXPECT_EQ(doubled(demo), 0);
    demo.process().signal(SIGTERM);
    EXPECT_EQ(demo.process().wait(), 0) << demo.process().errors();
  }
}

TEST_F(DemoCommandTest, KilledWhileItFillsItHasEachRecordOnceAfterTheNextStart) {
  auto demo = SentinelUp::demo({"--agents", "14", "--days", "3", "--seed", "7", "--no-live"});
  demo.launch();
  ASSERT_TRUE(demo.process().wait_for("  history ")) << demo.process().errors();
  ASSERT_TRUE(holds_soon([&] { return records(demo) > 10'000; }));
  demo.process().signal(SIGKILL);
  demo.process().wait();

  demo.launch();
  wait_until_up(demo);
  EXPECT_NE(demo.process().output().find("a demo: 14 made-up agents, 3 days, seed 7"),
            std::string::npos)
      << demo.process().output();
  const auto fleet = fleet_of(demo);
  const auto anchor = fleet.options().anchor;
  auto stored = demo.query(
      fmt::format("SELECT name, count(*), coalesce(sum(cost_nanos), 0)::bigint FROM "
                  "sentinel.record JOIN "
                  "sentinel.agent USING (agent_id) WHERE ts < '{}' GROUP BY name ORDER BY name",
                  format_rfc3339(anchor)));
  std::map<std::string, std::pair<int64_t, int64_t>> made;
  int64_t cost_nanos = 0;
  for (const auto& agent : fleet.agents()) {
    std::vector<models::MetricRecord> records;
    fleet.append_records(agent.number, anchor - days{3}, anchor, kMinute, records);
    made[agent.name] = {static_cast<int64_t>(records.size()), cost_of(records)};
    cost_nanos += made[agent.name].second;
  }
  ASSERT_EQ(stored.size(), static_cast<int>(made.size()));
  for (int row = 0; row < stored.size(); ++row) {
    const auto& [count, cost] = made[std::string(stored.text(row, 0))];
    EXPECT_EQ(stored.integer(row, 1), count) << stored.text(row, 0);
    EXPECT_EQ(stored.integer(row, 2), cost) << stored.text(row, 0);
  }
  EXPECT_EQ(doubled(demo), 0);

  // And so it is told.
  EXPECT_TRUE(get(demo, "/api/v1/me")["demo"].boolean());
  EXPECT_TRUE(get(demo, "/api/v1/health")["demo"].boolean());
  auto costs = get(demo, "/api/v1/costs",
                   fmt::format("?group_by=agent&start={}&end={}", format_rfc3339(anchor - days{3}),
                               format_rfc3339(anchor)));
  EXPECT_NEAR(costs["total"]["cost_usd"].number(), static_cast<double>(cost_nanos) / 1e9, 1e-6);
  ASSERT_EQ(costs["unpriced"].size(), 1);
  EXPECT_EQ(costs["unpriced"][0]["model"].text(), "acme-extract-8b");
  std::map<std::string, std::string> statuses;
  EXPECT_TRUE(holds_soon([&] {
    auto agents = get(demo, "/api/v1/agents");
    for (const auto& agent : agents["agents"].items())
      statuses[agent["name"].text()] = agent["status"].text();
    return statuses["invoice-reader"] == "down";
  }));
  EXPECT_EQ(statuses["data-migration"], "stopped");
  EXPECT_EQ(statuses["nightly-report"], "late");
  EXPECT_EQ(statuses["support-bot"], "up");
  auto bot = get(demo, "/api/v1/agents")["agents"];
  EXPECT_EQ(bot[bot.size() - 2]["name"].text(), "support-bot");
  EXPECT_EQ(bot[bot.size() - 2]["labels"]["team"].text(), "support");
  EXPECT_EQ(bot[bot.size() - 2]["labels"]["environment"].text(), "production");
  EXPECT_EQ(demo.stop(), 0);
}

TEST_F(DemoCommandTest, GoesOnLiveAndStartedAgainFillsTheGapOnly) {
  auto demo = SentinelUp::demo({"--agents", "3", "--days", "1", "--live-interval-s", "1"});
  demo.launch();
  wait_until_up(demo);
  const auto filled = records(demo);
  EXPECT_EQ(
      demo.query("SELECT rows FROM sentinel.sums_progress WHERE level = 'minute' AND pass = 1")
          .integer(0, 0),
      0)
      << "sums begin before the history";
  ASSERT_TRUE(holds_soon([&] { return records(demo) > filled + 6; }));
  EXPECT_EQ(demo.stop(), 0);

  demo.launch();
  wait_until_up(demo);
  EXPECT_NE(demo.process().output().find("a demo: 3 made-up agents"), std::string::npos);
  const auto again = records(demo);
  ASSERT_TRUE(holds_soon([&] { return records(demo) > again + 6; }));
  EXPECT_EQ(doubled(demo), 0);
  // No agent has a hole, where history, live data and the gap meet.
  const auto anchor = format_rfc3339(fleet_of(demo).options().anchor);
  auto gaps =
      demo.query(fmt::format("SELECT count(*) FROM (SELECT ts - lag(ts) OVER (PARTITION BY "
                             "agent_id ORDER BY ts) AS pause FROM "
                             "sentinel.record WHERE ts > '{}'::timestamptz - interval '1 "
                             "hour') AS pauses WHERE pause > interval '2 minutes'",
                             anchor));
  EXPECT_EQ(gaps.integer(0, 0), 0);
  EXPECT_EQ(
      demo.query("SELECT count(*) FROM sentinel.agent_event WHERE type = 'down'").integer(0, 0), 0);
  EXPECT_EQ(demo.stop(), 0);
}

TEST_F(DemoCommandTest, RefusesAFolderWithDataThatIsReal) {
  SentinelUp real;
  real.start();
  real.key("ingest");
  EXPECT_EQ(real.stop(), 0);
  auto refused = run_program({program("sentinel"), "demo", "--data", real.data().string(),
                              "--listen", fmt::format("127.0.0.1:{}", real.port()), "--dashboard",
                              (real.data().parent_path() / "dashboard").string()});
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.output, "");
  EXPECT_EQ(
      refused.errors,
      fmt::format(
          "sentinel: {} holds data that is not a demo's, and made-up data does not go beside it\n"
          "HINT: --data FOLDER, a new one\n",
          real.data().string()));
  real.start();
  EXPECT_EQ(
      real.query(
              "SELECT (SELECT count(*) FROM sentinel.agent) + (SELECT count(*) FROM sentinel.demo)")
          .integer(0, 0),
      0);
  EXPECT_EQ(real.stop(), 0);
}

TEST_F(DemoCommandTest, SaysWhichSettingIsWrong) {
  auto demo = [](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {program("sentinel"), "demo", "--data", "/nowhere/at/all"});
    return run_program(flags);
  };
  EXPECT_NE(demo({"--days", "90"}).errors.find("days"), std::string::npos);
  EXPECT_NE(demo({"--agents", "0"}).errors.find("agents"), std::string::npos);
  EXPECT_NE(demo({"--live", "perhaps"}).errors.find("live 'perhaps' must be true or false"),
            std::string::npos);
  EXPECT_EQ(demo({"--seed", "-1"}).status, 1);
}

}  // namespace
}  // namespace sentinel
