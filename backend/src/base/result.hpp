// Expected failures are values: a function that can fail returns Result<T>. Exceptions come from
// third parties only and are caught at the edge of the library that owns them.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace sentinel {

enum class ErrorCode {
  InvalidArgument,   // the caller's input is wrong; sending it again will not help
  Unauthenticated,   // no credential, or one that is not known
  PermissionDenied,  // a known caller that may not do this
  NotFound,          // what was named is not there
  Conflict,          // it exists already, or another process holds it
  TooLarge,          // over a limit on size
  Unsupported,       // a media type, encoding or method that is not spoken here
  RateLimited,       // over a limit on frequency; try later
  Unavailable,       // the database or network did not answer; try later
  Internal,          // a defect of ours
};

struct Error {
  ErrorCode code;
  std::string reason;   // stable, snake_case, for programs: "metric_unknown"
  std::string message;  // a sentence for people, naming the thing and the limit
  // When it may work, where the code says try later.
  int64_t retry_after_s = 1;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string reason, std::string message) {
  return std::unexpected(Error{code, std::move(reason), std::move(message)});
}

// Passes the failure of one Result on as the failure of another.
template <class T>
std::unexpected<Error> forward(Result<T>& failed) {
  return std::unexpected(std::move(failed.error()));
}

}  // namespace sentinel
