// The records of a range as of one moment, as PostgreSQL's COPY writes them. They are read in
// slices of time, in one REPEATABLE READ transaction: PostgreSQL sorts one slice after the other,
// so that the first rows come at once and no sort grows with the range.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "postgres/pool.hpp"
#include "services/query/metrics_query.hpp"
#include "services/query/sums_reader.hpp"

namespace sentinel::exports {

// Of one sort. Larger slices need more memory or more files, smaller ones open a chunk that lies
// across their ends more often.
inline constexpr int64_t kSliceRecords = 250'000;

class SnapshotRows {
 public:
  // The COPY of a slice; `first` is of the first one.
  using Statement = std::function<std::string(const storage::RecordRange& slice, bool first)>;

  // Takes the snapshot. Errors: Unavailable.
  static Task<Result<SnapshotRows>> open(postgres::Database& database, query::SumsReader& sums,
                                         storage::RecordRange range, Statement statement,
                                         int64_t slice_records = kSliceRecords);

  // How many rows the sums say there are; right in this snapshot, but for what came past ingest.
  int64_t estimated_rows() const { return estimated_rows_; }

  // The next rows, whole ones and about `bytes` of them; empty after the last. Errors: Unavailable.
  Task<Result<std::string>> next(size_t bytes);

 private:
  SnapshotRows(postgres::Pool::Lease lease, storage::RecordRange range, Statement statement)
      : lease_(std::move(lease)), range_(std::move(range)), statement_(std::move(statement)) {}

  postgres::Pool::Lease lease_;
  storage::RecordRange range_;
  Statement statement_;
  int64_t estimated_rows_ = 0;
  std::vector<query::TimeRange> slices_;
  size_t begun_ = 0;  // slices whose COPY was begun
  bool copying_ = false;
  bool ended_ = false;
};

}  // namespace sentinel::exports
