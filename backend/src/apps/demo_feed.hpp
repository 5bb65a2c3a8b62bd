// Sends what the demo's fleet measured to metrics-api, by HTTP as agents do.
#pragma once

#include "base/run_now.hpp"
#include "demo/fleet.hpp"
#include "http/client.hpp"

namespace sentinel::apps {

class DemoFeed {
 public:
  // `address` is http://HOST:PORT, `key` has scope ingest. `position` is where the data ends.
  DemoFeed(const demo::Fleet& fleet, http::Url address, std::string key, Timestamp position);

  // Says where the history begins, to agents that nobody has heard of yet. First of all: a request
  // may bring a hundred new names.
  Result<void> announce();

  // Sends what follows, up to `end`, in requests that are stored as a whole and, but for the first
  // of a large fleet, in the order of time: the newest record that is stored tells where to go on.
  // A long gap is filled with a record a minute, a short one at the interval. Ends early, between
  // two requests, as soon as `stop` says so. After an error it may be called again. Errors:
  // Unavailable, Internal (something was refused).
  template <class Stop>
  Result<void> advance(Timestamp end, Microseconds interval, Stop stop) {
    while (position_ < end && !stop()) {
      if (auto sent = send_next(end, interval); !sent) return sent;
    }
    return {};
  }

  Timestamp position() const { return position_; }
  uint64_t records() const { return records_; }  // sent so far

 private:
  Result<void> send_next(Timestamp end, Microseconds interval);
  // Of the agents from `first` until before `last`, in one request.
  Result<void> send_records(size_t first, size_t last, Timestamp until, Microseconds interval);
  Result<void> post(std::string target, std::string body);

  const demo::Fleet& fleet_;
  asio::io_context context_{1};
  http::Client client_;
  std::string authorization_;
  Timestamp position_;
  uint64_t records_ = 0;
  bool known_ = false;  // metrics-api has heard of all agents since it started
  std::vector<models::MetricRecord> window_;
};

}  // namespace sentinel::apps
