// What a month will have cost, by the method that the contract states.
#include "services/query/costs_query.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace sentinel::query {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

constexpr int64_t kDollar = 1'000'000'000;

sys_days date(int year, unsigned month, unsigned day) {
  return std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day);
}

TEST(MonthCosts, AreNothingWithoutRecords) {
  auto costs = month_costs({}, Timestamp{date(2026, 11, 10)});
  EXPECT_EQ(costs.month, std::chrono::year{2026} / 11);
  EXPECT_EQ(costs.cost_nanos, 0);
  EXPECT_EQ(costs.previous_nanos, 0);
  EXPECT_EQ(costs.forecast_nanos, std::nullopt);
  EXPECT_EQ(costs.forecast_days, 0);
}

TEST(MonthCosts, HaveNoForecastBeforeAWholeDay) {
  auto costs = month_costs({{date(2026, 11, 10), kDollar}}, Timestamp{date(2026, 11, 10)} + 5h);
  EXPECT_EQ(costs.cost_nanos, kDollar);
  EXPECT_EQ(costs.forecast_nanos, std::nullopt);
}

TEST(MonthCosts, GoOnAsTheLastSevenWholeDaysDid) {
  std::vector<DayCost> days;
  days.push_back({date(2026, 11, 1), 100 * kDollar});  // too long ago to tell
  for (unsigned day = 13; day <= 19; ++day) days.push_back({date(2026, 11, day), day * kDollar});
  days.push_back({date(2026, 11, 20), 3 * kDollar});  // not over
  auto costs = month_costs(days, Timestamp{date(2026, 11, 20)} + 12h);
  EXPECT_EQ(costs.cost_nanos, (100 + 13 + 14 + 15 + 16 + 17 + 18 + 19 + 3) * kDollar);
  EXPECT_EQ(costs.forecast_days, 7);
  // Ten and a half days are left, of 16 dollars each.
  EXPECT_EQ(costs.forecast_nanos, costs.cost_nanos + 168 * kDollar);
}

TEST(MonthCosts, CountADayWithoutCostAndStartWithTheFirstOne) {
  auto costs = month_costs({{date(2026, 11, 16), 8 * kDollar}}, Timestamp{date(2026, 11, 20)});
  EXPECT_EQ(costs.forecast_days, 4);
  EXPECT_EQ(costs.forecast_nanos, (8 + 11 * 2) * kDollar);
}

TEST(MonthCosts, LookBackOverTheTurnOfAYear) {
  auto costs = month_costs({{date(2025, 12, 1), kDollar}, {date(2025, 12, 31), 6 * kDollar}},
                           Timestamp{date(2026, 1, 2)});
  EXPECT_EQ(costs.month, std::chrono::year{2026} / 1);
  EXPECT_EQ(costs.cost_nanos, 0);
  EXPECT_EQ(costs.previous_nanos, 7 * kDollar);
  EXPECT_EQ(costs.forecast_days, 7);
  EXPECT_EQ(costs.forecast_nanos, std::llround(30.0 * 6 / 7 * kDollar));
}

}  // namespace
}  // namespace sentinel::query
