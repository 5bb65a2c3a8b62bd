#include "services/ingest/rate_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

namespace sentinel::ingest {

namespace {

using std::chrono::nanoseconds;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kBurst = nanoseconds{RateLimits::kBurst}.count();

// Takes, or gives how many nanoseconds are missing. Lock-free: whoever loses the exchange looks
// again.
int64_t take(std::atomic<int64_t>& paid_at, int64_t cost, int64_t now) {
  auto before = paid_at.load(std::memory_order_relaxed);
  for (;;) {
    const auto begin = std::max(before, now);
    const auto missing = begin + std::min(cost, kBurst) - kBurst - now;
    if (missing > 0) return missing;
    if (paid_at.compare_exchange_weak(before, begin + cost, std::memory_order_relaxed)) return 0;
  }
}

Result<void> answer(int64_t missing, int per_second, std::string_view what) {
  if (missing == 0) return {};
  const auto wait_s = (missing + kSecond - 1) / kSecond;
  return std::unexpected(
      Error{ErrorCode::RateLimited, "rate_limited",
            fmt::format("this key may send {0} {1} a second to this node and {2} at once; nothing "
                        "of this request is stored, send it again in {3} s",
                        per_second, what, int64_t{per_second} * kBurst / kSecond, wait_s),
            wait_s});
}

}  // namespace

RateLimits::Buckets& RateLimits::buckets_of(const Uuid& key_id) {
  {
    std::shared_lock lock(mutex_);
    if (auto found = buckets_.find(key_id); found != buckets_.end()) return *found->second;
  }
  std::unique_lock lock(mutex_);
  auto& buckets = buckets_[key_id];
  if (!buckets) buckets = std::make_unique<Buckets>();
  return *buckets;
}

Result<void> RateLimits::take_request(const models::ApiKey& key, Clock::time_point now) {
  const int limit = settings_.requests_per_second;
  if (limit == 0) return {};
  const auto time = nanoseconds{now.time_since_epoch()}.count();
  return answer(take(buckets_of(key.key_id).requests, kSecond / limit, time), limit, "requests");
}

Result<void> RateLimits::take_records(const models::ApiKey& key, size_t records,
                                      Clock::time_point now) {
  const int limit = key.records_per_second.value_or(settings_.records_per_second);
  if (limit == 0) return {};
  const auto time = nanoseconds{now.time_since_epoch()}.count();
  const auto cost = static_cast<int64_t>(records) * kSecond / limit;
  return answer(take(buckets_of(key.key_id).records, cost, time), limit, "records");
}

}  // namespace sentinel::ingest
