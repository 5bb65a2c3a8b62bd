// A range of time in parts of so many records each.
#pragma once

#include <cstdint>
#include <vector>

#include "services/query/sums_reader.hpp"

namespace sentinel::exports {

struct HourCount {
  int64_t hour = 0;  // since 1970 UTC
  int64_t records = 0;
};

// Parts that follow each other and are the range together, whatever the counts say: they only tell
// where to cut, so that no part holds much more than `records_max`. `hours` in the order of time.
std::vector<query::TimeRange> slices_of(query::TimeRange range, const std::vector<HourCount>& hours,
                                        int64_t records_max);

}  // namespace sentinel::exports
