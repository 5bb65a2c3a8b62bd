#include "pricing/price.hpp"

#include <algorithm>

#include "models/record_limits.hpp"

namespace sentinel::pricing {

namespace {

__extension__ using Picos = __int128;

constexpr auto kCostMax_nanos = static_cast<int64_t>(models::kCostUsdMax * 1e9);

// The price that is stated first.
template <class... Others>
std::optional<int64_t> first_of(const std::optional<int64_t>& rate, const Others&... others) {
  if (rate) return rate;
  if constexpr (sizeof...(others) > 0) return first_of(others...);
  return std::nullopt;
}

class Sum {
 public:
  void add(int64_t count, const std::optional<int64_t>& rate) {
    if (count <= 0) return;
    if (rate) {
      picos_ += Picos{count} * *rate;
    } else {
      known_ = false;
    }
  }

  // Half to even, so that many small costs err to neither side.
  std::optional<int64_t> nanos() const {
    if (!known_) return std::nullopt;
    Picos whole = picos_ / 1000;
    const auto rest = static_cast<int>(picos_ % 1000);
    if (rest > 500 || (rest == 500 && whole % 2 != 0)) ++whole;
    if (whole > kCostMax_nanos) return std::nullopt;
    return static_cast<int64_t>(whole);
  }

 private:
  Picos picos_ = 0;
  bool known_ = true;
};

// Tiers are by the context of one request; of several in one record, the mean is known.
const Rates& rates_for(const Price& price, int64_t input, int64_t requests) {
  const int64_t context = input / std::max<int64_t>(requests, 1);
  const Rates* rates = &price.rates;
  for (const auto& tier : price.tiers) {
    if (context > tier.above_tokens) rates = &tier.rates;
  }
  return *rates;
}

}  // namespace

bool Price::in_force(Timestamp time) const {
  if (time < valid_from) return false;
  if (!hours) return true;
  const auto of_day = time - std::chrono::floor<std::chrono::days>(time);
  const auto second = std::chrono::floor<std::chrono::seconds>(of_day).count();
  if (hours->from_s <= hours->until_s) return second >= hours->from_s && second < hours->until_s;
  return second >= hours->from_s || second < hours->until_s;
}

int64_t inclusive_input(int64_t input, int64_t cache_read, int64_t cache_write) {
  const int64_t cached = cache_read + cache_write;
  return cached > input ? input + cached : input;
}

std::optional<int64_t> cost_nanos(const Price& price, const Usage& usage) {
  const int64_t input =
      inclusive_input(usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens);
  const Rates& rates = rates_for(price, input, usage.requests);
  const int64_t write_1h = std::min(usage.cache_write_1h_tokens, usage.cache_write_tokens);
  const int64_t uncached = input - usage.cache_read_tokens - usage.cache_write_tokens;
  const int64_t audio = std::min(usage.input_audio_tokens, uncached);
  // Like cached input: reasoning that is more than the output is counted beside it.
  const int64_t spoken = usage.reasoning_tokens > usage.output_tokens
                             ? usage.output_tokens
                             : usage.output_tokens - usage.reasoning_tokens;
  Sum sum;
  sum.add(uncached - audio, rates.input);
  sum.add(audio, first_of(rates.input_audio, rates.input));
  sum.add(usage.cache_read_tokens, first_of(rates.cache_read, rates.input));
  sum.add(usage.cache_write_tokens - write_1h, first_of(rates.cache_write, rates.input));
  sum.add(write_1h, first_of(rates.cache_write_1h, rates.cache_write, rates.input));
  sum.add(spoken, rates.output);
  sum.add(usage.reasoning_tokens, first_of(rates.reasoning, rates.output));
  sum.add(usage.requests, rates.request.value_or(0));
  return sum.nanos();
}

}  // namespace sentinel::pricing
