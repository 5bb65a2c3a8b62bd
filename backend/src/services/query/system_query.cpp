#include "services/query/system_query.hpp"

namespace sentinel::query {

namespace {

std::optional<Timestamp> maybe_time(const postgres::Rows& rows, int column) {
  if (rows.is_null(0, column)) return std::nullopt;
  return Timestamp{Microseconds{rows.integer(0, column)}};
}

// The columns of system_flow.sql.
void read_flow(const postgres::Rows& rows, SystemStatus& status) {
  status.records_per_minute = rows.number(0, 0) * 60 / to_seconds(kLately);
  status.newest_commit = maybe_time(rows, 1);
  status.minutes_at = maybe_time(rows, 2);
  status.hours_at = maybe_time(rows, 3);
  status.days_at = maybe_time(rows, 4);
  status.unsummed_batches = rows.integer(0, 5);
  status.unsummed_since = maybe_time(rows, 6);
  if (auto at = maybe_time(rows, 9)) {
    status.sealed = {rows.integer(0, 7), rows.integer(0, 8), *at};
  }
  status.open_generations = rows.integer(0, 10);
  status.unsealed_generations = rows.integer(0, 11);
  status.unsealed_since = maybe_time(rows, 12);
}

}  // namespace

Task<Result<SystemStatus>> system_status(postgres::Database& database) {
  SystemStatus status;
  auto rows = co_await database.query("system_database");
  if (!rows) co_return forward(rows);
  status.server_version = rows->text(0, 0);
  status.schema = rows->integer(0, 1);
  status.bytes = rows->integer(0, 2);
  status.bytes_per_day = rows->maybe_number(0, 3);
  status.measured_since = maybe_time(*rows, 4);
  status.sessions = rows->integer(0, 5);
  constexpr auto kLately_s = std::chrono::duration_cast<std::chrono::seconds>(kLately).count();
  rows = co_await database.query("system_flow", postgres::Params(kLately_s));
  if (!rows) co_return forward(rows);
  read_flow(*rows, status);
  const Timestamp yesterday = now() - std::chrono::hours{24};
  rows =
      co_await database.query("system_rejections", postgres::Params(yesterday, kRejectionCodesMax));
  if (!rows) co_return forward(rows);
  for (int row = 0; row < rows->size(); ++row) {
    status.refused.push_back({std::string(rows->text(row, 0)), rows->integer(row, 1)});
  }
  co_return status;
}

}  // namespace sentinel::query
