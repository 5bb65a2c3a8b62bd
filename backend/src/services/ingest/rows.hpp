// What a request became: the rows that a batch is made of.
#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"
#include "base/uuid.hpp"

namespace sentinel::ingest {

// The rows of one request.
struct Rows {
  std::string tuples;          // of binary COPY, without header and trailer
  std::vector<uint32_t> ends;  // where each tuple ends
  std::vector<Uuid> keys;      // one per tuple, or none at all
  std::vector<Uuid> agents;    // distinct
  int records = 0;
  Timestamp ts_min;
  Timestamp ts_max;

  // What they hold in memory.
  size_t bytes() const {
    return tuples.capacity() + ends.capacity() * sizeof(uint32_t) +
           (keys.capacity() + agents.capacity()) * sizeof(Uuid);
  }
};

struct WriteOutcome {
  int stored = 0;
  int duplicates = 0;
  bool spooled = false;  // on this node's disk, to be committed when the database is back
};

}  // namespace sentinel::ingest
