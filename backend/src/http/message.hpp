// A request as a handler sees it and the response it gives: plain values, without the HTTP library
// behind them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/memory_budget.hpp"
#include "base/task.hpp"

namespace sentinel::http {

// Room behind the body of a request: a JSON parser may read this far past the end.
inline constexpr size_t kBodyPadding = 64;

enum class Method { Get, Head, Post, Other };

struct Request {
  Method method = Method::Other;
  std::string path;   // percent-encoded, as sent
  std::string query;  // after the ?, as sent
  std::string body;   // as sent, until unpack_body() (compression.hpp)
  size_t body_unpacked_bytes_max = 0;
  MemoryLease body_lease;  // what the body takes of the server's budget
  std::string remote_address;
  std::vector<std::pair<std::string, std::string>> headers;     // names in lower case
  std::map<std::string, std::string, std::less<>> path_values;  // {id} of the route, decoded

  // Empty when the header was not sent. `name` in lower case.
  std::string_view header(std::string_view name) const;
  // The value of a cookie, empty when there is none.
  std::string_view cookie(std::string_view name) const;
};

// name=value pairs of a query string, decoded, in order.
using QueryValues = std::vector<std::pair<std::string, std::string>>;
Result<QueryValues> parse_query(std::string_view query);
std::optional<std::string> percent_decode(std::string_view text);
// Whether this can be a text of ours: valid UTF-8 without NUL.
bool is_text(std::string_view decoded);

// Where a streaming response writes. A failed write means that the client is gone: stop. When the
// client goes away while the response waits for something else, that wait is cancelled, and the
// next `co_await` throws.
class BodyStream {
 public:
  virtual ~BodyStream() = default;
  virtual Task<Result<void>> write(std::string piece) = 0;
};

struct Response {
  int status = 200;
  std::string_view content_type = "application/json";  // a literal
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  // After the body. HTTP/2 alone sends them.
  std::vector<std::pair<std::string, std::string>> trailers;
  // When set, the body is what this writes, chunk by chunk. When it fails, the connection is cut
  // without the last chunk, so that the client knows the body is not complete. HTTP/1.1 alone.
  std::function<Task<Result<void>>(BodyStream&)> stream;
  // How many bytes that is, where it is known: then it goes out with Content-Length, as it is.
  std::optional<uint64_t> stream_bytes = std::nullopt;
  // When set, this makes the answer, while the server watches whether its client is still there; it
  // is for work that takes long before the first byte. HTTP/1.1 alone.
  std::function<Task<Response>()> make = {};
  // What a problem document says, for those who count refusals.
  std::optional<Error> refusal = std::nullopt;
};

using Handler = std::function<Task<Response>(Request&)>;

int status_of(ErrorCode code);
// The same, of an error that may have a status of its own.
int status_of(const Error& error);

// An RFC 9457 problem document. `extra_json` is further members without braces, such as
// `"rejected":[…]`.
Response problem(const Error& error, std::string_view extra_json = {});
Response json(int status, std::string body);

}  // namespace sentinel::http
