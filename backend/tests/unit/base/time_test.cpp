#include "base/time.hpp"

#include <gtest/gtest.h>

namespace sentinel {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::sys_days;

constexpr Timestamp kNoon =
    sys_days{std::chrono::year{2026} / 11 / 22} + 12h + 34min + 56s + 789012us;

// The time of a text in the form that we write, or why there is none.
std::string read(std::string_view text) {
  auto time = parse_rfc3339(text);
  return time ? format_rfc3339(*time) : time.error().message;
}

std::string expression(std::string_view text) {
  auto time = parse_time_expression(text, kNoon);
  return time ? format_rfc3339(*time) : time.error().message;
}

std::string duration(std::string_view text) {
  auto read = parse_duration(text);
  return read ? std::to_string(read->count()) : read.error().message;
}

TEST(ParseRfc3339, ReadsEveryFormOfTheStandard) {
  EXPECT_EQ(read("2026-11-22T20:45:00Z"), "2026-11-22T20:45:00Z");
  EXPECT_EQ(read("2026-11-22t20:45:00z"), "2026-11-22T20:45:00Z");
  EXPECT_EQ(read("2026-11-22 20:45:00Z"), "2026-11-22T20:45:00Z");
  EXPECT_EQ(read("2026-11-22T20:45:00.5Z"), "2026-11-22T20:45:00.500000Z");
  EXPECT_EQ(read("2026-11-22T20:45:00.000001Z"), "2026-11-22T20:45:00.000001Z");
  EXPECT_EQ(read("2026-11-22T20:45:00+01:30"), "2026-11-22T19:15:00Z");
  EXPECT_EQ(read("2026-11-22T20:45:00-05:00"), "2026-11-23T01:45:00Z");
  EXPECT_EQ(read("2024-02-29T00:00:00Z"), "2024-02-29T00:00:00Z");
  EXPECT_EQ(read("1970-01-01T00:00:00Z"), "1970-01-01T00:00:00Z");
  EXPECT_EQ(read("2261-12-31T23:59:59Z"), "2261-12-31T23:59:59Z");
}

TEST(ParseRfc3339, CutsTheFractionAtMicroseconds) {
  EXPECT_EQ(read("2026-11-22T20:45:00.1234567899Z"), "2026-11-22T20:45:00.123456Z");
  EXPECT_EQ(read("2026-11-22T20:45:00.0000009Z"), "2026-11-22T20:45:00Z");
}

TEST(ParseRfc3339, TakesALeapSecondAsTheNextMinute) {
  EXPECT_EQ(read("2016-12-31T23:59:60Z"), "2017-01-01T00:00:00Z");
}

TEST(ParseRfc3339, RefusesWhatIsNoTime) {
  constexpr auto kForm = ": write 2026-11-22T20:45:00Z";
  for (std::string text : {"", "now", "2026-11-22", "2026-11-22T20:45Z", "22-11-2026T20:45:00Z",
                           "2026/11/22T20:45:00Z", "2026-11-22X20:45:00Z"}) {
    EXPECT_EQ(read(text), "'" + text + "' is not a time" + kForm);
  }
}

TEST(ParseRfc3339, RefusesWhatTheCalendarOrTheClockHasNot) {
  for (std::string text : {"2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
                           "2026-01-00T00:00:00Z", "1969-12-31T23:59:59Z", "2262-01-01T00:00:00Z",
                           "20x6-01-01T00:00:00Z"}) {
    EXPECT_EQ(read(text), "'" + text + "' is not a time: no such date between 1970 and 2261");
  }
  for (std::string text : {"2026-11-22T24:00:00Z", "2026-11-22T20:60:00Z", "2026-11-22T20:45:61Z",
                           "2026-11-22T2a:45:00Z"}) {
    EXPECT_EQ(read(text), "'" + text + "' is not a time: no such time of day");
  }
}

TEST(ParseRfc3339, RefusesATimeWithoutItsZone) {
  for (std::string text :
       {"2026-11-22T20:45:00.123", "2026-11-22T20:45:00X", "2026-11-22T20:45:00Z ",
        "2026-11-22T20:45:00+0100", "2026-11-22T20:45:00+24:00", "2026-11-22T20:45:00+01:60",
        "2026-11-22T20:45:00*01:00"}) {
    EXPECT_EQ(read(text), "'" + text + "' is not a time: it needs Z or an offset such as +01:00");
  }
  EXPECT_EQ(read("2026-11-22T20:45:00.Z"),
            "'2026-11-22T20:45:00.Z' is not a time: a fraction needs digits");
}

TEST(ParseRfc3339, ShowsAtMostTheBeginningOfALongText) {
  EXPECT_EQ(read(std::string(1000, 'x')),
            "'" + std::string(64, 'x') + "' is not a time: write 2026-11-22T20:45:00Z");
}

TEST(FormatRfc3339, LeavesOutAFractionOfZero) {
  EXPECT_EQ(format_rfc3339(Timestamp{}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_rfc3339(Timestamp{1us}), "1970-01-01T00:00:00.000001Z");
  EXPECT_EQ(format_rfc3339(kNoon), "2026-11-22T12:34:56.789012Z");
  EXPECT_EQ(format_rfc3339(Timestamp{-1us}), "1969-12-31T23:59:59.999999Z");
}

TEST(FormatRfc3339, IsReadBackAsTheSameMoment) {
  for (auto time : {Timestamp{}, kNoon, kNoon + 200 * days{365}, Timestamp{999'999us}}) {
    EXPECT_EQ(parse_rfc3339(format_rfc3339(time)).value(), time);
  }
}

TEST(ParseTimeExpression, CountsFromNow) {
  EXPECT_EQ(expression("now"), "2026-11-22T12:34:56.789012Z");
  EXPECT_EQ(expression("now-6h"), "2026-11-22T06:34:56.789012Z");
  EXPECT_EQ(expression("now+90s"), "2026-11-22T12:36:26.789012Z");
  EXPECT_EQ(expression("now-1w"), "2026-11-15T12:34:56.789012Z");
  EXPECT_EQ(expression("2026-11-22T20:45:00Z"), "2026-11-22T20:45:00Z");
}

TEST(ParseTimeExpression, RoundsDownToAWholeUnit) {
  EXPECT_EQ(expression("now/s"), "2026-11-22T12:34:56Z");
  EXPECT_EQ(expression("now/m"), "2026-11-22T12:34:00Z");
  EXPECT_EQ(expression("now/h"), "2026-11-22T12:00:00Z");
  EXPECT_EQ(expression("now/d"), "2026-11-22T00:00:00Z");
  EXPECT_EQ(expression("now-1d/d"), "2026-11-21T00:00:00Z");
  // 2026-11-22 is a Sunday; its week began on Monday the 16th.
  EXPECT_EQ(expression("now/w"), "2026-11-16T00:00:00Z");
  EXPECT_EQ(expression("now-1w/w"), "2026-11-09T00:00:00Z");
}

TEST(ParseTimeExpression, RefusesWhatItDoesNotKnow) {
  for (std::string text :
       {"now-", "now-6y", "now6h", "now/", "now/y", "now/dd", "now-1d/", "nowhere", "now-x/d"}) {
    EXPECT_EQ(expression(text), "'" + text + "' is not a time: write now, now-6h or now-1d/d");
  }
  EXPECT_EQ(expression("now-6"), "2026-11-22T12:34:50.789012Z");
  EXPECT_EQ(expression("yesterday"), "'yesterday' is not a time: write 2026-11-22T20:45:00Z");
}

TEST(ParseTimeExpression, RefusesWhatLiesOutsideTheYearsThatWeKnow) {
  EXPECT_EQ(expression("now-1000000d"),
            "'now-1000000d' is not a time: no such date between 1970 and 2261");
  EXPECT_EQ(expression("now+1000000w"),
            "'now+1000000w' is not a time: no such date between 1970 and 2261");
  EXPECT_EQ(expression("now-20000d"), "1972-02-19T12:34:56.789012Z");
}

TEST(ParseDuration, TakesTheUnitsOfTheContract) {
  EXPECT_EQ(duration("10s"), "10000000");
  EXPECT_EQ(duration("5m"), "300000000");
  EXPECT_EQ(duration("1h"), "3600000000");
  EXPECT_EQ(duration("1d"), "86400000000");
  EXPECT_EQ(duration("1w"), "604800000000");
  EXPECT_EQ(duration("250ms"), "250000");
  EXPECT_EQ(duration("0.5s"), "500000");
  EXPECT_EQ(duration("7"), "7000000");
  EXPECT_EQ(duration("0"), "0");
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (std::string text :
       {"", "s", "-1s", "10y", "10 s", "1e9s", "nan", "inf", "1h30m", "10sec", "+5s"}) {
    EXPECT_EQ(duration(text), "'" + text + "' is not a duration: write 10s, 5m, 1h or 1d");
  }
}

TEST(ToSeconds, KeepsTheFraction) { EXPECT_DOUBLE_EQ(to_seconds(1500ms), 1.5); }

TEST(Now, IsBetweenTwoLooksAtTheClock) {
  auto before = std::chrono::system_clock::now();
  auto time = now();
  auto after = std::chrono::system_clock::now();
  EXPECT_GE(time + 1us, before);
  EXPECT_LE(time, after);
}

}  // namespace
}  // namespace sentinel
