#include "services/query/snapshot_rows.hpp"

#include <fmt/format.h>

#include "services/storage/copy_stream.hpp"

namespace sentinel::query {

namespace {

// Whatever the server's own settings: a compiled plan pays for no slice.
constexpr std::string_view kBegin =
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off";
constexpr size_t kPieceBytes = 256 * 1024;
// Records of one time are read together, however much room they take.
constexpr Microseconds kSliceMin{1};

}  // namespace

Task<Result<SnapshotRows>> SnapshotRows::open(postgres::Database& database, SumsReader& sums,
                                              storage::RecordRange range, RawColumns columns,
                                              SliceLimits limits) {
  auto plan = co_await sums.plan({range.start, range.end}, std::chrono::hours{1});
  if (!plan) co_return forward(plan);
  range.generations = plan->generations;
  auto lease = co_await database.acquire();
  if (!lease) co_return forward(lease);
  auto begun = co_await (*lease)->run(kBegin);
  if (!begun) co_return forward(begun);
  auto counts = co_await (*lease)->execute(fmt::format(
      "SELECT floor(extract(epoch FROM ts) / 3600)::bigint, sum(records)::bigint FROM ({}) s GROUP "
      "BY 1 ORDER BY 1",
      plan->count_source(range.agents)));
  if (!counts) co_return forward(counts);
  SnapshotRows rows(std::move(*lease), std::move(range), std::move(columns), limits);
  for (int row = 0; row < counts->size(); ++row) {
    rows.hours_.push_back({counts->integer(row, 0), counts->integer(row, 1)});
    rows.estimated_rows_ += rows.hours_.back().records;
  }
  co_return std::move(rows);
}

Task<Result<bool>> SnapshotRows::read(const storage::RecordRange& slice,
                                      storage::RecordBatch& records) {
  bool fits = true;
  for (const bool chunks : {true, false}) {
    auto begun =
        co_await lease_->begin_copy_out(chunks ? copy_of_chunks(slice, records.chunk_list())
                                               : copy_of_rows(slice, records.row_list()));
    if (!begun) co_return forward(begun);
    for (bool begins = true;; begins = false) {
      auto piece = co_await lease_->next_copy_chunk(kPieceBytes);
      if (!piece) co_return forward(piece);
      if (piece->empty()) break;
      // What does not fit is read to its end all the same: to cancel it would end the snapshot.
      if (!fits) continue;
      for (const auto tuple : storage::tuples_of(*piece, begins)) {
        chunks ? records.add_chunk(tuple, slice.start, slice.end) : records.add_row(tuple);
      }
      fits = records.bytes() <= limits_.bytes || slice.end - slice.start <= kSliceMin;
    }
    if (!fits) break;
  }
  co_return fits;
}

Task<Result<std::optional<SnapshotRows::Slice>>> SnapshotRows::next(Names& names) {
  while (range_.start < range_.end) {
    auto slice = range_;
    const auto cut =
        next_slice({range_.start, range_.end}, hours_, records_max_, limits_.newest_first);
    slice.start = cut.start;
    slice.end = cut.end;
    Slice read_slice{.records = storage::RecordBatch(places_of(columns_)), .priced = {}};
    for (;;) {
      auto fits = co_await read(slice, read_slice.records);
      if (!fits) co_return forward(fits);
      if (*fits) break;
      // Again, with the half of them that comes first.
      const auto middle = std::max(read_slice.records.middle_time(), slice.start + kSliceMin);
      (limits_.newest_first ? slice.start : slice.end) = middle;
      limits_.records = std::max<int64_t>(limits_.records / 2, 1);
      read_slice.records = storage::RecordBatch(places_of(columns_));
    }
    limits_.newest_first ? range_.end = slice.start : range_.start = slice.end;
    records_max_ = std::min(4 * records_max_, limits_.records);
    auto& records = read_slice.records;
    if (records.size() == 0) continue;
    records.sort();
    auto learned = co_await names.learn(*lease_, records, columns_);
    if (!learned) co_return forward(learned);
    auto priced = co_await PricedLater::of(*lease_, records, slice, columns_, limits_.priced_anew);
    if (!priced) co_return forward(priced);
    read_slice.priced = std::move(*priced);
    co_return std::optional(std::move(read_slice));
  }
  // The snapshot has told all, and may go before the client has read it.
  auto ended = co_await end();
  if (!ended) co_return forward(ended);
  co_return std::optional<Slice>{};
}

Task<Result<void>> SnapshotRows::end() {
  if (ended_) co_return Result<void>{};
  auto committed = co_await lease_->run("COMMIT");
  if (!committed) co_return forward(committed);
  ended_ = true;
  co_return Result<void>{};
}

}  // namespace sentinel::query
