// Charges records anew, at the prices that are known today for their own time: what was computed or
// unpriced gets a correction, a row beside it that holds the difference. Reported cost is never
// touched, and nothing that is stored changes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "postgres/pool.hpp"
#include "pricing/price_book.hpp"
#include "services/ingest/batch_commit.hpp"
#include "services/storage/history.hpp"

namespace sentinel::prices {

struct RepriceRange {
  Timestamp from;  // inclusive
  Timestamp to;    // exclusive
  std::optional<Uuid> agent;
  bool dry_run = false;
};

struct RepriceReport {
  int64_t records = 0;      // computed or unpriced ones in the range
  int64_t corrections = 0;  // added, or that would be
  int64_t newly_priced = 0;
  int64_t unpriced = 0;  // still
  int64_t change_nanos = 0;
};

class Reprice {
 public:
  // `database` is of the role sentinel_metrics_api and outlives this.
  Reprice(postgres::Database& database, std::shared_ptr<const pricing::PriceBook> book)
      : database_(database),
        history_(database),
        book_(std::move(book)),
        commit_(database.endpoint(), std::chrono::seconds{10}) {}

  // Once a time in a database. Corrections are committed in batches, each exactly once: stopped
  // midway, it is to be run again, and what is right already gets no second correction. Memory does
  // not grow with the range. Errors: Conflict (another one runs), Unavailable, Internal.
  Task<Result<RepriceReport>> run(RepriceRange range);

 private:
  struct Group;

  Task<Result<void>> agent(postgres::Connection& connection, Uuid agent, const RepriceRange& range);
  Task<Result<void>> slice(postgres::Connection& connection, Uuid agent, Timestamp from,
                           Timestamp to, bool dry_run);
  void read(const postgres::Rows& rows, int row, Group& group);
  void close(const Group& group, Uuid agent);
  Task<Result<void>> flush(bool dry_run);

  postgres::Database& database_;
  storage::History history_;
  std::shared_ptr<const pricing::PriceBook> book_;
  ingest::BatchCommit commit_;
  Uuid writer_ = random_uuid();
  uint64_t sequence_ = 0;
  ingest::Rows pending_;
  RepriceReport report_;
};

}  // namespace sentinel::prices
