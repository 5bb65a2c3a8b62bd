// Takes samples when they are due and hands them to the uplink. Ticks fall on whole multiples of
// the interval, so that agents with the same interval share one pass and one request.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <vector>

#include "collectors/sender/record.hpp"
#include "collectors/sender/uplink.hpp"
#include "collectors/sources/sampler.hpp"

namespace sentinel::collectors {

class SamplingLoop {
 public:
  SamplingLoop(asio::io_context& context, Sampler& sampler, RecordWriter& writer, Uplink& uplink,
               size_t agents);

  // Samples everything at once, then each agent when it is due, until stop().
  Task<void> run();
  void stop();
  // To be called when the uplink's collection of an agent changed.
  void reschedule(size_t agent);

  // The first multiple of `interval` after `now`.
  static SteadyTime next_tick(SteadyTime now, std::chrono::duration<double> interval);

 private:
  void tick(SteadyTime now);
  SteadyTime earliest() const;

  Sampler& sampler_;
  RecordWriter& writer_;
  Uplink& uplink_;
  asio::steady_timer timer_;
  std::vector<SteadyTime> due_;
  bool stopping_ = false;
};

}  // namespace sentinel::collectors
