// Tokens times price: exact, rounded once, by the rates of the whole request.
#include "pricing/price.hpp"

#include <gtest/gtest.h>

namespace sentinel::pricing {
namespace {

using namespace std::chrono_literals;

Price price_of(Rates rates) { return {.rates = rates}; }

Timestamp at(std::string_view text) { return parse_rfc3339(text).value(); }

TEST(Cost, IsTheSumOfEachKindOfToken) {
  auto price = price_of({.input = 3'000'000,
                         .output = 15'000'000,
                         .cache_read = 300'000,
                         .cache_write = 3'750'000,
                         .cache_write_1h = 6'000'000,
                         .reasoning = 20'000'000,
                         .input_audio = 40'000'000,
                         .request = 5'000'000'000});
  Usage usage{.input_tokens = 1000,
              .output_tokens = 500,
              .cache_read_tokens = 400,
              .cache_write_tokens = 300,
              .cache_write_1h_tokens = 100,
              .reasoning_tokens = 200,
              .input_audio_tokens = 50};
  // Micro-dollars: 250 fresh x 3 + 50 audio x 40 + 400 read x 0.3 + 200 written x 3.75 + 100 for an
  // hour x 6
  // + 300 output x 15 + 200 reasoning x 20 + 5,000 for the request = 17,720.
  EXPECT_EQ(cost_nanos(price, usage), 17'720'000);
}

TEST(Cost, RoundsOnceAndHalfToEven) {
  auto nanos = [](int64_t picos) {
    return cost_nanos(price_of({.input = picos, .output = 0}), {.input_tokens = 1});
  };
  EXPECT_EQ(nanos(499), 0);
  EXPECT_EQ(nanos(500), 0);
  EXPECT_EQ(nanos(501), 1);
  EXPECT_EQ(nanos(1499), 1);
  EXPECT_EQ(nanos(1500), 2);
  EXPECT_EQ(nanos(2500), 2);
  EXPECT_EQ(nanos(2501), 3);
  // Three kinds of 400 pico-dollars: each alone would be rounded to nothing.
  EXPECT_EQ(cost_nanos(price_of({.input = 400, .output = 400, .cache_read = 400}),
                       {.input_tokens = 2, .output_tokens = 1, .cache_read_tokens = 1}),
            1);
}

TEST(Cost, IsExactWhereMoreThan64BitsAreNeeded) {
  // 2e9 tokens x 499,999,999 pico-dollars = 9.99999998e17, and three kinds of it: over 2^61, under
  // a million USD.
  auto price = price_of({.input = 499'999'999, .output = 1});
  EXPECT_EQ(cost_nanos(price, {.input_tokens = 2'000'000'000, .output_tokens = 1}),
            999'999'998'000'000);
  // More than a reported cost may be is not believed.
  EXPECT_EQ(cost_nanos(price_of({.input = 1'000'000'000'000, .output = 1}),
                       {.input_tokens = 2'000'000'000}),
            std::nullopt);
}

TEST(Cost, OfCachedTokensWithoutAPriceIsThatOfInput) {
  auto price = price_of({.input = 2'000'000, .output = 8'000'000});
  // 100 x 2 = 200 micro-dollars, however many of them were cached.
  EXPECT_EQ(cost_nanos(price, {.input_tokens = 100}), 200'000);
  EXPECT_EQ(cost_nanos(price, {.input_tokens = 100, .cache_read_tokens = 60}), 200'000);
  EXPECT_EQ(
      cost_nanos(price, {.input_tokens = 100, .cache_read_tokens = 60, .cache_write_tokens = 40}),
      200'000);
  // An hour costs what five minutes cost where only that is stated.
  price.rates.cache_write = 3'000'000;
  EXPECT_EQ(cost_nanos(price,
                       {.input_tokens = 10, .cache_write_tokens = 10, .cache_write_1h_tokens = 10}),
            30'000);
}

TEST(Cost, IsUnknownWhereAKindThatWasUsedHasNoPrice) {
  EXPECT_EQ(cost_nanos(price_of({}), {.input_tokens = 1}), std::nullopt);
  auto embedding = price_of({.input = 20'000});
  EXPECT_EQ(cost_nanos(embedding, {.input_tokens = 50}), 1'000);
  EXPECT_EQ(cost_nanos(embedding, {.input_tokens = 50, .output_tokens = 1}), std::nullopt);
}

TEST(Cost, OfAFreeModelIsZero) {
  EXPECT_EQ(cost_nanos(price_of({.input = 0, .output = 0}),
                       {.input_tokens = 1000, .output_tokens = 1000, .cache_read_tokens = 10}),
            0);
}

TEST(Cost, TakesCachedTokensThatAreMoreThanTheInputAsCountedBesideIt) {
  EXPECT_EQ(inclusive_input(10, 4, 6), 10);
  EXPECT_EQ(inclusive_input(10, 4, 7), 21);
  EXPECT_EQ(inclusive_input(0, 5, 0), 5);
  auto price = price_of(
      {.input = 3'000'000, .output = 15'000'000, .cache_read = 300'000, .cache_write = 3'750'000});
  Usage inclusive{.input_tokens = 103, .cache_read_tokens = 60, .cache_write_tokens = 40};
  Usage exclusive{.input_tokens = 3, .cache_read_tokens = 60, .cache_write_tokens = 40};
  // 3 x 3 + 60 x 0.3 + 40 x 3.75 = 177 micro-dollars.
  EXPECT_EQ(cost_nanos(price, inclusive), 177'000);
  EXPECT_EQ(cost_nanos(price, exclusive), 177'000);
}

TEST(Cost, OfReasoningIsThatOfOutput) {
  auto price = price_of({.input = 1'000'000, .output = 10'000'000});
  // 100 x 10, of which 80 were reasoning.
  EXPECT_EQ(cost_nanos(price, {.output_tokens = 100, .reasoning_tokens = 80}), 1'000'000);
  // 20 beside 80: more than the output, so not part of it.
  EXPECT_EQ(cost_nanos(price, {.output_tokens = 20, .reasoning_tokens = 80}), 1'000'000);
}

TEST(Cost, TakesTheTierOfTheWholeRequest) {
  Price price = price_of({.input = 3'000'000, .output = 15'000'000});
  price.tiers.push_back({200'000, {.input = 6'000'000, .output = 22'500'000}});
  // 200,000 x 3 = 0.60 USD; one token more and all of it costs 6: 1.200006 USD.
  EXPECT_EQ(cost_nanos(price, {.input_tokens = 200'000}), 600'000'000);
  EXPECT_EQ(cost_nanos(price, {.input_tokens = 200'001}), 1'200'006'000);
  // Output goes by the input's tier, cached input counts: 10 x 22.5 on top of the cached at input's
  // price.
  EXPECT_EQ(
      cost_nanos(price,
                 {.input_tokens = 200'001, .output_tokens = 10, .cache_read_tokens = 200'001}),
      1'200'231'000);
  EXPECT_EQ(cost_nanos(price, {.input_tokens = 5, .cache_read_tokens = 200'000}), 1'200'030'000);
  // Two requests of 150,000 each, in one record, are below it.
  EXPECT_EQ(cost_nanos(price, {.input_tokens = 300'000, .requests = 2}), 900'000'000);
}

TEST(Price, IsInForceFromItsTimeOnAndInItsHours) {
  Price price;
  EXPECT_TRUE(price.in_force(Timestamp{}));
  price.valid_from = at("2026-08-21T00:00:00Z");
  EXPECT_FALSE(price.in_force(price.valid_from - 1us));
  EXPECT_TRUE(price.in_force(price.valid_from));
  price.hours = Hours{3600, 14400};
  EXPECT_FALSE(price.in_force(at("2026-09-01T00:59:59.999999Z")));
  EXPECT_TRUE(price.in_force(at("2026-09-01T01:00:00Z")));
  EXPECT_TRUE(price.in_force(at("2026-09-01T03:59:59.999999Z")));
  EXPECT_FALSE(price.in_force(at("2026-09-01T04:00:00Z")));
  price.hours = Hours{79200, 3600};
  EXPECT_TRUE(price.in_force(at("2026-09-01T22:00:00Z")));
  EXPECT_TRUE(price.in_force(at("2026-09-01T00:30:00Z")));
  EXPECT_FALSE(price.in_force(at("2026-09-01T12:00:00Z")));
}

}  // namespace
}  // namespace sentinel::pricing
