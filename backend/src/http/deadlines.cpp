#include "http/deadlines.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sentinel::http {

Deadline::Deadline(Deadlines& owner, Socket& socket) : owner_(owner), socket_(socket) {
  owner.all_.push_back(*this);
}

void Deadline::expires_at(Clock::time_point at) {
  // What it was reckoned from may be a tick behind.
  at_ = at + Deadlines::kTick;
  expired_ = false;
}

void Deadline::expires_after(Clock::duration time) { expires_at(now() + time); }

Deadline::Clock::time_point Deadline::now() const { return owner_.now_; }

Task<void> Deadlines::watch() {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    look();
    timer.expires_at(now_ + kTick);
    auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
  }
}

void Deadlines::look() {
  now_ = Deadline::Clock::now();
  for (auto& deadline : all_) {
    if (now_ < deadline.at_) continue;
    // Again at each look until its owner sets it anew: an answer goes out in several writes, and
    // between two of them there is nothing to cancel.
    deadline.expired_ = true;
    boost::system::error_code ignored;
    deadline.socket_.cancel(ignored);
  }
}

}  // namespace sentinel::http
