#include "services/query/buckets_query.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "services/query/bucket_series.hpp"
#include "services/query/metrics_query.hpp"
#include "services/storage/record_source.hpp"
#include "sketch/quantile_sketch.hpp"

namespace sentinel::query {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Microseconds kSteps[] = {seconds{1},  seconds{2},  seconds{5}, seconds{10}, seconds{15},
                                   seconds{30}, minutes{1},  minutes{2}, minutes{5},  minutes{10},
                                   minutes{15}, minutes{30}, hours{1},   hours{2},    hours{3},
                                   hours{6},    hours{12},   days{1},    days{7}};

Timestamp floor_to(Timestamp time, Microseconds step) {
  return Timestamp{time.time_since_epoch() - time.time_since_epoch() % step};
}

}  // namespace

// What is selected from where, and how its values are read.
struct BucketsQuery::Statement {
  struct Reading {
    std::vector<size_t> columns;  // among `sql`: a value; or a sketch, the least and the greatest
    double quantile = -1;
    double scale = 1;
  };
  sums::Of of = sums::Of::Columns;
  std::vector<size_t> asked;       // which metrics of the request it tells
  std::vector<std::string> sql;    // one value each, over the rows of a group and bucket
  std::vector<Reading> metrics;    // of those that are asked
  std::vector<std::string> needs;  // columns of sums
  std::string rank;                // SQL by which groups are the top
  SumsPlan plan;
  bool of_fleet = false;  // sums of all agents together
  std::string rows;       // SQL of rows with `grp` and `bucket`

  size_t column_of(const std::string& wanted) {
    auto found = std::ranges::find(sql, wanted);
    if (found == sql.end()) found = sql.insert(found, wanted);
    return static_cast<size_t>(found - sql.begin());
  }
  void need(const std::vector<std::string>& columns) {
    for (const auto& column : columns) {
      if (std::ranges::find(needs, column) == needs.end()) needs.push_back(column);
    }
  }

  // False where sums do not tell one of the metrics.
  bool select_from_sums(const std::vector<WantedMetric>& wanted, Microseconds per) {
    for (const auto& metric : wanted) {
      auto aggregate = sums_aggregate(metric, to_seconds(per));
      if (!aggregate) return false;
      auto& reading = metrics.emplace_back();
      reading.quantile = aggregate->quantile;
      reading.scale = aggregate->scale;
      for (const auto& column : aggregate->sql) reading.columns.push_back(column_of(column));
      need(aggregate->columns);
    }
    // Groups are ranked by a quantile's mean.
    auto first = wanted.front();
    if (metrics.front().quantile >= 0) first.aggregate = Aggregate::Avg;
    auto by = sums_aggregate(first, to_seconds(per));
    need(by->columns);
    rank = by->sql.front();
    return true;
  }
  void select_from_records(const std::vector<WantedMetric>& wanted, Microseconds per) {
    for (const auto& metric : wanted) {
      metrics.push_back({{column_of(aggregate_sql(metric, to_seconds(per)))}});
    }
    rank = sql.front();
  }

  // `first`: the column of the answer that is the first of `sql`.
  std::optional<double> read(const postgres::Rows& answer, int row, int first,
                             const Reading& reading) const {
    auto column = [&](size_t i) { return first + static_cast<int>(reading.columns[i]); };
    if (reading.quantile < 0) return answer.maybe_number(row, column(0));
    sketch::QuantileSketch sketch;
    sketch.add(answer.bytes(row, column(0)));
    auto value = sketch.quantile(reading.quantile);
    if (!value) return std::nullopt;
    // No quantile lies outside of what was measured.
    return std::clamp(*value, answer.number(row, column(1)), answer.number(row, column(2))) /
           reading.scale;
  }
};

