// Reads requests off one connection, each under the limits on its size and on the time that it may
// take. A request that is there in one piece costs no timer.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>

#include "base/memory_budget.hpp"
#include "base/task.hpp"
#include "http/server_limits.hpp"

namespace sentinel::http {

using RequestStream = boost::beast::basic_stream<asio::ip::tcp, asio::io_context::executor_type>;
using RequestParser = boost::beast::http::request_parser<boost::beast::http::string_body>;

class RequestReader {
 public:
  // All must outlive it.
  RequestReader(RequestStream& stream, const ServerLimits& limits)
      : stream_(stream), limits_(limits) {}
  ~RequestReader();

  // Whether a request begins before the connection was idle for too long.
  Task<bool> wait();
  // Errors: InvalidArgument (http_invalid, headers_limit; request_too_slow), TooLarge, Unavailable
  // (client_gone; bodies_limit).
  Task<Result<void>> read_header(RequestParser& parser);
  Task<Result<void>> read_body(RequestParser& parser, MemoryLease& lease);

 private:
  using Clock = std::chrono::steady_clock;
  struct Watch;

  // Gives the parser what is there. False: it wants more.
  Result<bool> feed(RequestParser& parser, bool header_only);
  // Straight to where it stays.
  Task<Result<void>> read_sized_body(std::string& body, size_t length, MemoryLease& lease);
  // When a body must have come that began at `begin` and has `received` bytes so far.
  Clock::time_point body_deadline(Clock::time_point begin, size_t received) const;
  // What comes next, into the buffer or into `space`, before `deadline`, else `too_slow` is why
  // not.
  Task<Result<void>> read_some(Clock::time_point deadline, std::string_view too_slow);
  Task<Result<size_t>> read_into(asio::mutable_buffer space, Clock::time_point deadline,
                                 std::string_view too_slow);
  void watch_until(Clock::time_point deadline);

  RequestStream& stream_;
  const ServerLimits& limits_;
  boost::beast::flat_buffer buffer_;
  std::optional<asio::steady_timer> timer_;
  std::shared_ptr<Watch> watch_;
};

}  // namespace sentinel::http
