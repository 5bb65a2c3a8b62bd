#include "api/query_reader.hpp"

#include <gtest/gtest.h>

namespace sentinel::api {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h;

Result<QueryReader> read(std::string query) {
  http::Request request;
  request.query = std::move(query);
  return QueryReader::read(request, {"agent", "limit", "start"});
}

TEST(QueryReader, GivesTheFirstAndAllValuesOfAName) {
  auto query = read("agent=a&agent=b%20c&limit=7");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->one("agent"), "a");
  EXPECT_EQ(query->all("agent"), (std::vector<std::string>{"a", "b c"}));
  EXPECT_EQ(query->one("start"), std::nullopt);
  EXPECT_TRUE(query->all("start").empty());
}

TEST(QueryReader, RefusesANameThatTheRouteDoesNotKnow) {
  auto query = read("agents=a");
  ASSERT_FALSE(query);
  EXPECT_EQ(query.error().reason, "parameter_unknown");
  EXPECT_EQ(query.error().message,
            "there is no parameter 'agents' here; there are agent, limit, start");
  EXPECT_EQ(
      read(std::string(100, 'x')).error().message,
      "there is no parameter '" + std::string(60, 'x') + "' here; there are agent, limit, start");
}

TEST(QueryReader, LimitsHowOftenANameIsGiven) {
  auto times = [](std::string_view pair, int count) {
    std::string query;
    for (int i = 0; i < count; ++i) query.append(pair).append("&");
    query.pop_back();
    return read(query);
  };
  EXPECT_TRUE(times("agent=a", 1000));
  EXPECT_EQ(times("agent=a", 1001).error().message, "agent is given 1001 times, the limit is 1000");
  EXPECT_TRUE(times("limit=1", 32));
  EXPECT_EQ(times("limit=1", 33).error().reason, "parameter_repeated");
}

TEST(QueryReader, RefusesABrokenEncoding) {
  EXPECT_EQ(read("agent=%z").error().reason, "query_invalid");
}

TEST(QueryReader, ReadsIntegersWithinTheirLimits) {
  EXPECT_EQ(read("")->integer("limit", 5, 1, 10).value(), 5);
  EXPECT_EQ(read("limit=1")->integer("limit", 5, 1, 10).value(), 1);
  EXPECT_EQ(read("limit=10")->integer("limit", 5, 1, 10).value(), 10);
  for (std::string text : {"0", "11", "-1", "", "1.5", "ten", "1x", "99999999999999999999"}) {
    auto number = read("limit=" + text)->integer("limit", 5, 1, 10);
    ASSERT_FALSE(number) << text;
    EXPECT_EQ(number.error().reason, "parameter_invalid");
    EXPECT_EQ(number.error().message, "limit '" + text + "' must be an integer from 1 to 10");
  }
}

TEST(QueryReader, KnowsWhoWantsAnAnswerAnew) {
  http::Request request;
  EXPECT_FALSE(wants_anew(request));
  request.headers = {{"cache-control", "max-age=60"}};
  EXPECT_FALSE(wants_anew(request));
  request.headers = {{"cache-control", "max-age=0, no-cache"}};
  EXPECT_TRUE(wants_anew(request));
}

TEST(QueryReader, ReadsTimes) {
  EXPECT_EQ(read("")->time("start", "now-1h", kNow).value(), kNow - 1h);
  EXPECT_EQ(read("start=now-6h")->time("start", "now", kNow).value(), kNow - 6h);
  EXPECT_EQ(read("start=2026-11-22T12:00:00%2B01:00")->time("start", "now", kNow).value(),
            kNow - 1h);
  auto bad = read("start=noon")->time("start", "now", kNow);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message, "start: 'noon' is not a time: write 2026-11-22T20:45:00Z");
}

}  // namespace
}  // namespace sentinel::api
