// An HTTP/1.1 client of one server. One connection, kept open between requests and opened again
// when it is gone; one request at a time.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.hpp"

namespace sentinel::http {

struct Url {
  std::string host;  // a name or an address, IPv6 without brackets
  uint16_t port = 80;
  std::string path;  // empty, or a prefix without the last slash
};

// http://HOST[:PORT][/PATH]. Errors: InvalidArgument, also for https, which is not spoken yet.
Result<Url> parse_url(std::string_view text);

// `text` with all that is not unreserved (RFC 3986) as %XX.
std::string percent_encode(std::string_view text);

struct ClientRequest {
  Method method = Method::Get;
  std::string target;  // path and query, percent-encoded; the prefix of the Url comes before it
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  // Whether the request may be sent twice when a kept connection turns out to be closed.
  bool repeatable = true;
};

struct ClientResponse {
  int status = 0;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case

  // Empty when the header was not sent. `name` in lower case.
  std::string_view header(std::string_view name) const;
};

class Client {
 public:
  using Duration = std::chrono::steady_clock::duration;

  Client(asio::any_io_executor executor, Url server, size_t response_bytes_max = 1024 * 1024);

  // Any status is a response. `deadline` covers everything from connecting to the last byte; only
  // looking up a host name may take longer, by as much as the resolver's own limit. Errors:
  // Unavailable ("connection_failed", "connection_lost", "timed_out"), TooLarge, Internal (not
  // HTTP).
  Task<Result<ClientResponse>> send(ClientRequest request, Duration deadline);

  void close();

 private:
  using Deadline = std::chrono::steady_clock::time_point;

  Task<Result<void>> connect(Deadline deadline);
  Task<Result<ClientResponse>> exchange(std::string text, Deadline deadline);
  std::string write_head(const ClientRequest& request) const;
  std::string address() const;
  std::unexpected<Error> transport_error(std::string_view what, boost::system::error_code error);

  asio::any_io_executor executor_;
  Url server_;
  size_t response_bytes_max_;
  std::optional<boost::beast::tcp_stream> stream_;
  boost::beast::flat_buffer buffer_;
};

}  // namespace sentinel::http
