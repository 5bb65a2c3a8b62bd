// Versions of the configuration against a real database: what is in force, and that no change is
// lost.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/settings/configuration_service.hpp"
#include "support/test_database.hpp"

namespace sentinel::settings {
namespace {

using models::Threshold;
using sentinel::testing::run;
using sentinel::testing::TestDatabase;
using Thresholds = std::map<std::string, Threshold>;

class ConfigurationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // The fleet as every test expects it, whatever ran before.
    TestDatabase::shared().execute(
        "INSERT INTO configuration (agent_id, enabled, interval_ms, retention_days, thresholds, "
        "created_by) VALUES "
        "(NULL, true, 2000, 90, '{\"cpu_usage_percent\": {\"warn\": 80, \"critical\": 95}}', "
        "'set-up')");
    TestDatabase::shared().execute(fmt::format("INSERT INTO agent (name) VALUES ('{}')", agent()));
  }

  // Each test has an agent of its own.
  static std::string agent() {
    return fmt::format("configuration {}",
                       ::testing::UnitTest::GetInstance()->current_test_info()->name());
  }
  static std::string agent_id() {
    auto rows = TestDatabase::shared().execute(
        fmt::format("SELECT agent_id FROM agent WHERE name = '{}'", agent()));
    return std::string(rows.text(0, 0));
  }

  models::Configuration change(ConfigurationChange wanted, std::string who = "ada") {
    auto changed = run(service_.change(std::move(wanted), std::move(who)));
    EXPECT_TRUE(changed) << changed.error().message;
    return changed.value_or(models::Configuration{});
  }
  models::Configuration effective(std::string name) {
    auto found = run(service_.effective(std::move(name)));
    EXPECT_TRUE(found) << found.error().message;
    return found.value_or(models::Configuration{});
  }

  static postgres::Endpoint endpoint(std::string_view role) {
    return TestDatabase::shared().endpoint(role);
  }

  postgres::Database database_{endpoint("sentinel_db_api")};
  ConfigurationService service_{database_};
};

TEST_F(ConfigurationTest, GivesAnAgentTheFleetsUntilItHasItsOwn) {
  auto before = effective(agent());
  EXPECT_EQ(before.agent_id, std::nullopt);
  EXPECT_EQ(before.agent, "");
  EXPECT_EQ(before.interval_ms, 2000);

  auto own = change({.agent = agent(), .interval_s = 0.5});
  EXPECT_EQ(format_uuid(own.agent_id.value()), agent_id());
  EXPECT_EQ(own.agent, agent());
  EXPECT_GT(own.version, before.version);
  EXPECT_EQ(own.interval_ms, 500);
  EXPECT_EQ(own.created_by, "ada");
  EXPECT_LT(std::chrono::abs(now() - own.created_at), std::chrono::minutes{1});
  // What was not named comes from the fleet.
  EXPECT_TRUE(own.enabled);
  EXPECT_EQ(own.retention_days, 90);
  EXPECT_EQ(own.thresholds, (Thresholds{{"cpu_usage_percent", {80, 95}}}));

  auto after = effective(agent_id());  // by id as well as by name
  EXPECT_EQ(after.version, own.version);
  EXPECT_EQ(after.interval_ms, 500);
  EXPECT_EQ(after.thresholds, own.thresholds);
}

TEST_F(ConfigurationTest, ChangesTheFleetWithoutTouchingAgentsThatHaveTheirOwn) {
  change({.agent = agent(), .retention_days = 7});
  auto fleet = change({.enabled = false, .retention_days = 30});
  EXPECT_EQ(fleet.agent_id, std::nullopt);
  EXPECT_EQ(fleet.agent, "");
  EXPECT_FALSE(fleet.enabled);
  EXPECT_EQ(fleet.retention_days, 30);
  EXPECT_EQ(effective(agent()).retention_days, 7);
  EXPECT_TRUE(effective(agent()).enabled);
}