namespace {

// Whether groups are told without agents: then a new one, too, is among all of them.
bool without_agents(const BucketRequest& request) {
  return request.fleet &&
         (request.group_by == GroupBy::None || request.group_by == GroupBy::Model ||
          request.group_by == GroupBy::Provider);
}

// None is all.
std::vector<Uuid> ids_of(const BucketRequest& request) {
  std::vector<Uuid> ids;
  if (without_agents(request)) return ids;
  for (const auto& agent : request.agents) ids.push_back(agent.agent_id);
  return ids;
}

// All that values depend on but their time.
std::string key_of(const BucketRequest& request, Microseconds step, std::string_view shown) {
  const auto ids = ids_of(request);
  std::string key =
      fmt::format("{} {} {} ", static_cast<int>(request.group_by), step.count(), ids.size());
  for (const auto& metric : request.metrics) key += metric.text + '\0';
  for (const auto& id : ids) key.append(id.bytes.begin(), id.bytes.end());
  key += shown;
  return key;
}

}  // namespace

struct BucketsQuery::Filling {
  TimeRange range;    // begins with a bucket; the last one may end early
  std::string shown;  // SQL of what tells series apart
  bool previous;
};

Microseconds auto_step(Microseconds range) {
  for (auto step : kSteps) {
    if (range / step <= kAutoBucketsMax) return step;
  }
  return kSteps[std::size(kSteps) - 1] *
         (range / kSteps[std::size(kSteps) - 1] / kAutoBucketsMax + 1);
}

Task<Result<std::vector<BucketsQuery::Statement>>> BucketsQuery::prepare(
    const BucketRequest& request, TimeRange range, Microseconds step, Microseconds per) {
  std::vector<Statement> statements;
  for (const auto& metric : request.metrics) {
    const auto of = sums_of(metric);
    if (!statements.empty() && statements.front().of == of) continue;
    auto prepared = co_await prepare_of(of, request, range, step, per);
    if (!prepared) co_return forward(prepared);
    statements.push_back(std::move(*prepared));
    if (statements.size() == 2) break;
  }
  co_return statements;
}

Task<Result<BucketsQuery::Statement>> BucketsQuery::prepare_of(sums::Of of,
                                                               const BucketRequest& request,
                                                               TimeRange range, Microseconds step,
                                                               Microseconds per) {
  std::vector<size_t> asked;
  std::vector<WantedMetric> wanted;
  std::vector<std::string> names;
  for (size_t i = 0; i < request.metrics.size(); ++i) {
    const auto& metric = request.metrics[i];
    if (sums_of(metric) != of) continue;
    asked.push_back(i);
    wanted.push_back(metric);
    names.emplace_back(metric.metric->custom);
  }
  auto ids = ids_of(request);
  Statement statement;
  std::string source;
  auto plan = co_await (of == sums::Of::Custom ? custom_sums_ : sums_).plan(range, step);
  if (!plan) co_return forward(plan);
  if (!plan->summed.empty() && statement.select_from_sums(wanted, per)) {
    statement.plan = std::move(*plan);
    statement.of_fleet = of == sums::Of::Columns && without_agents(request);
    source = statement.of_fleet
                 ? statement.plan.fleet_source(statement.needs)
                 : statement.plan.source(agents_sql(ids), statement.needs,
                                         of == sums::Of::Custom ? fmt::format("ARRAY[{}]::text[]",
                                                                              fmt::join(names, ","))
                                                                : std::string());
  } else {
    // Where no sums serve, records tell percentiles as they are.
    statement = {};
    statement.plan.pieces = {{std::nullopt, range}};
    statement.plan.generations = std::move(plan->generations);
    statement.select_from_records(wanted, per);
    std::string named = "agent_id, kind, model_id, host_id";
    for (const auto& sql : statement.sql) named += ", " + sql;
    source = storage::record_source({.agents = std::move(ids),
                                     .start = range.start,
                                     .end = range.end,
                                     .generations = statement.plan.generations},
                                    named);
  }
  statement.of = of;
  statement.asked = std::move(asked);
  const auto group = group_of(request);
  statement.rows = fmt::format(
      "SELECT s.*, {} AS grp, date_bin('{} microseconds', s.ts, timestamptz 'epoch') AS bucket "
      "FROM "
      "({}) s{}",
      group.text, step.count(), source, group.join);
  co_return statement;
}

