#include "services/sums/sums_builder.hpp"

#include "postgres/embedded_sql.hpp"

namespace sentinel::sums {

namespace {

// So many batches do not wait for the minute to end: what reads the newest records looks each up.
constexpr int64_t kBatchesMax = 4'000;
// After a long outage a pass takes longer than a request may.
constexpr auto kPassTimeMax = std::chrono::minutes{10};
constexpr auto kUsualTimeMax = std::chrono::seconds{60};

struct Due {
  bool begun = false;  // a first pass was made
  int64_t batches = 0;
  bool minute = false;
  bool hour = false;
  bool day = false;
};

Task<Result<Due>> look(postgres::Connection& connection) {
  auto rows = co_await connection.execute(postgres::query("sums_due"));
  if (!rows) co_return forward(rows);
  co_return Due{rows->boolean(0, 0), rows->integer(0, 1), rows->boolean(0, 2), rows->boolean(0, 3),
                rows->boolean(0, 4)};
}

Task<Result<void>> run_pass(postgres::Connection& connection, std::string statement) {
  connection.set_time_limit(kPassTimeMax);
  auto opened = co_await connection.execute(postgres::query("sums_open"));
  auto added = opened ? co_await connection.execute(statement) : std::move(opened);
  connection.set_time_limit(kUsualTimeMax);
  if (!added) co_return forward(added);
  co_return Result<void>{};
}

}  // namespace

Task<Result<void>> make_pass(postgres::Connection& connection, Level level) {
  if (level != Level::Minute) co_return co_await run_pass(connection, roll_up_statement(level));
  auto due = co_await look(connection);
  if (!due) co_return forward(due);
  co_return co_await run_pass(connection,
                              due->begun ? minute_pass_statement() : first_pass_statement());
}

Task<Result<void>> build(postgres::Connection& connection) {
  auto due = co_await look(connection);
  if (!due) co_return forward(due);
  while (!due->begun || due->minute || due->batches >= kBatchesMax) {
    auto made = co_await run_pass(connection,
                                  due->begun ? minute_pass_statement() : first_pass_statement());
    if (!made) co_return made;
    due = co_await look(connection);
    if (!due) co_return forward(due);
  }
  for (auto level : {Level::Hour, Level::Day}) {
    if (!(level == Level::Hour ? due->hour : due->day)) continue;
    auto made = co_await run_pass(connection, roll_up_statement(level));
    if (!made) co_return made;
    due = co_await look(connection);
    if (!due) co_return forward(due);
  }
  co_return Result<void>{};
}

}  // namespace sentinel::sums
