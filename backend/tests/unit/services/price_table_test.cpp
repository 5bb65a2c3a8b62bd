// Prices as people write them.
#include "services/prices/price_table.hpp"

#include <gtest/gtest.h>

namespace sentinel::prices {
namespace {

TEST(UsdPerMillion, IsReadExactly) {
  auto picos = [](std::string_view text) { return parse_usd_per_million(text).value_or(-1); };
  EXPECT_EQ(picos("3"), 3'000'000);
  EXPECT_EQ(picos("0"), 0);
  EXPECT_EQ(picos("0.0028"), 2'800);
  EXPECT_EQ(picos("1.000001"), 1'000'001);
  EXPECT_EQ(picos("3.75"), 3'750'000);
  EXPECT_EQ(picos("1000000"), 1'000'000'000'000);
  for (auto text : {"", ".", ".5", "5.", "-1", "1e3", "1.0000001", "1000000.000001", "1000001",
                    "1.2.3", "3 "}) {
    EXPECT_EQ(picos(text), -1) << text;
  }
  EXPECT_EQ(parse_usd_per_million("cheap").error().message,
            "'cheap' is no price: USD per million tokens, 0 to 1000000, with at most 6 digits "
            "behind the point");
}

TEST(UsdPerMillion, IsWrittenWithoutNeedlessDigits) {
  EXPECT_EQ(format_usd_per_million(3'000'000), "3");
  EXPECT_EQ(format_usd_per_million(0), "0");
  EXPECT_EQ(format_usd_per_million(2'800), "0.0028");
  EXPECT_EQ(format_usd_per_million(10'000'000), "10");
}

}  // namespace
}  // namespace sentinel::prices