TEST_F(ConfigurationTest, TakesThresholdsOverMetricByMetric) {
  change({.agent = agent(),
          .thresholds = Thresholds{{"latency_ms", {1.5, std::nullopt}}, {"cost_usd", {0, 1e9}}}});
  EXPECT_EQ(effective(agent()).thresholds, (Thresholds{{"cpu_usage_percent", {80, 95}},
                                                       {"latency_ms", {1.5, std::nullopt}},
                                                       {"cost_usd", {0, 1e9}}}));
  change({.agent = agent(),
          .thresholds = Thresholds{{"latency_ms", {std::nullopt, 9}},
                                   {"cost_usd", {std::nullopt, std::nullopt}},
                                   {"cpu_usage_percent", {std::nullopt, std::nullopt}}}});
  EXPECT_EQ(effective(agent()).thresholds, (Thresholds{{"latency_ms", {std::nullopt, 9}}}));
  change({.agent = agent(), .thresholds = Thresholds{{"latency_ms", {}}}});
  EXPECT_EQ(effective(agent()).thresholds, Thresholds{});
}

TEST_F(ConfigurationTest, KeepsTheHistory) {
  auto first = change({.agent = agent(), .interval_s = 1});
  auto second = change({.agent = agent(), .interval_s = 3600}, "bob");
  auto history = run(service_.history(agent()));
  ASSERT_TRUE(history);
  ASSERT_EQ(history->size(), 2u);
  EXPECT_EQ((*history)[0].version, second.version);
  EXPECT_EQ((*history)[0].created_by, "bob");
  EXPECT_EQ((*history)[0].interval_ms, 3'600'000);
  EXPECT_EQ((*history)[1].version, first.version);
  EXPECT_EQ((*history)[1].interval_ms, 1000);

  auto all = run(service_.history(std::nullopt));
  ASSERT_TRUE(all);
  EXPECT_EQ(all->front().version, second.version);
  EXPECT_EQ(all->back().version, 1);
  EXPECT_EQ(all->back().created_by, "sentinel");
}

TEST_F(ConfigurationTest, ListsTheNewestOfTheFleetAndOfEachAgent) {
  change({.agent = agent(), .interval_s = 1});
  auto own = change({.agent = agent(), .interval_s = 3});
  auto fleet = change({.interval_s = 5});
  auto newest = run(service_.newest());
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->front().version, fleet.version);
  std::vector<int64_t> versions;
  for (const auto& configuration : *newest) {
    if (configuration.agent == agent()) versions.push_back(configuration.version);
  }
  EXPECT_THAT(versions, ::testing::ElementsAre(own.version));
}

TEST_F(ConfigurationTest, RefusesAnAgentThatIsNotKnown) {
  for (std::string unknown : {std::string("nobody"), std::string("a\0b", 3), std::string("\xff"),
                              std::string("00000000-0000-0000-0000-000000000000")}) {
    auto found = run(service_.effective(unknown));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::NotFound);
    EXPECT_EQ(found.error().reason, "agent_unknown");
  }
  EXPECT_EQ(run(service_.effective("nobody")).error().message, "there is no agent 'nobody'");
  EXPECT_EQ(run(service_.history("nobody")).error().code, ErrorCode::NotFound);
  EXPECT_EQ(run(service_.change({.agent = "nobody"}, "ada")).error().code, ErrorCode::NotFound);
}

TEST_F(ConfigurationTest, GivesACollectorTheFleetsBeforeItsAgentIsKnown) {
  // Collectors ask the metrics-api, whose role may read no more than this.
  postgres::Database database(endpoint("sentinel_metrics_api"));
  ConfigurationService service(database);
  auto unknown = run(service.collection("not seen yet"));
  ASSERT_TRUE(unknown) << unknown.error().message;
  EXPECT_EQ(unknown->agent_id, std::nullopt);
  EXPECT_EQ(unknown->interval_ms, 2000);
  change({.agent = agent(), .enabled = false});
  auto known = run(service.collection(agent()));
  ASSERT_TRUE(known);
  EXPECT_FALSE(known->enabled);
}

