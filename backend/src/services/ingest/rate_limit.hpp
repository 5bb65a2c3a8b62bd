// How much one key may send to this node in a second. Each key has a bucket that fills evenly and
// holds the amount of five seconds; what is over it is refused whole, never in part.
#pragma once

#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <memory>
#include <shared_mutex>

#include "base/result.hpp"
#include "models/user.hpp"

namespace sentinel::ingest {

// Of a node, for every key. 0 is any number.
struct RateSettings {
  int records_per_second = 0;  // where the key has none of its own
  int requests_per_second = 0;
};

class RateLimits {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr auto kBurst = std::chrono::seconds{5};

  explicit RateLimits(RateSettings settings) : settings_(settings) {}

  // Errors: RateLimited, with the limit and when it may be sent again; nothing is taken then.
  Result<void> take_request(const models::ApiKey& key, Clock::time_point now = Clock::now());
  // A request of more records than the bucket holds passes a full one; those after it wait longer.
  Result<void> take_records(const models::ApiKey& key, size_t records,
                            Clock::time_point now = Clock::now());

 private:
  // When what was taken so far is paid off, in nanoseconds of the clock.
  using PaidAt = std::atomic<int64_t>;
  struct Buckets {
    PaidAt requests = 0;
    PaidAt records = 0;
  };

  Buckets& buckets_of(const Uuid& key_id);

  const RateSettings settings_;
  std::shared_mutex mutex_;
  // As many as there are keys that a limit counts for.
  boost::unordered_flat_map<Uuid, std::unique_ptr<Buckets>, std::hash<Uuid>> buckets_;
};

}  // namespace sentinel::ingest
