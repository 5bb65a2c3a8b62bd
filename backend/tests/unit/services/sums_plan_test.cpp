// Which sums answer for which part of a range.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/query/sums_reader.hpp"

namespace sentinel::query {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

// "minute 07-01T00:00 07-01T01:00, …" of a plan at noon of 2026-07-31.
std::string pieces(std::string_view start, std::string_view end, Microseconds step,
                   SumsProgress progress = {.begun = true}) {
  const auto time = [](std::string_view text) {
    return parse_rfc3339(fmt::format("2026-{}Z", text)).value();
  };
  const auto plan = plan_sums({time(start), time(end)}, step, time("07-31T12:00:00"), progress);
  std::string text;
  Timestamp at = time(start), summed_start = time(end), summed_end = time(start);
  for (const auto& [level, range] : plan.pieces) {
    EXPECT_EQ(range.start, at) << "without gaps";
    at = range.end;
    auto brief = [](Timestamp t) { return format_rfc3339(t).substr(5, 11); };
    text += fmt::format("{}{} {} {}", text.empty() ? "" : ", ",
                        level ? sums::name_of(*level) : "records", brief(range.start),
                        brief(range.end));
    if (!level) continue;
    summed_start = std::min(summed_start, range.start);
    summed_end = std::max(summed_end, range.end);
  }
  EXPECT_EQ(at, time(end));
  if (summed_start < summed_end) {
    EXPECT_EQ(plan.summed.start, summed_start);
    EXPECT_EQ(plan.summed.end, summed_end);
  } else {
    EXPECT_TRUE(plan.summed.empty());
  }
  return text;
}

TEST(SumsPlan, TakesTheCoarsestSumsThatFitTheStep) {
  EXPECT_EQ(pieces("07-30T00:00:00", "07-31T00:00:00", 1min), "minute 07-30T00:00 07-31T00:00");
  EXPECT_EQ(pieces("07-30T00:00:00", "07-31T00:00:00", 5min), "minute 07-30T00:00 07-31T00:00");
  EXPECT_EQ(pieces("07-30T00:00:00", "07-31T00:00:00", 1h), "hour 07-30T00:00 07-31T00:00");
  EXPECT_EQ(pieces("07-30T00:00:00", "07-31T00:00:00", 90min), "minute 07-30T00:00 07-31T00:00");
  EXPECT_EQ(pieces("07-30T00:00:00", "07-31T00:00:00", days{1}), "day 07-30T00:00 07-31T00:00");
  EXPECT_EQ(pieces("07-30T00:00:00", "07-31T00:00:00", days{7}), "day 07-30T00:00 07-31T00:00");
}

TEST(SumsPlan, ReadsRecordsForStepsBelowAMinute) {
  EXPECT_EQ(pieces("07-30T00:00:00", "07-30T01:00:00", 30s), "records 07-30T00:00 07-30T01:00");
  EXPECT_EQ(pieces("07-30T00:00:00", "07-30T01:00:00", 90s), "records 07-30T00:00 07-30T01:00");
}

TEST(SumsPlan, EndsInFinerSums) {
  EXPECT_EQ(pieces("07-28T22:58:30", "07-31T01:01:30", days{1}),
            "records 07-28T22:58 07-28T22:59, minute 07-28T22:59 07-28T23:00, "
            "hour 07-28T23:00 07-29T00:00, day 07-29T00:00 07-31T00:00, "
            "hour 07-31T00:00 07-31T01:00, minute 07-31T01:00 07-31T01:01, "
            "records 07-31T01:01 07-31T01:01");
  EXPECT_EQ(pieces("07-31T00:10:00", "07-31T00:50:00", days{1}), "minute 07-31T00:10 07-31T00:50");
  EXPECT_EQ(pieces("07-31T00:10:10", "07-31T00:10:50", days{1}), "records 07-31T00:10 07-31T00:10");
}

TEST(SumsPlan, ReadsRecordsWhereMinutesAreGone) {
  EXPECT_EQ(pieces("07-10T00:00:00", "07-10T01:00:00", 1min), "records 07-10T00:00 07-10T01:00");
  EXPECT_EQ(pieces("07-10T00:30:00", "07-10T02:30:00", 1h),
            "records 07-10T00:30 07-10T01:00, hour 07-10T01:00 07-10T02:00, "
            "records 07-10T02:00 07-10T02:30");
  EXPECT_EQ(pieces("07-16T00:00:00", "07-18T00:00:00", 1min),
            "records 07-16T00:00 07-17T00:00, minute 07-17T00:00 07-18T00:00");
}

TEST(SumsPlan, ReadsRecordsOfTimesThatSumsLeaveOut) {
  const SumsProgress progress{.begun = true,
                              .complete_from = parse_rfc3339("2026-07-30T05:00:00Z").value()};
  EXPECT_EQ(pieces("07-29T00:00:00", "07-31T00:00:00", 1h, progress),
            "records 07-29T00:00 07-30T05:00, hour 07-30T05:00 07-31T00:00");
  EXPECT_EQ(pieces("07-29T00:00:00", "07-31T12:00:00", days{1}, progress),
            "records 07-29T00:00 07-30T05:00, hour 07-30T05:00 07-31T12:00");
  EXPECT_EQ(pieces("07-29T00:00:00", "07-30T05:00:00", 1h, progress),
            "records 07-29T00:00 07-30T05:00");
  EXPECT_EQ(pieces("07-30T06:30:00", "07-30T07:00:00", 1min, progress),
            "minute 07-30T06:30 07-30T07:00");
}

TEST(SumsPlan, ReadsRecordsBeforeTheFirstPass) {
  EXPECT_EQ(pieces("07-30T00:00:00", "07-31T00:00:00", 1h, {}), "records 07-30T00:00 07-31T00:00");
}

}  // namespace
}  // namespace sentinel::query
