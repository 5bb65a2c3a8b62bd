#include "services/prices/reprice.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/json_writer.hpp"
#include "postgres/embedded_sql.hpp"
#include "services/ingest/copy_encoder.hpp"
#include "services/ingest/prices.hpp"

namespace sentinel::prices {

namespace {

using std::chrono::days;

constexpr int kBatchMax = 5'000;
constexpr int kTriesMax = 5;
constexpr auto kTryAgain = std::chrono::seconds{1};
constexpr auto kCommitMax = std::chrono::seconds{30};

// Columns of reprice_records.sql.
enum Column {
  kTime,
  kModelId,
  kHostId,
  kTraceId,
  kSpanId,
  kProvider,
  kModel,
  kKind,
  kCost,
  kIsUnpriced,
  kPricedBefore,
  kRequests,
  kInput,
  kOutput,
  kCacheRead,
  kCacheWrite,
  kReasoning
};

// The columns that a correction shares with what it corrects, as they are compared.
std::string identity(const postgres::Rows& rows, int row) {
  std::string text;
  for (int column = kTime; column <= kSpanId; ++column) {
    text += rows.text(row, column);
    text += '|';
  }
  return text;
}

std::optional<int32_t> maybe_id(const postgres::Rows& rows, int row, int column) {
  if (rows.is_null(row, column)) return std::nullopt;
  return static_cast<int32_t>(rows.integer(row, column));
}

}  // namespace

// Records that nothing tells apart but what they used, and the corrections that they have: one
// correction stands for the difference of all.
struct Reprice::Group {
  std::string identity;
  models::MetricRecord record{};  // what the correction will be
  ingest::RecordIds ids{};
  int64_t records = 0;
  int64_t should_be_nanos = 0;
  int64_t is_nanos = 0;  // corrections included
  int64_t unpriced = 0;
  int64_t priced_before = 0;  // of the unpriced ones, by a correction
  // Tokens of the unpriced ones, less those of the ones priced before.
  int64_t unpriced_input = 0;
  int64_t unpriced_output = 0;
  bool known = true;
  std::string version;
};

Task<Result<RepriceReport>> Reprice::run(RepriceRange range) {
  auto lease = co_await database_.acquire();
  if (!lease) co_return forward(lease);
  auto& connection = *lease->operator->();
  auto locked =
      co_await connection.execute("SELECT pg_try_advisory_lock(hashtext('sentinel.reprice'))");
  if (!locked) co_return forward(locked);
  if (!locked->boolean(0, 0)) {
    co_return fail(ErrorCode::Conflict, "reprice_runs", "another reprice is at work; let it end");
  }
  report_ = {};
  auto agents = co_await database_.query("reprice_agents", postgres::Params(range.agent));
  Result<void> done;
  if (!agents) done = forward(agents);
  for (int row = 0; done && row < agents->size(); ++row) {
    done = co_await agent(connection, parse_uuid(agents->text(row, 0)).value_or(Uuid{}), range);
  }
  if (done) done = co_await flush(range.dry_run);
  co_await connection.execute("SELECT pg_advisory_unlock(hashtext('sentinel.reprice'))");
  if (!done) co_return forward(done);
  co_return report_;
}

// Day by day, so that no statement and no snapshot lasts long.
Task<Result<void>> Reprice::agent(postgres::Connection& connection, Uuid agent,
                                  const RepriceRange& range) {
  auto generations = co_await history_.generations(range.from, range.to);
  if (!generations) co_return forward(generations);
  auto found = co_await connection.execute(
      postgres::query("reprice_span"),
      postgres::Params(agent, range.from, range.to, generations->array(), generations->after));
  if (!found) co_return forward(found);
  if (found->is_null(0, 0)) co_return Result<void>{};
  auto from = Timestamp{Microseconds{found->integer(0, 0)}};
  const auto to = Timestamp{Microseconds{found->integer(0, 1) + 1}};
  while (from < to) {
    const auto next = std::min<Timestamp>(std::chrono::floor<days>(from) + days{1}, to);
    auto done = co_await slice(connection, agent, from, next, range.dry_run);
    if (!done) co_return done;
    from = next;
  }
  co_return Result<void>{};
}

Task<Result<void>> Reprice::slice(postgres::Connection& connection, Uuid agent, Timestamp from,
                                  Timestamp to, bool dry_run) {
  auto generations = co_await history_.generations(from, to);
  if (!generations) co_return forward(generations);
  auto begun = co_await connection.run("BEGIN READ ONLY");
  if (!begun) co_return forward(begun);
  auto declared = co_await connection.execute(
      postgres::query("reprice_records"),
      postgres::Params(agent, from, to, generations->array(), generations->after));
  Result<void> done;
  if (!declared) done = forward(declared);
  Group group;
  while (done) {
    auto rows = co_await connection.execute("FETCH 2000 FROM reprice_records");
    if (!rows) {
      done = forward(rows);
      break;
    }
    for (int row = 0; row < rows->size(); ++row) {
      if (auto key = identity(*rows, row); key != group.identity) {
        close(group, agent);
        group = {};
        group.identity = std::move(key);
      }
      read(*rows, row, group);
    }
    if (rows->size() == 0) break;
    if (pending_.records >= kBatchMax) done = co_await flush(dry_run);
  }
  if (done) close(group, agent);
  auto ended = co_await connection.run(done ? "COMMIT" : "ROLLBACK");
  if (done && !ended) done = forward(ended);
  co_return done;
}

void Reprice::read(const postgres::Rows& rows, int row, Group& group) {
  if (group.records == 0 && group.is_nanos == 0) {
    group.record.ts = Timestamp{Microseconds{rows.integer(row, kTime)}};
    group.ids.model = maybe_id(rows, row, kModelId);
    group.ids.host = maybe_id(rows, row, kHostId);
    if (!rows.is_null(row, kTraceId)) group.record.trace_id = parse_uuid(rows.text(row, kTraceId));
    group.record.span_id = rows.maybe_integer(row, kSpanId);
  }
  group.is_nanos += rows.integer(row, kCost);
  if (rows.text(row, kKind) == "c") {
    group.priced_before += rows.integer(row, kPricedBefore);
    group.unpriced_input -= rows.integer(row, kInput);
    group.unpriced_output -= rows.integer(row, kOutput);
    return;
  }
  ++group.records;
  if (rows.boolean(row, kIsUnpriced)) {
    ++group.unpriced;
    group.unpriced_input += rows.integer(row, kInput);
    group.unpriced_output += rows.integer(row, kOutput);
  }
  models::MetricRecord record;
  record.request_count = rows.maybe_integer(row, kRequests);
  record.input_tokens = rows.maybe_integer(row, kInput);
  record.output_tokens = rows.maybe_integer(row, kOutput);
  record.cache_read_tokens = rows.maybe_integer(row, kCacheRead);
  record.cache_write_tokens = rows.maybe_integer(row, kCacheWrite);
  record.reasoning_tokens = rows.maybe_integer(row, kReasoning);
  const auto model = book_->find(rows.text(row, kProvider), rows.text(row, kModel));
  const auto* price = model->at(*group.record.ts);
  const auto cost = price ? pricing::cost_nanos(*price, ingest::usage_of(record)) : std::nullopt;
  if (!cost) {
    group.known = false;
    return;
  }
  group.should_be_nanos += *cost;
  group.version = price->version;
}

void Reprice::close(const Group& group, Uuid agent) {
  report_.records += group.records;
  if (group.records == 0) return;
  if (!group.known) {
    // What was computed when a price was known stays.
    report_.unpriced += group.unpriced - group.priced_before;
    return;
  }
  const int64_t newly = group.unpriced - group.priced_before;
  const int64_t change = group.should_be_nanos - group.is_nanos;
  if (change == 0 && newly == 0) return;
  ++report_.corrections;
  report_.newly_priced += newly;
  report_.change_nanos += change;
  JsonWriter attributes;
  attributes.begin_object()
      .field("correction", "reprice")
      .field("price_version", group.version)
      .field("unpriced_records", newly)
      .field("unpriced_input_tokens", group.unpriced_input)
      .field("unpriced_output_tokens", group.unpriced_output)
      .end_object();
  auto record = group.record;
  record.kind = models::RecordKind::Correction;
  record.request_count = 0;
  record.cost_nanos = change;
  record.cost_source = models::CostSource::Computed;
  record.attributes = attributes.text();
  auto ids = group.ids;
  ids.agent = agent;
  ingest::append_tuple(pending_.tuples, record, ids, *record.ts);
  pending_.ends.push_back(static_cast<uint32_t>(pending_.tuples.size()));
  pending_.ts_min = pending_.records == 0 ? *record.ts : std::min(pending_.ts_min, *record.ts);
  pending_.ts_max = pending_.records == 0 ? *record.ts : std::max(pending_.ts_max, *record.ts);
  if (std::ranges::find(pending_.agents, agent) == pending_.agents.end()) {
    pending_.agents.push_back(agent);
  }
  ++pending_.records;
}

Task<Result<void>> Reprice::flush(bool dry_run) {
  const auto rows = std::exchange(pending_, {});
  if (rows.records == 0 || dry_run) co_return Result<void>{};
  const ingest::BatchId id{ingest::day_of(now()), writer_, ++sequence_};
  const std::vector<const ingest::Rows*> batch{&rows};
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (int tries = 1;; ++tries) {
    auto stored = co_await commit_.commit(batch, id, tries > 1, kCommitMax);
    if (stored) co_return Result<void>{};
    // Whether it is stored is not known; under the same id it is stored once.
    if (stored.error().code != ErrorCode::Unavailable || tries == kTriesMax) {
      co_return forward(stored);
    }
    timer.expires_after(kTryAgain);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

}  // namespace sentinel::prices
