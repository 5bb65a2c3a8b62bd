// One client of HTTP/2 on its socket: reads, writes and watches the time for an Http2Session, and
// runs a handler for each request. All of it on the thread of the socket's io_context.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>

#include "http/http2_session.hpp"

namespace sentinel::http {

// A handler runs to its end though its client is gone: what it commits is committed. Each coroutine
// of the connection owns it, so that nothing is left behind, in whatever order they end.
class Http2Connection : public std::enable_shared_from_this<Http2Connection> {
 public:
  // All but the socket outlive it.
  Http2Connection(asio::ip::tcp::socket socket, const Http2Service& service,
                  const ServerLimits& limits, MemoryBudget& bodies);

  // Until the connection and all of its handlers have ended.
  Task<void> run();

  // Takes no more requests, and ends when those under way are answered.
  void shut_down();

 private:
  using Time = Http2Session::Time;

  Task<void> read();
  Task<void> write();
  Task<void> watch();
  Task<void> handle(int32_t stream, Request request);
  Task<Response> answer(Request& request);
  Task<void> refuse_http1();
  void end_sending();
  void spawn(Task<void> task);

  // A condition variable: whoever waits looks again when something changed.
  void notify() { changed_.cancel(); }
  Task<void> change();

  asio::ip::tcp::socket socket_;
  const Http2Service& service_;
  const ServerLimits& limits_;
  std::string remote_address_;
  Http2Session session_;
  asio::steady_timer changed_;
  asio::steady_timer alarm_;
  std::optional<Time> close_at_;  // whatever happens until then
  int running_ = 0;               // coroutines beside run()
  bool heard_ = false;            // the client speaks HTTP/2
  bool said_all_ = false;         // nothing will be sent any more; what comes is thrown away
  bool closed_ = false;
};

}  // namespace sentinel::http
