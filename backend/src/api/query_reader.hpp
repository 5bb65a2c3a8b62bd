// Reads the query string of a request by name, with the contract's limits; a name that no route
// knows is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "http/message.hpp"

namespace sentinel::api {

struct TimeRange {
  Timestamp start;
  Timestamp end;
};

class QueryReader {
 public:
  // Errors: InvalidArgument (broken encoding, a name not in `known`, or one given too often).
  static Result<QueryReader> read(const http::Request& request,
                                  std::initializer_list<std::string_view> known);

  std::optional<std::string> one(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;

  // `fallback` when it was not sent. Errors: InvalidArgument, naming value and limit.
  Result<int> integer(std::string_view name, int fallback, int min, int max) const;
  Result<Timestamp> time(std::string_view name, std::string_view fallback, Timestamp now) const;
  // `start` and `end`, which every route that has them takes alike: the last hour unless sent.
  Result<TimeRange> range(Timestamp now) const;

 private:
  http::QueryValues values_;
};

// Cache-Control: no-cache (RFC 9111, 5.2.1.4): the client does not want what was told before.
bool wants_anew(const http::Request& request);

}  // namespace sentinel::api
