// The slowest requests of the last hour, in memory: what to look at first when a dashboard is slow.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace sentinel::api {

class SlowRequests {
 public:
  static constexpr size_t kKept = 20;
  static constexpr auto kAge = std::chrono::hours{1};
  static constexpr size_t kQueryBytesMax = 500;

  struct Entry {
    Timestamp at;
    std::string route;  // method and pattern
    std::string query;  // as sent, cut
    Microseconds duration{};
    int status = 0;
  };

  // Any thread; one that is faster than those that are kept costs a comparison.
  void add(Timestamp at, std::string_view route, std::string_view query, Microseconds duration,
           int status);
  // The slowest first.
  std::vector<Entry> slowest(Timestamp now) const;

 private:
  mutable std::mutex mutex_;
  std::vector<Entry> kept_;  // the slowest first
};

}  // namespace sentinel::api
