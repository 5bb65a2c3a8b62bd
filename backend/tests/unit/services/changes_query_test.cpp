// Which changes are the most striking.
#include "services/query/changes_query.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sentinel::query {
namespace {

using Values = std::vector<std::optional<double>>;

// Eight buckets of a minute, the last two of them in the window.
Buckets buckets(std::vector<std::pair<std::string, Values>> series) {
  Buckets made;
  made.step = std::chrono::minutes{1};
  for (int i = 0; i < 8; ++i) made.times_ms.push_back(60'000 * i);
  for (auto& [name, values] : series) {
    made.series.push_back(
        {.agent = AgentName{{}, name}, .metric = "latency_ms:p95", .values = std::move(values)});
  }
  return made;
}

std::vector<std::string> ranked(const Buckets& made, int limit = 10) {
  std::vector<std::string> told;
  for (const auto& change : rank_changes(made, Timestamp{std::chrono::minutes{6}}, limit)) {
    told.push_back(fmt::format("{} {} {} {:.1f}", change.agent.name, change.before, change.during,
                               change.score));
  }
  return told;
}

constexpr std::nullopt_t kNone = std::nullopt;

TEST(Changes, AreRankedByTheirUsualDeviation) {
  EXPECT_THAT(ranked(buckets({{"restless", {10, 90, 10, 90, 10, 90, 90, 90}},
                              {"calm", {50, 50, 50, 50, 50, 50, 60, 60}},
                              {"falls", {99, 101, 99, 101, 99, 101, 10, 10}}})),
              testing::ElementsAre("falls 100 10 -18.0", "calm 50 60 3.3", "restless 50 90 1.0"));
}

TEST(Changes, OfWhatHardlyMovesAreNotWonByATrifle) {
  EXPECT_THAT(ranked(buckets({{"still", {100, 100, 100, 100, 100, 100, 100.5, 100.5}},
                              {"slower", {100, 110, 100, 110, 100, 110, 120, 120}}})),
              testing::ElementsAre("slower 105 120 2.5", "still 100 100.5 0.1"));
}

TEST(Changes, NeedValuesOnBothSides) {
  EXPECT_THAT(ranked(buckets({{"new", {kNone, kNone, kNone, kNone, kNone, kNone, 1, 1}},
                              {"gone", {1, 1, 1, 1, 1, 1, kNone, kNone}},
                              {"same", {1, 1, 1, 1, 1, 1, 1, 1}},
                              {"some", {kNone, 1, kNone, 1, 1, 1, kNone, 3}}})),
              testing::ElementsAre("some 1 3 13.3"));
}

TEST(Changes, OfSumsTellThatNothingCameAnyMore) {
  auto made = buckets({{"silent", {60, 60, 60, 60, 60, 60, kNone, kNone}}});
  made.series[0].metric = "requests:sum";
  EXPECT_THAT(ranked(made), testing::ElementsAre("silent 60 0 -20.0"));
}

TEST(Changes, FromZeroAreChangesToo) {
  EXPECT_THAT(ranked(buckets({{"errors", {0, 0, 0, 0, 0, 0, 5, 5}}})),
              testing::ElementsAre("errors 0 5 20.0"));
}

TEST(Changes, AreAtMostSoMany) {
  auto made = buckets({{"a", {1, 1, 1, 1, 1, 1, 2, 2}}, {"b", {1, 1, 1, 1, 1, 1, 9, 9}}});
  EXPECT_THAT(ranked(made, 1), testing::ElementsAre("b 1 9 17.8"));
}

}  // namespace
}  // namespace sentinel::query
