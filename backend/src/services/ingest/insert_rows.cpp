#include "services/ingest/insert_rows.hpp"

#include "services/ingest/batch_commit.hpp"

namespace sentinel::ingest {

Task<Result<void>> insert_points(postgres::Database& database, const RecordRows& rows) {
  if (rows.points == 0) co_return Result<void>{};
  auto stored = co_await database.query("metric_point_insert", postgres::Params(rows.points_json));
  if (!stored) co_return forward(stored);
  co_return Result<void>{};
}

Task<Result<int>> insert_events(postgres::Database& database, const EventRows& events,
                                const BatchId& id) {
  const auto today = day_of(now());
  for (int32_t day : {id.day, today}) {
    auto opened = co_await database.query("ingest_day_open", postgres::Params(day));
    if (!opened) co_return forward(opened);
    if (id.day == today) break;
  }
  auto stored = co_await database.query(
      "event_insert", postgres::Params(events.json, id.day, id.writer, id.sequence, today));
  if (!stored) co_return forward(stored);
  co_return static_cast<int>(stored->integer(0, 0));
}

}  // namespace sentinel::ingest
