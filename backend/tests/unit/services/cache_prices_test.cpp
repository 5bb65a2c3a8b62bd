// What a cached token is worth, by the prices of each time.
#include "services/query/cache_prices.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sentinel::query {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const TimeRange kMonth{parse_rfc3339("2026-09-01T00:00:00Z").value(),
                       parse_rfc3339("2026-10-01T00:00:00Z").value()};

// "from until read write" of each time of a model with these prices, days of the month.
std::vector<std::string> worth(std::string_view prices) {
  auto book = pricing::PriceBook::parse(
      fmt::format(R"({{"source":"genai-prices","version":"1","published":"2026-09-23","newest":1,)"
                  R"("prices":[{}]}})",
                  prices));
  EXPECT_TRUE(book.has_value()) << book.error().message;
  std::vector<std::string> found;
  for (const auto& price : cache_prices_of(7, *(*book)->find("openai", "gpt-4o"), kMonth)) {
    EXPECT_EQ(price.model_id, 7);
    found.push_back(fmt::format("{} {} {} {}", format_rfc3339(price.range.start).substr(5, 5),
                                format_rfc3339(price.range.end).substr(5, 5), price.read_picos,
                                price.write_picos));
  }
  return found;
}

constexpr std::string_view kModel =
    R"({"provider":"openai","model":"gpt-4o","match":{"equals":"gpt-4o"})";

std::string price(std::string_view members) { return fmt::format("{},{}}}", kModel, members); }

TEST(CachePrices, AreTheDistanceFromInput) {
  EXPECT_THAT(worth(price(R"("input":100,"output":1,"cache_read":10,"cache_write":125)")),
              ElementsAre("09-01 10-01 90 -25"));
  // A cached token without a price of its own costs what input costs.
  EXPECT_THAT(worth(price(R"("input":100,"output":1,"cache_read":50)")),
              ElementsAre("09-01 10-01 50 0"));
}

TEST(CachePrices, AreNoneWhereCachesChangeNothing) {
  EXPECT_THAT(worth(price(R"("input":100,"output":1)")), IsEmpty());
  EXPECT_THAT(worth(price(R"("output":1,"cache_read":50)")), IsEmpty());
  EXPECT_THAT(worth(R"({"provider":"openai","model":"x","match":{"equals":"x"},"input":9})"),
              IsEmpty());
}

TEST(CachePrices, ChangeWhenThePriceDoes) {
  EXPECT_THAT(
      worth(price(R"("input":100,"output":1,"cache_read":10)") + "," +
            price(R"("from":"2026-09-11T00:00:00Z","input":60,"output":1,"cache_read":10)") + "," +
            price(R"("from":"2026-10-11T00:00:00Z","input":6,"output":1)")),
      ElementsAre("09-01 09-11 90 0", "09-11 10-01 50 0"));
}

TEST(CachePrices, AreSqlAlsoWhereThereAreNone) {
  EXPECT_THAT(cache_prices_sql({}), ::testing::HasSubstr("WHERE false"));
  EXPECT_THAT(
      cache_prices_sql({{.model_id = 7, .range = kMonth, .read_picos = 90, .write_picos = -25}}),
      ::testing::HasSubstr("(7, '2026-09-01T00:00:00Z'::timestamptz, "
                           "'2026-10-01T00:00:00Z'::timestamptz, 90::bigint, -25::bigint)"));
}

}  // namespace
}  // namespace sentinel::query
