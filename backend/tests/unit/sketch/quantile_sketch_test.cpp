#include "sketch/quantile_sketch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace sentinel::sketch {
namespace {

// As PostgreSQL's percentile_cont().
double exact(std::vector<int64_t> values, double fraction) {
  std::ranges::sort(values);
  const double rank = fraction * static_cast<double>(values.size() - 1);
  const auto lower = static_cast<size_t>(rank);
  const auto upper = std::min(lower + 1, values.size() - 1);
  return static_cast<double>(values[lower]) +
         static_cast<double>(values[upper] - values[lower]) * (rank - static_cast<double>(lower));
}

TEST(QuantileSketch, IsWithinOnePercentOfTheValues) {
  std::mt19937_64 random{11};
  for (int round = 0; round < 200; ++round) {
    std::lognormal_distribution<double> latency(round % 25, 0.1 + round % 7 / 2.0);
    std::vector<int64_t> values;
    QuantileSketch sketch;
    const auto count = 1 + random() % 500;
    for (size_t i = 0; i < count; ++i) {
      values.push_back(static_cast<int64_t>(std::min(latency(random), 9e18)));
      sketch.add_value(values.back());
    }
    for (double fraction : {0.0, 0.01, 0.5, 0.95, 0.99, 1.0}) {
      const double truth = exact(values, fraction);
      ASSERT_NEAR(sketch.quantile(fraction).value_or(-1), truth, kRelativeError * truth + 1e-9)
          << round << ' ' << fraction;
    }
  }
}

TEST(QuantileSketch, OfNoValuesTellsNothing) {
  QuantileSketch sketch;
  EXPECT_EQ(sketch.quantile(0.5), std::nullopt);
  EXPECT_EQ(sketch.count(), 0u);
  EXPECT_EQ(sketch.entries(), "");
}

TEST(QuantileSketch, KeepsZeroAndTakesWhatIsBelowForZero) {
  QuantileSketch sketch;
  for (int64_t value : {0, -5, 0}) sketch.add_value(value);
  EXPECT_EQ(sketch.quantile(0.99), 0);
  EXPECT_EQ(sketch.entries(), std::string("\0\0\0\3", 4));
}

TEST(QuantileSketch, IsMergedByItsEntriesInAnyOrder) {
  std::mt19937_64 random{12};
  QuantileSketch whole, merged;
  std::string parts;
  for (int part = 0; part < 20; ++part) {
    QuantileSketch one;
    for (int i = 0; i < 50; ++i) {
      const auto value = static_cast<int64_t>(random() % 1'000'000);
      whole.add_value(value);
      one.add_value(value);
    }
    parts = one.entries() + parts;
  }
  merged.add(parts);
  EXPECT_EQ(merged.entries(), whole.entries());
  EXPECT_EQ(merged.count(), 1000u);
  for (double fraction : {0.5, 0.95})
    EXPECT_EQ(merged.quantile(fraction), whole.quantile(fraction));
}

TEST(QuantileSketch, SplitsCountsThatAnEntryDoesNotHold) {
  QuantileSketch sketch;
  for (int i = 0; i < 65'536; ++i) sketch.add_value(1);
  EXPECT_EQ(sketch.entries(), std::string("\0\1\xff\xff\0\1\0\1", 8));
  QuantileSketch read;
  read.add(sketch.entries());
  EXPECT_EQ(read.count(), 65'536u);
  EXPECT_EQ(read.entries(), sketch.entries());
}

TEST(QuantileSketch, DoesNotReadBeyondTheLastWholeEntry) {
  QuantileSketch sketch;
  sketch.add(std::string("\0\1\0\2\0\1\0", 7));
  EXPECT_EQ(sketch.count(), 2u);
}

}  // namespace
}  // namespace sentinel::sketch
