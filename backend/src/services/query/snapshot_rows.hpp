// The records of a range as of one moment. They are read in slices of time, in one REPEATABLE READ
// transaction, so that the first come at once and memory does not grow with the range.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "postgres/pool.hpp"
#include "services/query/record_text.hpp"
#include "services/query/slices.hpp"
#include "services/query/sums_reader.hpp"
#include "services/storage/record_batch.hpp"

namespace sentinel::query {

// Larger slices need more memory, smaller ones open a chunk that lies across their ends more often.
struct SliceLimits {
  int64_t first_records = 10'000;  // for who waits for the first; slices grow from there
  int64_t records = 100'000;
  size_t bytes = 24 << 20;
  bool newest_first = false;  // slices; within one the oldest record is the first
  bool priced_anew = false;   // whether `priced` knows of computed costs that were corrected
};

class SnapshotRows {
 public:
  // Takes the snapshot. Errors: Unavailable.
  static Task<Result<SnapshotRows>> open(postgres::Database& database, SumsReader& sums,
                                         storage::RecordRange range, RawColumns columns,
                                         SliceLimits limits = {});

  struct Slice {
    storage::RecordBatch records;
    PricedLater priced;
  };
  // The next records, with the columns that were asked for; nothing after the last. Errors:
  // Unavailable.
  Task<Result<std::optional<Slice>>> next(Names& names);

  // Gives the snapshot back before its last records. Errors: Unavailable.
  Task<Result<void>> end();

  // How many records there are: as sums tell in this snapshot, and whole batches of what they do
  // not count yet.
  int64_t estimated_rows() const { return estimated_rows_; }
  const RawColumns& columns() const { return columns_; }

 private:
  SnapshotRows(postgres::Pool::Lease lease, storage::RecordRange range, RawColumns columns,
               SliceLimits limits)
      : lease_(std::move(lease)),
        range_(std::move(range)),
        columns_(std::move(columns)),
        limits_(limits),
        records_max_(std::min(limits.first_records, limits.records)) {}

  // False when there are more than there is room for.
  Task<Result<bool>> read(const storage::RecordRange& slice, storage::RecordBatch& records);

  postgres::Pool::Lease lease_;
  storage::RecordRange range_;  // that is left
  RawColumns columns_;
  SliceLimits limits_;
  int64_t records_max_;  // of the next slice
  std::vector<HourCount> hours_;
  int64_t estimated_rows_ = 0;
  bool ended_ = false;
};

}  // namespace sentinel::query
