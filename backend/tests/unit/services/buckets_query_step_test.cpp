#include <gtest/gtest.h>

#include "services/query/buckets_query.hpp"
#include "services/query/metrics_query.hpp"

namespace sentinel::query {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

TEST(AutoStep, IsTheSmallestThatGivesAtMostAThousandBuckets) {
  EXPECT_EQ(auto_step(1s), 1s);
  EXPECT_EQ(auto_step(1000s), 1s);
  EXPECT_EQ(auto_step(1001s), 2s);
  EXPECT_EQ(auto_step(1h), 5s);
  EXPECT_EQ(auto_step(6h), 30s);
  EXPECT_EQ(auto_step(days{1}), 2min);
  EXPECT_EQ(auto_step(days{7}), 15min);
  EXPECT_EQ(auto_step(days{30}), 1h);
  EXPECT_EQ(auto_step(days{90}), 3h);
  EXPECT_EQ(auto_step(days{365}), 12h);
  EXPECT_EQ(auto_step(days{1000}), days{1});
  EXPECT_EQ(auto_step(days{7000}), days{7});
}

TEST(AutoStep, TakesWholeWeeksForVeryLongRanges) {
  for (auto range : {days{8000}, days{50'000}, days{100'000}}) {
    auto step = auto_step(range);
    EXPECT_EQ(step % days{7}, 0s);
    EXPECT_LE(range / step, kAutoBucketsMax);
  }
}

TEST(AutoStep, NeverGivesMoreThanItMayNorFarFewerThanItCould) {
  for (Microseconds range = 1s; range < days{7000}; range += range / 3) {
    auto step = auto_step(range);
    EXPECT_LE(range / step, kAutoBucketsMax) << to_seconds(range);
    if (step > 1s) {
      EXPECT_GT(range / step, kAutoBucketsMax / 8) << to_seconds(range);
    }
  }
}

TEST(RawColumns, HaveEachNameOnce) {
  std::vector<std::string_view> names;
  for (const auto& column : raw_columns()) {
    EXPECT_EQ(std::find(names.begin(), names.end(), column.name), names.end()) << column.name;
    names.push_back(column.name);
  }
  EXPECT_EQ(names.front(), "timestamp");
}

}  // namespace
}  // namespace sentinel::query