Task<Result<std::vector<std::string>>> BucketsQuery::top_groups(const Statement& statement,
                                                                int count) {
  auto lease = co_await database_.acquire();
  if (!lease) co_return forward(lease);
  auto rows = co_await (*lease)->execute(
      fmt::format("SELECT grp FROM ({}) r GROUP BY grp ORDER BY {} DESC NULLS LAST, grp LIMIT {}",
                  statement.rows, statement.rank, count));
  if (!rows) co_return forward(rows);
  std::vector<std::string> groups;
  for (int row = 0; row < rows->size(); ++row) groups.emplace_back(rows->text(row, 0));
  co_return groups;
}

Task<Result<void>> BucketsQuery::fill_grid(const Statement& statement, std::string_view shown,
                                           Timestamp start, Microseconds step, int64_t values_max,
                                           BucketGrid& grid) {
  std::string columns;
  for (const auto& sql : statement.sql) columns += ", " + sql;
  auto lease = co_await database_.acquire();
  if (!lease) co_return forward(lease);
  auto rows = co_await (*lease)->execute(fmt::format(
      "SELECT {0} AS shown, (extract(epoch FROM bucket) * 1000)::bigint {1} FROM ({2}) r "
      "GROUP BY shown, bucket",
      shown, columns, statement.rows));
  if (!rows) co_return forward(rows);
  for (int row = 0; row < rows->size(); ++row) {
    BucketGrid::Key key;
    if (!rows->is_null(row, 0)) key.text = std::string(rows->text(row, 0));
    auto& group = grid.group(key);
    if (static_cast<int64_t>(grid.series() * grid.buckets()) > values_max) {
      co_return std::unexpected(too_many_buckets(static_cast<int64_t>(grid.buckets()),
                                                 static_cast<int64_t>(grid.series()), values_max));
    }
    const auto bucket = static_cast<size_t>(
        (Timestamp{std::chrono::milliseconds{rows->integer(row, 1)}} - start) / step);
    for (size_t i = 0; i < statement.asked.size(); ++i) {
      grid.set(group, statement.asked[i], bucket,
               statement.read(*rows, row, 2, statement.metrics[i]));
    }
  }
  co_return Result<void>{};
}

Task<Result<BucketsQuery::Reused>> BucketsQuery::reuse(const BucketRequest& request,
                                                       std::string_view key, TimeRange range,
                                                       Microseconds step) {
  Reused reused;
  reused.read_at = std::chrono::steady_clock::now();
  auto kept = kept_.find(key, reused.read_at);
  if (kept && kept->start > range.start) kept = nullptr;
  const auto start = kept ? kept->start : range.start;
  const auto end = kept ? start + static_cast<int64_t>(kept->grid->buckets()) * step : start;
  auto since = co_await stored_since(database_, kept ? std::optional(kept->edge) : std::nullopt,
                                     ids_of(request), start, end);
  if (!since) co_return forward(since);
  reused.edge = since->edge;
  if (!kept || since->from <= start) co_return reused;
  reused.valid = static_cast<size_t>((std::min(end, since->from) - start) / step);
  reused.offset = static_cast<size_t>((range.start - start) / step);
  // A range that begins after what is kept does not go on with it.
  if (reused.valid > 0 && reused.valid >= reused.offset) reused.kept = std::move(kept);
  co_return reused;
}

void BucketsQuery::keep(std::string key, const Reused& reused, Timestamp start,
                        const BucketGrid& grid, size_t whole) {
  auto answer = std::make_shared<KeptBuckets>();
  answer->edge = reused.edge;
  answer->read_at = reused.kept ? reused.kept->read_at : reused.read_at;
  answer->start = reused.kept ? reused.kept->start : start;
  const size_t offset = reused.kept ? reused.offset : 0, valid = reused.kept ? reused.valid : 0;
  const size_t buckets = std::max(valid, offset + whole);
  if (reused.kept && buckets == valid && valid == reused.kept->grid->buckets()) {
    answer->grid = reused.kept->grid;
  } else {
    auto joined = std::make_shared<BucketGrid>(grid.metrics(), buckets);
    if (reused.kept) joined->copy(*reused.kept->grid, 0, 0, valid);
    joined->copy(grid, 0, offset, whole);
    answer->grid = std::move(joined);
  }
  kept_.keep(std::move(key), std::move(answer));
}

