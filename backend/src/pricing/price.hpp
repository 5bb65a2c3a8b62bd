// What a model costs, what a request used, and the one from the other, exactly: pico-dollars in 128
// bits, rounded once for a record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace sentinel::pricing {

// Pico-dollars (1e-12 USD) per token, `request` per request. Nothing means that the source states
// no such price, 0 that it is free.
struct Rates {
  std::optional<int64_t> input = std::nullopt;
  std::optional<int64_t> output = std::nullopt;
  std::optional<int64_t> cache_read = std::nullopt;
  std::optional<int64_t> cache_write = std::nullopt;  // kept for five minutes, where that matters
  std::optional<int64_t> cache_write_1h = std::nullopt;
  std::optional<int64_t> reasoning = std::nullopt;
  std::optional<int64_t> input_audio = std::nullopt;
  std::optional<int64_t> request = std::nullopt;
};

// A request with more input than this is charged at these rates as a whole, not only for what is
// above: so do the makers of models that have tiers.
struct Tier {
  int64_t above_tokens = 0;
  Rates rates = {};
};

// Seconds of the day in UTC, `from` included; over midnight when `until` is less than `from`.
struct Hours {
  int32_t from_s = 0;
  int32_t until_s = 0;
};

struct Price {
  Rates rates = {};
  std::vector<Tier> tiers = {};  // ascending, each with all rates
  Timestamp valid_from = Timestamp::min();
  std::optional<Hours> hours = std::nullopt;
  std::string source = {};   // genai-prices, or user
  std::string version = {};  // of the source; user-17 is row 17 of model_price

  bool in_force(Timestamp time) const;
};

// What one record used. `input_tokens` holds cache reads, cache writes and audio; `output_tokens`
// holds reasoning.
struct Usage {
  int64_t input_tokens = 0;
  int64_t output_tokens = 0;
  int64_t cache_read_tokens = 0;
  int64_t cache_write_tokens = 0;
  int64_t cache_write_1h_tokens = 0;  // part of cache_write_tokens
  int64_t reasoning_tokens = 0;
  int64_t input_audio_tokens = 0;  // none of it cached
  int64_t requests = 1;
};

// Input tokens with what was read from and written to a cache. Some senders count those beside the
// input: where they are more than the input, they cannot be part of it.
int64_t inclusive_input(int64_t input, int64_t cache_read, int64_t cache_write);

// Nano-dollars. Nothing when tokens were used that the price says nothing of, or when it comes to
// more than a reported cost may be.
//
// Cached tokens without a price of their own cost what input costs. Most sources that leave it out
// charge just that, and where it is an omission, input errs by less than nothing would.
std::optional<int64_t> cost_nanos(const Price& price, const Usage& usage);

}  // namespace sentinel::pricing
