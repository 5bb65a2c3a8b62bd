#include "services/ingest/cardinality.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace sentinel::ingest {
namespace {

using namespace std::chrono_literals;

class CardinalityTest : public ::testing::Test {
 protected:
  // "" when it is let in, else "field: reason".
  static std::string custom(CardinalityLimits& limits, const Uuid& agent, std::string_view json) {
    auto refused = limits.admit_custom(agent, json);
    return refused ? refused->field + ": " + refused->reason : "";
  }
  static constexpr std::string_view kOver =
      "custom_metrics.d: custom_metrics.d is a new name, and an agent may have 3 names of custom "
      "metrics";

  models::ApiKey key_;
  Timestamp now_ = Timestamp{1'800'000'000s};
  const Uuid agent_ = random_uuid();
};

TEST_F(CardinalityTest, LetsKnownNamesInAndRefusesOneTooMany) {
  CardinalityLimits limits({.custom_metric_names = 3});
  EXPECT_EQ(custom(limits, agent_, R"({"a":1,"b":2})"), "");
  EXPECT_EQ(custom(limits, agent_, R"({"c":1,"d":2})"), kOver);
  EXPECT_EQ(custom(limits, agent_, R"({"c":1})"), "") << "a refused record brings no name";
  EXPECT_EQ(custom(limits, agent_, R"({"d":1})"), kOver);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(custom(limits, agent_, R"({"b":1,"a":2})"), "");
    EXPECT_EQ(custom(limits, agent_, R"({"c":1})"), "");
    EXPECT_EQ(custom(limits, agent_, "{}"), "");
    EXPECT_EQ(custom(limits, agent_, ""), "");
  }
  EXPECT_EQ(custom(limits, random_uuid(), R"({"d":1,"d":2,"e":3})"), "") << "another agent";
}

TEST_F(CardinalityTest, ReadsNamesWithEscapes) {
  CardinalityLimits limits({.custom_metric_names = 2});
  EXPECT_EQ(custom(limits, agent_, R"({"a\"b" : 1e3, "c\\":-2})"), "");
  EXPECT_EQ(custom(limits, agent_, R"({ "c\\":-2,"a\"b":0})"), "");
  EXPECT_NE(custom(limits, agent_, R"({"b":0})"), "");
}

TEST_F(CardinalityTest, TakesAnyNumberWhereThereIsNoLimit) {
  CardinalityLimits limits(
      {.custom_metric_names = 0, .counter_series_per_hour = 0, .new_agents_per_hour = 0});
  for (int i = 0; i < 5000; ++i) {
    EXPECT_EQ(custom(limits, agent_, fmt::format(R"({{"n{}":1}})", i)), "");
    EXPECT_FALSE(limits.admit_series(agent_, "calls", std::to_string(i), now_));
    EXPECT_TRUE(limits.admit_agent(key_, fmt::format("a{}", i), now_));
  }
}

// A flood of agents with names of their own makes it forget, not grow; the agent that comes is
// kept.
TEST_F(CardinalityTest, LearnsAnewWhatItHadToForget) {
  CardinalityLimits limits({.custom_metric_names = 200});
  for (int agent = 0; agent < 12'000; ++agent) {
    std::string names;
    for (int i = 0; i < 100; ++i) names += fmt::format("{}\"m{}\":1", i ? "," : "{", i);
    const auto id = random_uuid();
    ASSERT_EQ(custom(limits, id, names + "}"), "");
    ASSERT_EQ(custom(limits, id, R"({"m1":1})"), "");
  }
}

TEST_F(CardinalityTest, LetsAnAgentBringSoManySeriesOfCountersAnHour) {
  CardinalityLimits limits({.counter_series_per_hour = 2});
  auto series = [&](const Uuid& agent, std::string_view name, std::string_view attributes,
                    Timestamp at) {
    auto refused = limits.admit_series(agent, name, attributes, at);
    return refused ? refused->field + ": " + refused->reason : "";
  };
  EXPECT_EQ(series(agent_, "calls", R"({"id":1})", now_), "");
  EXPECT_EQ(series(agent_, "calls", R"({"id":2})", now_ + 30min), "");
  EXPECT_EQ(series(agent_, "calls", R"({"id":1})", now_ + 30min), "") << "the same again";
  constexpr auto kSaid =
      "calls: calls has attributes that make a new series of it, and an agent may bring 2 series "
      "of counters an hour";
  EXPECT_EQ(series(agent_, "calls", R"({"id":3})", now_ + 59min), kSaid);
  EXPECT_EQ(series(agent_, "calls", "", now_ + 59min), kSaid);
  EXPECT_NE(series(agent_, "errors", R"({"id":1})", now_ + 59min), "") << "another counter";
  EXPECT_EQ(series(random_uuid(), "calls", R"({"id":3})", now_ + 59min), "") << "another agent";
  EXPECT_EQ(series(agent_, "calls", R"({"id":3})", now_ + 61min), "");
}

TEST_F(CardinalityTest, ForgetsSeriesRatherThanGrow) {
  CardinalityLimits limits({.counter_series_per_hour = 10'000});
  for (int agent = 0; agent < 400; ++agent) {
    const auto id = random_uuid();
    for (int i = 0; i < 10'000; i += 10) {
      ASSERT_FALSE(limits.admit_series(id, "calls", std::to_string(i), now_));
    }
    ASSERT_FALSE(limits.admit_series(id, "calls", "0", now_));
  }
}

TEST_F(CardinalityTest, LetsAKeyBringSoManyNewAgentsAnHour) {
  CardinalityLimits limits({.new_agents_per_hour = 2});
  EXPECT_TRUE(limits.admit_agent(key_, "one", now_));
  EXPECT_TRUE(limits.admit_agent(key_, "two", now_ + 30min));
  EXPECT_TRUE(limits.admit_agent(key_, "one", now_ + 30min)) << "the same again";
  auto refused = limits.admit_agent(key_, "three", now_ + 59min);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "new_agents_limit");
  EXPECT_EQ(refused.error().message,
            "agent_id 'three' is new, and a key may bring 2 new agents an hour");
  models::ApiKey other;
  other.key_id = random_uuid();
  EXPECT_TRUE(limits.admit_agent(other, "three", now_ + 59min));
  EXPECT_TRUE(limits.admit_agent(key_, "three", now_ + 61min));
}

}  // namespace
}  // namespace sentinel::ingest
