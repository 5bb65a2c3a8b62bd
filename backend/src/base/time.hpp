// Points in time as microseconds since 1970 UTC, in the forms people and wires write them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sentinel {

using Microseconds = std::chrono::microseconds;
using Timestamp = std::chrono::sys_time<Microseconds>;

Timestamp now();

// RFC 3339 with an optional fraction (cut at microseconds) and `Z` or an offset. Years 1970 to
// 2262.
Result<Timestamp> parse_rfc3339(std::string_view text);

// 2026-11-22T20:45:00.123456Z; the fraction is left out when it is zero.
std::string format_rfc3339(Timestamp time);

// An RFC 3339 time, or `now`, `now-6h`, `now-1d/d` (units s m h d w; `/unit` rounds down to the
// whole unit, UTC).
Result<Timestamp> parse_time_expression(std::string_view text, Timestamp now);

// `10s`, `5m`, `1h`, `1d`, `1w`; a bare number is seconds.
Result<Microseconds> parse_duration(std::string_view text);

inline double to_seconds(Microseconds duration) {
  return static_cast<double>(duration.count()) / 1e6;
}

}  // namespace sentinel
