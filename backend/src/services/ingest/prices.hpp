// The prices that records without a cost are charged at: those of the table, read again when it has
// a newer row; while the database is away, those known last, also for who starts meanwhile; and
// before there was ever one, those that this program was built with.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "base/task.hpp"
#include "models/metric_record.hpp"
#include "postgres/pool.hpp"
#include "pricing/price_book.hpp"

namespace sentinel::ingest {

class Prices {
 public:
  // How long a new price may stay unknown to a process.
  static constexpr auto kRefresh = std::chrono::seconds{5};

  // `file` may be empty.
  explicit Prices(std::string file = "");

  std::shared_ptr<const pricing::PriceBook> book() const {
    std::lock_guard lock(mutex_);
    return book_;
  }

  // Errors: Unavailable; InvalidArgument (a row that this program cannot read: the old book stays).
  Task<Result<void>> refresh(postgres::Database& database);
  // Runs until its context ends.
  Task<void> keep_fresh(postgres::Database& database);

  // Gives requests with tokens and without a cost what they cost at their own time, `arrived` for
  // those that have none; what no price is known for is unpriced, and counted.
  void set_costs(std::span<models::MetricRecord> records, Timestamp arrived);

  uint64_t unpriced() const { return unpriced_; }
  // When the table was asked last and answered; nothing before that.
  std::optional<Timestamp> checked_at() const;

 private:
  void take(std::shared_ptr<const pricing::PriceBook> book);

  const std::string file_;
  mutable std::mutex mutex_;
  std::shared_ptr<const pricing::PriceBook> book_;
  std::atomic<int64_t> checked_us_ = 0;
  std::atomic<uint64_t> unpriced_ = 0;
};

// Where the prices known last are kept, in the folder of the spool.
std::string price_file(const std::string& spool_folder);

// What a record used, for its price.
pricing::Usage usage_of(const models::MetricRecord& record);

}  // namespace sentinel::ingest