Task<Result<void>> BucketsQuery::fill(const BucketRequest& request, Filling filling,
                                      Buckets& answer) {
  const auto [range, shown, previous] = std::move(filling);
  const auto step = answer.step;
  const size_t whole = static_cast<size_t>((range.end - range.start) / step);
  BucketGrid grid(request.metrics.size(), answer.times_ms.size());
  size_t told = 0;  // buckets from the first on that are as they were told before
  std::string key;
  Reused reused;
  // A label may be another the next time, without a record.
  const bool keeps = !request.anew && request.group_by != GroupBy::Label && whole > 0;
  if (keeps) {
    key = key_of(request, step, shown);
    auto found = co_await reuse(request, key, range, step);
    if (!found) co_return forward(found);
    reused = std::move(*found);
    if (reused.kept) {
      told = std::min(reused.valid - reused.offset, whole);
      grid.copy(*reused.kept->grid, reused.offset, 0, told);
    }
  }
  const TimeRange rest{range.start + static_cast<int64_t>(told) * step, range.end};
  if (!rest.empty()) {
    auto statements = co_await prepare(request, rest, step, step);
    if (!statements) co_return forward(statements);
    for (const auto& statement : *statements) {
      auto filled =
          co_await fill_grid(statement, shown, range.start, step, request.buckets_max, grid);
      if (!filled) co_return forward(filled);
    }
    if (!previous) {
      answer.plan = std::move(statements->front().plan);
      answer.of_fleet = statements->front().of_fleet;
    }
  }
  if (keeps) keep(std::move(key), reused, range.start, grid, whole);
  co_return add_values(request, grid, previous, answer);
}

Task<Result<Buckets>> BucketsQuery::read(BucketRequest request) {
  if (auto checked = check_range(request.start, request.end); !checked) co_return forward(checked);
  Buckets answer;
  auto begin = [&](Microseconds step) {
    answer.step = step;
    answer.start = floor_to(request.start, step);
    return (request.end - answer.start + step - Microseconds{1}) / step;
  };
  const auto range = request.end - request.start;
  answer.end = request.end;
  answer.grouped = request.group_by != GroupBy::Agent && request.group_by != GroupBy::None;
  int64_t count = begin(request.step.value_or(auto_step(range)));
  // The range begins and ends within buckets: what fits by its length may be cut into more.
  if (!request.step && count > kAutoBucketsMax) count = begin(auto_step(range + 2 * answer.step));
  const bool known_series = !request.top && request.group_by == GroupBy::Agent;
  const auto series_least =
      static_cast<int64_t>((known_series ? request.agents.size() : 1) * request.metrics.size());
  if (count * series_least > request.buckets_max) {
    co_return std::unexpected(too_many_buckets(count, series_least, request.buckets_max));
  }
  for (int64_t i = 0; i < count; ++i) {
    answer.times_ms.push_back((answer.start + i * answer.step).time_since_epoch() /
                              std::chrono::milliseconds{1});
  }
  // Who is asked for by name is answered, also without data.
  if (request.group_by == GroupBy::None) add_series(request, {}, answer);
  if (known_series) {
    for (const auto& agent : request.agents) add_series(request, {.agent = agent}, answer);
  }
  if (request.agents.empty() || request.metrics.empty()) co_return answer;

  const TimeRange whole{answer.start, request.end};
  std::string shown = "grp";
  if (request.top) {
    // The coarsest sums will do, whatever the step.
    auto ranking = request;
    ranking.metrics.resize(1);
    auto statements = co_await prepare(ranking, whole, days{1}, range);
    if (!statements) co_return forward(statements);
    auto groups = co_await top_groups(statements->front(), *request.top);
    if (!groups) co_return forward(groups);
    for (const auto& group : *groups) add_series(request, series_of(request, group), answer);
    shown = fmt::format("CASE WHEN grp = ANY ({}::text[]) THEN grp END",
                        postgres::to_literal(postgres::to_array(*groups)));
  }
  auto filled = co_await fill(request, {whole, shown, false}, answer);
  if (filled && request.previous) {
    answer.previous_start = answer.start - count * answer.step;
    const TimeRange before{*answer.previous_start,
                           *answer.previous_start + (whole.end - whole.start)};
    filled = co_await fill(request, {before, shown, true}, answer);
  }
  if (!filled) co_return forward(filled);
  co_return answer;
}

}  // namespace sentinel::query
