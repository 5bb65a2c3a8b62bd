#include "services/query/metrics_query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "services/query/snapshot_rows.hpp"
#include "services/storage/record_source.hpp"

namespace sentinel::query {

namespace {

// Where a page ends: so many records of exactly this time are told already.
struct RawPosition {
  int64_t ts_us = 0;
  int64_t told = 0;
};

constexpr int64_t kTimeMax_us = 9'214'646'400'000'000;  // 2262-01-01
constexpr int64_t kToldMax = 1'000'000'000'000;

Result<RawPosition> parse_cursor(const std::string& cursor) {
  RawPosition position;
  const char* end = cursor.data() + cursor.size();
  auto time = std::from_chars(cursor.data(), end, position.ts_us);
  auto told = time;
  if (time.ec == std::errc{} && time.ptr != end && *time.ptr == '.') {
    told = std::from_chars(time.ptr + 1, end, position.told);
  }
  if (told.ptr == time.ptr || told.ec != std::errc{} || told.ptr != end || position.ts_us < 0 ||
      position.ts_us > kTimeMax_us || position.told < 1 || position.told > kToldMax) {
    return fail(ErrorCode::InvalidArgument, "cursor_invalid",
                "this cursor is not one of ours; begin again without it");
  }
  return position;
}

}  // namespace

Result<void> check_range(Timestamp start, Timestamp end) {
  if (start < end) return {};
  return fail(
      ErrorCode::InvalidArgument, "range_reversed",
      fmt::format("start {} is not before end {}", format_rfc3339(start), format_rfc3339(end)));
}

Task<Result<RawPage>> MetricsQuery::raw(RawRequest request) {
  if (auto range = check_range(request.start, request.end); !range) co_return forward(range);
  RawPage page;
  if (request.agents.empty()) co_return page;
  RawPosition position;
  if (!request.cursor.empty()) {
    auto parsed = parse_cursor(request.cursor);
    if (!parsed) co_return forward(parsed);
    position = *parsed;
    // A page begins among the records of the time at which the one before it ended, unless the
    // range has left that behind.
    const Timestamp ended{Microseconds{position.ts_us}};
    if (ended < request.start) position.told = 0;
    request.start = std::max(request.start, ended);
  }
  if (request.start >= request.end) co_return page;
  RawColumns columns;
  for (const auto& column : raw_columns()) columns.push_back(&column);
  storage::RecordRange range{
      .agents = std::move(request.agents), .start = request.start, .end = request.end};
  auto rows = co_await SnapshotRows::open(
      database_, sums_, std::move(range), columns,
      {.first_records = std::max<int64_t>(position.told + request.limit + 1, 1000)});
  if (!rows) co_return forward(rows);
  int64_t place = 0;  // behind the start of the range
  Timestamp ended;
  int64_t told = 0;  // of the records at that time
  while (page.next_cursor.empty()) {
    auto slice = co_await rows->next(names_);
    if (!slice) co_return forward(slice);
    if (!*slice) break;
    const auto& records = (*slice)->records;
    RecordText text(names_, (*slice)->priced, records);
    for (size_t i = 0; i < records.size(); ++i, ++place) {
      if (place == position.told + request.limit) {
        page.next_cursor = fmt::format("{}.{}", ended.time_since_epoch().count(), told);
        break;
      }
      told = place > 0 && records.time(i) == ended ? told + 1 : 1;
      ended = records.time(i);
      if (place < position.told) continue;
      page.rows += page.rows.empty() ? "[" : ",[";
      for (const auto* column : columns) {
        if (column != columns.front()) page.rows += ',';
        append_json(page.rows, text.field(i, *column), column->kind);
      }
      page.rows += ']';
    }
  }
  auto finished = co_await rows->end();
  if (!finished) co_return forward(finished);
  co_return page;
}

Task<Result<std::vector<std::string>>> MetricsQuery::custom_names(Uuid agent, Timestamp start,
                                                                  Timestamp end) {
  if (auto range = check_range(start, end); !range) co_return forward(range);
  auto plan = co_await custom_sums_.plan({start, end}, std::chrono::days{1});
  if (!plan) co_return forward(plan);
  auto lease = co_await database_.acquire();
  if (!lease) co_return forward(lease);
  auto rows = co_await (*lease)->execute(
      fmt::format("SELECT DISTINCT name FROM ({}) r ORDER BY name LIMIT {}",
                  plan->source(agents_sql({agent}), {}), kCustomNamesMax));
  if (!rows) co_return forward(rows);
  std::vector<std::string> names;
  for (int row = 0; row < rows->size(); ++row) names.emplace_back(rows->text(row, 0));
  co_return names;
}

}  // namespace sentinel::query
