// What a decoder made of one request: records, counter points, and what it refuses, whatever
// format they came in.
#pragma once

#include <list>
#include <string>
#include <vector>

#include "models/metric_record.hpp"

namespace sentinel::models {

// Owns the texts that are not in the body as they are; adding one leaves the others in place. A
// list is empty for nothing, where to move an empty deque allocates.
using TextArena = std::list<std::string>;

// One reading of a counter. A delta counts what happened from `start` to `ts`; a cumulative value
// counts from `start` on, and only the difference to the reading before it is news, which is taken
// when it is read, so that replicas need to share nothing.
struct CounterPoint {
  std::string_view agent;
  std::string_view parent;  // see MetricRecord
  bool agent_of_process = false;
  std::string_view name;
  std::string_view attributes;  // a JSON object, or empty
  std::string_view host;
  std::optional<int64_t> process_id;
  std::optional<Timestamp> start;
  Timestamp ts;
  bool cumulative = false;
  double value = 0;
};

struct DecodedRecords {
  std::vector<MetricRecord> records;  // texts are views into the body, or into `unescaped`
  std::vector<size_t> indexes;        // position of each in the request
  std::vector<Rejection> rejected;
  TextArena unescaped;
  std::vector<CounterPoint> points;
  std::vector<size_t> point_indexes;
  size_t ignored = 0;  // what is well-formed and none of ours: spans of databases, lines of a log
};

}  // namespace sentinel::models
