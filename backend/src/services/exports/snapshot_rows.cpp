#include "services/exports/snapshot_rows.hpp"

#include <fmt/format.h>

#include "services/exports/slices.hpp"

namespace sentinel::exports {

namespace {

// Whatever the server's own settings: a compiled plan pays for no slice.
constexpr std::string_view kBegin =
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off; SET LOCAL work_mem = "
    "'16MB'";

}  // namespace

Task<Result<SnapshotRows>> SnapshotRows::open(postgres::Database& database, query::SumsReader& sums,
                                              storage::RecordRange range, Statement statement,
                                              int64_t slice_records) {
  const query::TimeRange time{range.start, range.end};
  auto plan = co_await sums.plan(time, std::chrono::hours{1});
  if (!plan) co_return forward(plan);
  range.generations = plan->generations;
  auto lease = co_await database.acquire();
  if (!lease) co_return forward(lease);
  auto begun = co_await (*lease)->run(kBegin);
  if (!begun) co_return forward(begun);
  const std::string counted[] = {"records"};
  auto counts = co_await (*lease)->execute(fmt::format(
      "SELECT floor(extract(epoch FROM ts) / 3600)::bigint, sum(records)::bigint FROM ({}) s GROUP "
      "BY 1 ORDER BY 1",
      plan->source(query::agents_sql(range.agents), counted)));
  if (!counts) co_return forward(counts);
  std::vector<HourCount> hours;
  SnapshotRows rows(std::move(*lease), std::move(range), std::move(statement));
  for (int row = 0; row < counts->size(); ++row) {
    hours.push_back({counts->integer(row, 0), counts->integer(row, 1)});
    rows.estimated_rows_ += hours.back().records;
  }
  rows.slices_ = slices_of(time, hours, slice_records);
  co_return std::move(rows);
}

Task<Result<std::string>> SnapshotRows::next(size_t bytes) {
  while (!ended_) {
    if (copying_) {
      auto piece = co_await lease_->next_copy_chunk(bytes);
      if (!piece || !piece->empty()) co_return piece;
      copying_ = false;
    } else if (begun_ < slices_.size()) {
      auto slice = range_;
      slice.start = slices_[begun_].start;
      slice.end = slices_[begun_].end;
      auto begun = co_await lease_->begin_copy_out(statement_(slice, begun_ == 0));
      if (!begun) co_return forward(begun);
      ++begun_;
      copying_ = true;
    } else {
      // The snapshot has told all, and may go before the client has read it.
      auto committed = co_await lease_->run("COMMIT");
      if (!committed) co_return forward(committed);
      ended_ = true;
    }
  }
  co_return std::string{};
}

}  // namespace sentinel::exports
