// Wrong costs that users of other monitors reported, with the right answer. Numbers are the
// report's own where it gives them; what it leaves open and was chosen here is said in the comment.
// USD are micro-dollars worked out by hand from the prices per million tokens.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>

#include "pricing/price_book.hpp"
#include "support/json.hpp"

namespace sentinel::pricing {
namespace {

struct Golden {
  std::string_view report;
  std::string_view provider;
  std::string_view model;
  std::string_view time;
  Usage usage;
  std::optional<int64_t> nanos;
};

const Golden kGoldens[] = {
    // Shown 17,903 input and 17,817 cached side by side, 35,720 in all: of 17,903, 17,817 were
    // cached. The model is not
    // named; gpt-4.1 at OpenRouter is 2, cached 0.5: 86 x 2 + 17,817 x 0.5 = 172 + 8,908.5 =
    // 9,080.5.
    {"langfuse#10592",
     "openrouter",
     "openai/gpt-4.1",
     "2025-11-20T00:00:00Z",
     {.input_tokens = 17'903, .cache_read_tokens = 17'817},
     9'080'500},
    // 130,213 = 5 + 128,955 read + 1,253 written, shown as 260,421. Claude Sonnet 4.6 is 3, read
    // 0.3, write 3.75:
    // 5 x 3 + 128,955 x 0.3 + 1,253 x 3.75 = 15 + 38,686.5 + 4,698.75 = 43,400.25.
    {"langfuse#12306",
     "anthropic",
     "claude-sonnet-4-6",
     "2026-04-01T00:00:00Z",
     {.input_tokens = 130'213, .cache_read_tokens = 128'955, .cache_write_tokens = 1'253},
     43'400'250},
    // The same request as Anthropic's own API counts it, the 5 beside the cache.
    {"langfuse#12306, counted exclusively",
     "anthropic",
     "claude-sonnet-4-6",
     "2026-04-01T00:00:00Z",
     {.input_tokens = 5, .cache_read_tokens = 128'955, .cache_write_tokens = 1'253},
     43'400'250},
    // Input counted twice, output right; no numbers given. gpt-4o is 2.5 and 10: 1,000 x 2.5 + 200
    // x 10 = 4,500.
    {"langfuse#9034",
     "openai",
     "gpt-4o",
     "2025-09-10T00:00:00Z",
     {.input_tokens = 1'000, .output_tokens = 200},
     4'500'000},
    // What was written to the cache stayed in the input as well. The prices are the report's
    // (3, 3.75, 0.3, 15), the
    // counts are not: 2,000 x 3 + 4,000 x 3.75 + 6,000 x 0.3 + 100 x 15 = 6,000 + 15,000 + 1,800 +
    // 1,500 = 24,300.
    {"litellm#26919",
     "anthropic",
     "claude-sonnet-4-6",
     "2026-04-30T00:00:00Z",
     {.input_tokens = 12'000,
      .output_tokens = 100,
      .cache_read_tokens = 6'000,
      .cache_write_tokens = 4'000},
     24'300'000},
    // 117,231 in, 115,584 of it cached, 225 out. Twice is too much, and the first repair charged
    // nothing for what was
    // cached. At 5, cached 0.5, 30: 1,647 x 5 + 115,584 x 0.5 + 225 x 30 = 8,235 + 57,792 + 6,750 =
    // 72,777.
    {"codex-observability-plugin#22",
     "openai",
     "gpt-5.6-sol",
     "2026-08-03T00:00:00Z",
     {.input_tokens = 117'231, .output_tokens = 225, .cache_read_tokens = 115'584},
     72'777'000},
    // After the price cut of 2026-08-21, at 4, 0.4, 20: 6,588 + 46,233.6 + 4,500 = 57,321.6.
    {"codex-observability-plugin#22, later",
     "openai",
     "gpt-5.6-sol",
     "2026-08-21T00:00:00Z",
     {.input_tokens = 117'231, .output_tokens = 225, .cache_read_tokens = 115'584},
     57'321'600},
    // Bedrock's 3 in exclude 13,216 read and 25 written; 0.20 USD were shown, 42 times too much.
    // At 3.3, write 4.125,
    // read 0.33, 16.5: 9.9 + 103.125 + 4,361.28 + 198 = 4,672.305.
    {"phoenix#10036",
     "aws.bedrock",
     "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
     "2025-10-28T00:00:00Z",
     {.input_tokens = 3,
      .output_tokens = 12,
      .cache_read_tokens = 13'216,
      .cache_write_tokens = 25},
     4'672'305},
    // total - prompt = 8,709 was billed as output. At 3, read 0.3, write 3.75, 15:
    // 3 x 3 + 7,917 x 0.3 + 350 x 3.75 + 442 x 15 = 9 + 2,375.1 + 1,312.5 + 6,630 = 10,326.6.
    {"phoenix#10783",
     "amazon_bedrock",
     "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
     "2026-01-05T00:00:00Z",
     {.input_tokens = 3,
      .output_tokens = 442,
      .cache_read_tokens = 7'917,
      .cache_write_tokens = 350},
     10'326'600},
    // 53,361 cached tokens billed as output: input 4,299 without them, output 631. The model is not
    // named; at 3.3, 0.33,
    // 4.125, 16.5: 14,186.7 + 11,739.42 + 73,371.375 + 10,411.5 = 109,708.995.
    {"phoenix#13379",
     "aws.bedrock",
     "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
     "2026-05-20T00:00:00Z",
     {.input_tokens = 4'299,
      .output_tokens = 631,
      .cache_read_tokens = 35'574,
      .cache_write_tokens = 17'787},
     109'708'995},
    // A reseller's row without a price for cache writes was taken, so that they were free.
    // Haiku 4.5 is 1, write 1.25, 5;
    // counts are not given: 10 x 1 + 100,000 x 1.25 + 100 x 5 = 10 + 125,000 + 500 = 125,510.
    {"TokenBar#310",
     "anthropic",
     "claude-haiku-4-5",
     "2026-09-10T00:00:00Z",
     {.input_tokens = 100'010, .output_tokens = 100, .cache_write_tokens = 100'000},
     125'510'000},
    // A reseller that states none: input's price, never nothing. At 2.4 and 12: 100,010 x 2.4 + 100
    // x 12 = 241,224.
    {"TokenBar#310, at a reseller",
     "quicksilverpro",
     "claude-sonnet-4-6",
     "2026-09-10T00:00:00Z",
     {.input_tokens = 100'010, .output_tokens = 100, .cache_write_tokens = 100'000},
     241'224'000},
    // The prices had not followed since 2026-02-26, gpt-5.4-nano was not there. Model and date are
    // the report's; it gives neither counts nor prices. Chosen: 1,000 and 1,000, at the price
    // list's
    // 0.2 and 1.25: 1,000 x 0.2 + 1,000 x 1.25 = 1,450.
    {"phoenix#12673",
     "openai",
     "gpt-5.4-nano",
     "2026-04-14T00:00:00Z",
     {.input_tokens = 1'000, .output_tokens = 1'000},
     1'450'000},
    // And what is not there is unpriced: a model that we made up.
    {"phoenix#12673, a model of tomorrow",
     "openai",
     "gpt-9-nano",
     "2026-04-14T00:00:00Z",
     {.input_tokens = 1'000, .output_tokens = 1'000},
     std::nullopt},
    // Asked for on 2024-11-21, without a price until 2025-02-04. Model, date and prices (2.5, 10)
    // are the report's, the counts are chosen: 1,000 x 2.5 + 1,000 x 10 = 12,500.
    {"helicone#2983",
     "openai",
     "gpt-4o-2024-11-20",
     "2025-02-04T00:00:00Z",
     {.input_tokens = 1'000, .output_tokens = 1'000},
     12'500'000},
    // Gemini on Vertex at 0. The counts are not this report's but of a comment to langfuse#8020,
    // whose
    // model is not named; model and prices (1.25, 10) are the price list's: 361 x 1.25 + 53 x 10 =
    // 451.25 + 530 = 981.25.
    {"helicone#4080",
     "gcp.vertex_ai",
     "gemini-2.5-pro",
     "2025-07-12T00:00:00Z",
     {.input_tokens = 361, .output_tokens = 53},
     981'250},
    // 2,265 tokens in all were billed as output, beside 2,244 of input: 0.006336 USD were shown.
    // All
    // of it is the report's own, the right answer too: 2,244 x 0.3 + 21 x 2.5 = 673.2 + 52.5 =
    // 725.7.
    {"langfuse#8020",
     "gcp.gemini",
     "gemini-2.5-flash",
     "2025-07-22T00:00:00Z",
     {.input_tokens = 2'244, .output_tokens = 21},
     725'700},
    // Grok 3 charged as Grok 3 Fast (5 in place of 3). Prices and date are the report's, the counts
    // are chosen. At 3, cached 0.75, 15: 500 x 3 + 500 x 0.75 + 1,000 x 15 = 16,875.
    {"helicone#4893",
     "x_ai",
     "grok-3",
     "2025-09-26T00:00:00Z",
     {.input_tokens = 1'000, .output_tokens = 1'000, .cache_read_tokens = 500},
     16'875'000},
    // The report's own way: shown at 5.28 and 26.38 there, and nothing for what was cached.
    {"helicone#4893, at OpenRouter",
     "openrouter",
     "grok-3",
     "2025-09-26T00:00:00Z",
     {.input_tokens = 1'000, .output_tokens = 1'000, .cache_read_tokens = 500},
     16'875'000},
    // Mini at the report's 0.3, cached 0.075, 0.5, not at Mini Fast's 0.6 and 4; counts chosen:
    // 500 x 0.3 + 500 x 0.075 + 1,000 x 0.5 = 687.5.
    {"helicone#4893, mini",
     "x_ai",
     "grok-3-mini",
     "2025-09-26T00:00:00Z",
     {.input_tokens = 1'000, .output_tokens = 1'000, .cache_read_tokens = 500},
     687'500},
    // Cost and counts changed places, so that millions of dollars were shown; no numbers given.
    // Long input, short output,
    // at 0.15 and 0.6: 1,000,000 x 0.15 + 10 x 0.6 = 150,006, and 600,001.5 if they changed places.
    {"openlit#876",
     "openai",
     "gpt-4o-mini",
     "2025-09-18T00:00:00Z",
     {.input_tokens = 1'000'000, .output_tokens = 10},
     150'006'000},
    // Claude Code stopped sending cost_usd; its counts exclude the cache, its model has a suffix.
    // Counts not given; Opus
    // 4.7 is 5, read 0.5, write 6.25, 25: 3 x 5 + 24,000 x 0.5 + 1,800 x 6.25 + 120 x 25 = 15 +
    // 12,000 + 11,250 + 3,000.
    {"claude-code#56098",
     "anthropic",
     "claude-opus-4-7[1m]",
     "2026-05-05T00:00:00Z",
     {.input_tokens = 3,
      .output_tokens = 120,
      .cache_read_tokens = 24'000,
      .cache_write_tokens = 1'800},
     26'265'000},
    // Cached tokens charged twice: 0.7642 USD. The context is over 200,000, so all of it at 2.5,
    // cached 0.25, 15:
    // 5,005 x 2.5 + 257,955 x 0.25 + 1,744 x 15 = 12,512.5 + 64,488.75 + 26,160 = 103,161.25.
    {"litellm#14849",
     "gcp.gemini",
     "gemini-2.5-pro",
     "2025-09-24T00:00:00Z",
     {.input_tokens = 262'960, .output_tokens = 1'744, .cache_read_tokens = 257'955},
     103'161'250},
};

TEST(CostGolden, ReportsAgainstOtherMonitorsHaveTheRightAnswer) {
  auto book = PriceBook::bundled();
  for (const auto& golden : kGoldens) {
    const auto* price =
        book->find(golden.provider, golden.model)->at(parse_rfc3339(golden.time).value());
    auto nanos = price ? cost_nanos(*price, golden.usage) : std::nullopt;
    EXPECT_EQ(nanos, golden.nanos) << golden.report;
  }
}

// The price source has an implementation of its own, in floating point: both agree on every kind of
// price that it lists.
TEST(CostGolden, AgreesWithThePriceSourceItself) {
  auto path = std::string(SENTINEL_SOURCES) + "/tests/unit/pricing/genai_prices_samples.json";
  std::ifstream file(path);
  auto samples = testing::Json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  EXPECT_GT(samples.size(), 300u);
  auto book = PriceBook::bundled();
  for (const auto& sample : samples.items()) {
    auto count = [&](std::string_view name) {
      const auto* value = sample.find(name);
      return value ? value->integer() : 0;
    };
    Usage usage{.input_tokens = count("input_tokens"),
                .output_tokens = count("output_tokens"),
                .cache_read_tokens = count("cache_read_tokens"),
                .cache_write_tokens = count("cache_write_tokens"),
                .cache_write_1h_tokens = count("cache_write_1h_tokens"),
                .reasoning_tokens = count("output_reasoning_tokens")};
    const auto* price = book->find(sample["provider"].text(), sample["name"].text())
                            ->at(parse_rfc3339(sample["timestamp"].text()).value());
    ASSERT_TRUE(price) << sample.dump();
    auto nanos = cost_nanos(*price, usage);
    ASSERT_TRUE(nanos) << sample.dump();
    // Half a nano-dollar is rounded to even here and up there.
    EXPECT_LE(std::abs(*nanos - std::llround(sample["usd"].number() * 1e9)), 1) << sample.dump();
  }
}

}  // namespace
}  // namespace sentinel::pricing
