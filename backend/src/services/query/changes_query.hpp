// What changed in a window: which metrics of which agents are furthest from what they were in the
// time before it.
#pragma once

#include <vector>

#include "services/query/buckets_query.hpp"

namespace sentinel::query {

// The time before is so many times as long as the window.
inline constexpr int kBaselineWindows = 4;
inline constexpr int kChangesMax = 200;

struct Change {
  AgentName agent;
  std::string metric;  // name:aggregate
  std::string_view unit;
  double before = 0;  // mean of the buckets before the window
  double during = 0;  // mean of the buckets within
  double score = 0;   // how many of its usual deviations it moved; below 0 is down
};

struct Changes {
  TimeRange baseline;
  TimeRange window;
  Microseconds step{};
  std::vector<Change> changes;  // the greatest score first
};

// Ranks series by how far their mean moved between the buckets before `window_start` and those from
// it on. The measure is the deviation of the buckets before, and at least a twentieth of their
// mean, so that what hardly ever moves does not win by a trifle. Series that have no value on one
// side, or did not move, are left out; of a sum, no value is 0.
std::vector<Change> rank_changes(const Buckets& buckets, Timestamp window_start, int limit);

// The window that is answered begins and ends with a step. Errors: as BucketsQuery::read.
Task<Result<Changes>> changes(BucketsQuery& buckets, std::vector<AgentName> agents,
                              TimeRange window, int limit);

}  // namespace sentinel::query
