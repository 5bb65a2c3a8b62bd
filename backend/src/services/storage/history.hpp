// Which generations a range of time can be in, so that a statement plans no other: there is one
// partition for each, and to plan a hundred takes longer than to read one.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "postgres/pool.hpp"

namespace sentinel::storage {

// Sealed generations, and all that come after the last that is known: one that was sealed a moment
// ago is among those.
struct Generations {
  std::vector<int32_t> among;
  int32_t after = 0;

  // SQL over `gen`, and an integer[] of `among`.
  std::string condition() const;
  std::string array() const;
};

class History {
 public:
  explicit History(postgres::Database& database) : database_(database) {}

  // Generations that may hold records from `start` until before `end`. Errors: Unavailable.
  Task<Result<Generations>> generations(Timestamp start, Timestamp end);

 private:
  struct Sealed {
    int32_t gen;
    Timestamp ts_min;
    Timestamp ts_max;
  };
  struct Known {
    std::vector<Sealed> sealed;
    int32_t newest = 0;
    std::chrono::steady_clock::time_point read_at;
  };
  postgres::Database& database_;
  // What is sealed stays as it is, so that an older list is right too: it only plans more.
  std::atomic<std::shared_ptr<const Known>> known_;
};

}  // namespace sentinel::storage
