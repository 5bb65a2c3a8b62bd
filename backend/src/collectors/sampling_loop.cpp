#include "collectors/sampling_loop.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sentinel::collectors {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

}  // namespace

SamplingLoop::SamplingLoop(asio::io_context& context, Sampler& sampler, RecordWriter& writer,
                           Uplink& uplink, size_t agents)
    : sampler_(sampler), writer_(writer), uplink_(uplink), timer_(context), due_(agents) {}

Task<void> SamplingLoop::run() {
  while (!stopping_) {
    tick(std::chrono::steady_clock::now());
    timer_.expires_at(earliest());
    co_await timer_.async_wait(kAwait);
  }
}

void SamplingLoop::stop() {
  stopping_ = true;
  timer_.cancel();
}

void SamplingLoop::reschedule(size_t agent) {
  const auto& collection = uplink_.collection(agent);
  auto now = std::chrono::steady_clock::now();
  due_[agent] = collection.enabled ? next_tick(now, collection.interval) : SteadyTime::max();
  timer_.cancel();
}

SteadyTime SamplingLoop::next_tick(SteadyTime now, std::chrono::duration<double> interval) {
  auto step = std::chrono::duration_cast<SteadyTime::duration>(interval);
  auto since = now.time_since_epoch();
  return SteadyTime{since - since % step + step};
}

void SamplingLoop::tick(SteadyTime now) {
  if (std::ranges::none_of(due_, [&](SteadyTime due) { return due <= now; })) return;
  sampler_.pass(now);
  auto time = sentinel::now();
  for (size_t agent = 0; agent < due_.size(); ++agent) {
    if (due_[agent] > now) continue;
    const auto& collection = uplink_.collection(agent);
    due_[agent] = collection.enabled ? next_tick(now, collection.interval) : SteadyTime::max();
    if (!collection.enabled) continue;
    if (auto sample = sampler_.sample(agent, time)) uplink_.add(writer_.sample(*sample));
  }
}

SteadyTime SamplingLoop::earliest() const { return *std::ranges::min_element(due_); }

}  // namespace sentinel::collectors
