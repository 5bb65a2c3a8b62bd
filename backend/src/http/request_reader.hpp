// Reads requests off one connection, each under the limits on its size and on the time that it may
// take.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <string>

#include "base/memory_budget.hpp"
#include "base/task.hpp"
#include "http/deadlines.hpp"
#include "http/request_parser.hpp"
#include "http/server_limits.hpp"

namespace sentinel::http {

class RequestReader {
 public:
  // All must outlive it.
  RequestReader(Socket& socket, Deadline& deadline, const ServerLimits& limits)
      : socket_(socket), deadline_(deadline), limits_(limits) {}

  // Waits for a request to begin, then for the end of its head. Errors: InvalidArgument
  // (http_invalid, headers_limit; request_too_slow), TooLarge, Unavailable (client_gone, also when
  // none begins in time).
  Task<Result<void>> read_head(RequestParser& parser);
  // The body as far as it is there already. False: there is more to read.
  Result<bool> take_body(RequestParser& parser, MemoryLease& lease);
  // Waits for the end of the body. Errors: as above, and Unavailable (bodies_limit).
  Task<Result<void>> read_body(RequestParser& parser, MemoryLease& lease);

 private:
  using Clock = Deadline::Clock;

  // Gives the parser what is there. False: it wants more.
  Result<bool> feed(RequestParser& parser, bool header_only);
  Result<void> check_head(RequestParser& parser) const;
  // Straight to where it stays.
  Task<Result<void>> read_sized_body(std::string& body, size_t length, MemoryLease& lease);
  // When a body must have come that began at `begin` and has `received` bytes so far.
  Clock::time_point body_deadline(Clock::time_point begin, size_t received) const;
  // What comes next, into the buffer or into `space`, before `deadline`, else `too_slow` is why
  // not.
  Task<Result<void>> read_some(Clock::time_point deadline, std::string_view too_slow);
  Task<Result<size_t>> read_into(asio::mutable_buffer space, Clock::time_point deadline,
                                 std::string_view too_slow);

  Socket& socket_;
  Deadline& deadline_;
  const ServerLimits& limits_;
  boost::beast::flat_buffer buffer_;
};

}  // namespace sentinel::http
