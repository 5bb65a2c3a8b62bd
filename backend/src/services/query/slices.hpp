// A range of time in parts of so many records each.
#pragma once

#include <cstdint>
#include <span>

#include "services/query/sums_reader.hpp"

namespace sentinel::query {

struct HourCount {
  int64_t hour = 0;  // since 1970 UTC
  int64_t records = 0;
};

// The first part of a range, or its last: they only tell where to cut, so that no part holds much
// more than `records_max`, and what is told wrongly is cut badly. `hours` in the order of time.
TimeRange next_slice(TimeRange range, std::span<const HourCount> hours, int64_t records_max,
                     bool newest_first = false);

}  // namespace sentinel::query