TEST_F(ConfigurationTest, LosesNoneOfTheChangesThatComeTogether) {
  // Each change names another metric: all must be in the last version.
  auto& context = sentinel::testing::test_context();
  std::vector<Result<models::Configuration>> results;
  Thresholds wanted{{"cpu_usage_percent", {80, 95}}};
  for (auto metric : models::kThresholdMetrics) {
    wanted[std::string(metric)] = {1, 2};
    ConfigurationChange one{.agent = agent(),
                            .thresholds = Thresholds{{std::string(metric), {1, 2}}}};
    asio::co_spawn(context, service_.change(std::move(one), "ada"),
                   [&results](std::exception_ptr, Result<models::Configuration> result) {
                     results.push_back(std::move(result));
                   });
  }
  context.restart();
  context.run_for(std::chrono::seconds{60});  // a hang guard
  ASSERT_EQ(results.size(), models::kThresholdMetrics.size());
  for (const auto& result : results) EXPECT_TRUE(result);
  EXPECT_EQ(effective(agent()).thresholds, wanted);
}

TEST_F(ConfigurationTest, NotesWhoChangedWhat) {
  auto own = change({.agent = agent(), .interval_s = 1}, "bob");
  auto rows = TestDatabase::shared().execute(
      fmt::format("SELECT actor, detail FROM audit_event WHERE action = 'configuration_changed' "
                  "AND subject = '{}'",
                  agent()));
  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(rows.text(0, 0), "bob");
  EXPECT_EQ(rows.text(0, 1), fmt::format(R"({{"version": {}}})", own.version));
  auto fleet = change({.interval_s = 1}, "bob");
  rows =
      TestDatabase::shared().execute(fmt::format("SELECT count(*) FROM audit_event WHERE subject = "
                                                 "'fleet' AND detail @> '{{\"version\": {}}}'",
                                                 fleet.version));
  EXPECT_EQ(rows.text(0, 0), "1");
}

TEST_F(ConfigurationTest, ChangesNothingWhenTheChangeFails) {
  auto before = effective(agent());
  // Refused by the database's own constraint, in the middle of the transaction.
  auto refused = run(service_.change({.agent = agent(), .retention_days = 0}, "ada"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "sqlstate_23514");
  EXPECT_EQ(effective(agent()).version, before.version);
  EXPECT_EQ(change({.agent = agent(), .retention_days = 1}).retention_days,
            1);  // and nobody holds the lock
}

TEST_F(ConfigurationTest, LeavesOutThresholdsThatAreNone) {
  TestDatabase::shared().execute(fmt::format(
      "INSERT INTO configuration (agent_id, enabled, interval_ms, retention_days, thresholds, "
      "created_by) VALUES "
      "('{}', true, 2000, 90, '{{\"cost_usd\": {{\"warn\": 1}}, \"latency_ms\": 7}}', 'hand')",
      agent_id()));
  EXPECT_EQ(effective(agent()).thresholds, (Thresholds{{"cost_usd", {1, std::nullopt}}}));
}

TEST_F(ConfigurationTest, SaysThatTheDatabaseIsAway) {
  postgres::Database away({"host=/nonexistent", "", "test"});
  ConfigurationService service(away);
  EXPECT_EQ(run(service.newest()).error().code, ErrorCode::Unavailable);
  EXPECT_EQ(run(service.history(std::nullopt)).error().code, ErrorCode::Unavailable);
  EXPECT_EQ(run(service.effective("a")).error().code, ErrorCode::Unavailable);
  EXPECT_EQ(run(service.collection("a")).error().code, ErrorCode::Unavailable);
  EXPECT_EQ(run(service.change({}, "ada")).error().code, ErrorCode::Unavailable);
}

}  // namespace
}  // namespace sentinel::settings
