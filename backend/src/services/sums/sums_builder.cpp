#include "services/sums/sums_builder.hpp"

#include "postgres/embedded_sql.hpp"

namespace sentinel::sums {

namespace {

// So many batches, or records, do not wait for the minute to end: what reads the newest records
// looks each up.
constexpr int64_t kBatchesMax = 4'000;
constexpr int64_t kRecordsMax = 1'000'000;
// After a long outage a pass takes longer than a request may.
constexpr auto kPassTimeMax = std::chrono::minutes{10};
constexpr auto kUsualTimeMax = std::chrono::seconds{60};

struct Due {
  bool begun = false;  // a first pass was made
  int64_t batches = 0;
  int64_t records = 0;
  bool minute = false;
  bool hour = false;
  bool day = false;
};

Task<Result<Due>> look(postgres::Connection& connection, Of of) {
  auto rows =
      co_await connection.execute(postgres::query("sums_due"), postgres::Params(prefix_of(of)));
  if (!rows) co_return forward(rows);
  co_return Due{rows->boolean(0, 0), rows->integer(0, 1), rows->integer(0, 2),
                rows->boolean(0, 3), rows->boolean(0, 4), rows->boolean(0, 5)};
}

Task<Result<void>> run_pass(postgres::Connection& connection, std::string statement) {
  connection.set_time_limit(kPassTimeMax);
  auto opened = co_await connection.execute(postgres::query("sums_open"));
  auto added = opened ? co_await connection.execute(statement) : std::move(opened);
  connection.set_time_limit(kUsualTimeMax);
  if (!added) co_return forward(added);
  co_return Result<void>{};
}

Task<Result<void>> make_minute_pass(postgres::Connection& connection, Of of, bool begun) {
  if (begun) co_return co_await run_pass(connection, minute_pass_statement(of));
  if (of == Of::Custom) {
    // A database that is older than these sums: its history is not opened in one go, for minutes or
    // hours in which nothing is sealed.
    auto more = co_await connection.execute(postgres::query("sums_history"),
                                            postgres::Params(kPassRecordsMax));
    if (!more) co_return forward(more);
    if (more->boolean(0, 0)) co_return co_await run_pass(connection, begin_later_statement(of));
  }
  co_return co_await run_pass(connection, first_pass_statement(of));
}

Task<Result<void>> build_of(postgres::Connection& connection, Of of) {
  auto due = co_await look(connection, of);
  if (!due) co_return forward(due);
  while (!due->begun || due->minute || due->batches >= kBatchesMax || due->records >= kRecordsMax) {
    auto made = co_await make_minute_pass(connection, of, due->begun);
    if (!made) co_return made;
    due = co_await look(connection, of);
    if (!due) co_return forward(due);
  }
  for (auto level : {Level::Hour, Level::Day}) {
    if (!(level == Level::Hour ? due->hour : due->day)) continue;
    auto made = co_await run_pass(connection, roll_up_statement(of, level));
    if (!made) co_return made;
    due = co_await look(connection, of);
    if (!due) co_return forward(due);
  }
  co_return Result<void>{};
}

// One pass of each level that waits, so that after an update, when all there is waits, minutes are
// counted meanwhile.
Task<Result<void>> build_fleet(postgres::Connection& connection) {
  auto due = co_await connection.execute(postgres::query("sums_fleet_due"));
  if (!due) co_return forward(due);
  for (auto level : {Level::Minute, Level::Hour, Level::Day}) {
    if (!due->boolean(0, static_cast<int>(level))) continue;
    auto made = co_await run_pass(connection, fleet_statement(level));
    if (!made) co_return made;
  }
  co_return Result<void>{};
}

}  // namespace

Task<Result<void>> make_pass(postgres::Connection& connection, Of of, Level level) {
  if (of == Of::Fleet) co_return co_await run_pass(connection, fleet_statement(level));
  if (level != Level::Minute) co_return co_await run_pass(connection, roll_up_statement(of, level));
  auto due = co_await look(connection, of);
  if (!due) co_return forward(due);
  co_return co_await make_minute_pass(connection, of, due->begun);
}

Task<Result<void>> build(postgres::Connection& connection) {
  // Neither waits for what fails of the others.
  const auto columns = co_await build_of(connection, Of::Columns);
  const auto custom = co_await build_of(connection, Of::Custom);
  const auto fleet = co_await build_fleet(connection);
  for (const auto* built : {&columns, &custom, &fleet}) {
    if (!*built) co_return *built;
  }
  co_return Result<void>{};
}

}  // namespace sentinel::sums
