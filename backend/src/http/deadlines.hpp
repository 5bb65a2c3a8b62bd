// Ends the waits of connections whose time is up. One timer a thread looks at all of them a few
// times a second: a timer for each wait was felt, with its clock calls, its memory and its system
// call.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>

#include "base/task.hpp"

namespace sentinel::http {

// Of io_context's own executor: any_io_executor's copies were felt.
using Socket = asio::ip::tcp::socket::rebind_executor<asio::io_context::executor_type>::other;

class Deadlines;

// Of one socket. Its context's thread alone may touch it; it must not outlive either.
class Deadline : public boost::intrusive::list_base_hook<
                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  using Clock = std::chrono::steady_clock;

  Deadline(Deadlines& owner, Socket& socket);

  // What the socket waits for then is cancelled, never sooner and up to half a second later.
  void expires_at(Clock::time_point at);
  void expires_after(Clock::duration time);
  void expires_never() { at_ = Clock::time_point::max(); }
  // Whether it was, since it was set.
  bool expired() const { return expired_; }
  // Now, or up to a quarter of a second before.
  Clock::time_point now() const;

 private:
  friend class Deadlines;

  Deadlines& owner_;
  Socket& socket_;
  Clock::time_point at_ = Clock::time_point::max();
  bool expired_ = false;
};

// Those of one thread.
class Deadlines {
 public:
  static constexpr auto kTick = std::chrono::milliseconds{250};

  // Runs until its context ends.
  Task<void> watch();

 private:
  friend class Deadline;
  void look();

  boost::intrusive::list<Deadline, boost::intrusive::constant_time_size<false>> all_;
  Deadline::Clock::time_point now_ = Deadline::Clock::now();
};

}  // namespace sentinel::http
