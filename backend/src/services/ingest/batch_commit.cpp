#include "services/ingest/batch_commit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "postgres/embedded_sql.hpp"
#include "services/ingest/copy_encoder.hpp"
#include "services/storage/copy_stream.hpp"

namespace sentinel::ingest {

using std::chrono::steady_clock;

namespace {

constexpr auto kProbeMax = std::chrono::seconds{5};
// Who sent a record twice may well send more of them: so many batches expect it.
constexpr int kCarefulFor = 32;
constexpr size_t kKeysKept = 1024 * 1024;

}  // namespace

int32_t day_of(Timestamp time) {
  return static_cast<int32_t>(
      std::chrono::floor<std::chrono::days>(time).time_since_epoch().count());
}

Task<Result<std::vector<WriteOutcome>>> BatchCommit::commit(const std::vector<const Rows*>& batch,
                                                            const BatchId& id, bool maybe_stored,
                                                            Microseconds time_limit) {
  auto outcomes = co_await try_commit(batch, id, maybe_stored, time_limit);
  if (outcomes) co_return outcomes;
  auto state = postgres::sqlstate(outcomes.error());
  if (state == "42P01" || state == "23514" || state == "55000") {
    // The generation or the day is another one by now: look again, once.
    generation_ = 0;
    days_open_.clear();
    outcomes = co_await try_commit(batch, id, maybe_stored, time_limit);
  }
  // Whoever tries this batch next waits for the end of this try: a connection that is given up in
  // the middle of it must not stay open until its owner has something else to commit.
  if (!outcomes && connection_ && !connection_->idle()) connection_.reset();
  co_return outcomes;
}

void BatchCommit::shrink() {
  copy_.shrink();
  if (key_copy_.capacity() > kKeysKept) key_copy_ = std::string();
}

Task<Result<void>> BatchCommit::probe() {
  generation_ = 0;
  co_return co_await be_ready(day_of(now()), kProbeMax);
}

Task<Result<void>> BatchCommit::be_ready(int32_t batch_day, Microseconds time_limit) {
  if (connection_ && !connection_->idle()) connection_.reset();
  if (!connection_) {
    auto opened = co_await postgres::Connection::open(endpoint_.conninfo, endpoint_.role,
                                                      endpoint_.application);
    if (!opened) {
      // Whatever is wrong with our login, the rows are not to blame.
      opened.error().code = ErrorCode::Unavailable;
      co_return forward(opened);
    }
    connection_ = std::move(*opened);
    generation_ = 0;  // it may be another server
    days_open_.clear();
  }
  connection_->set_time_limit(time_limit);
  if (generation_ == 0 || steady_clock::now() > generation_until_) {
    auto rows = co_await connection_->execute("SELECT max(gen) FROM generation");
    if (!rows) co_return forward(rows);
    generation_ = static_cast<int32_t>(rows->integer(0, 0));
    generation_until_ = steady_clock::now() + generation_age_max_;
  }
  // Ids go under the day of the batch's first try, keys under today and yesterday.
  const int32_t today = day_of(now());
  if (days_open_.size() > 8) days_open_.clear();
  for (int32_t day : {batch_day, today - 1, today}) {
    if (days_open_.contains(day)) continue;
    auto opened = co_await connection_->run(fmt::format("SELECT open_ingest_day({})", day));
    if (!opened) co_return forward(opened);
    days_open_.insert(day);
  }
  co_return Result<void>{};
}

Task<BatchCommit::Outcomes> BatchCommit::try_commit(const std::vector<const Rows*>& batch,
                                                    const BatchId& id, bool maybe_stored,
                                                    Microseconds time_limit) {
  auto ready = co_await be_ready(id.day, time_limit);
  if (!ready) co_return forward(ready);
  bool keyed = std::ranges::any_of(batch, [](const auto* rows) { return !rows->keys.empty(); });
  auto outcomes = keyed ? co_await commit_keyed(batch, id) : co_await commit_plain(batch, id);
  if (!outcomes && maybe_stored && postgres::sqlstate(outcomes.error()) == "23505") {
    // An earlier try was committed after all.
    std::vector<WriteOutcome> stored;
    for (const auto* rows : batch) stored.push_back({.stored = rows->records});
    co_return stored;
  }
  co_return outcomes;
}

// One query string is one implicit transaction: the id and the rows are committed together.
Task<BatchCommit::Outcomes> BatchCommit::commit_plain(const std::vector<const Rows*>& batch,
                                                      const BatchId& id) {
  auto outcomes = copy_.take_all(batch);
  auto done = co_await connection_->run(
      batch_statement(id, generation_, batch) + copy_.statements(generation_), copy_.copies());
  if (!done) co_return forward(done);
  co_return outcomes;
}

Task<BatchCommit::Outcomes> BatchCommit::commit_keyed(const std::vector<const Rows*>& batch,
                                                      const BatchId& id) {
  auto keys = distinct_keys(batch);
  size_t keyed = 0;
  for (const auto* rows : batch) keyed += rows->keys.size();
  if (careful_for_ > 0) {
    --careful_for_;
  } else if (keys.size() == keyed && !is_around_midnight()) {
    auto outcomes = co_await commit_new_keys(batch, keys, id);
    if (outcomes || postgres::sqlstate(outcomes.error()) != "23505") co_return outcomes;
    careful_for_ = kCarefulFor;
  }
  co_return co_await commit_fresh_keys(batch, std::move(keys), id);
}

// Nearly always all keys are new. Then they go in as the rows do, by COPY, which costs a third of
// asking for each whether it is there. Fails with 23505 when one is there, or the batch's id, and
// then nothing of the batch is stored.
Task<BatchCommit::Outcomes> BatchCommit::commit_new_keys(const std::vector<const Rows*>& batch,
                                                         std::vector<Uuid> keys,
                                                         const BatchId& id) {
  const int32_t today = day_of(now());
  // Nobody writes keys of yesterday any more, so this may be asked before the transaction.
  auto known = co_await connection_->execute(postgres::query("ingest_keys_exist"),
                                             postgres::Params(today - 1, uuid_array(keys)));
  if (!known) co_return forward(known);
  if (known->boolean(0, 0)) {
    co_return fail(ErrorCode::Conflict, "sqlstate_23505", "a key of yesterday is used again");
  }
  key_copy_.assign(storage::copy_header());
  for (const auto& key : keys) append_key_tuple(key_copy_, today, key);
  key_copy_ += storage::copy_trailer();
  auto outcomes = copy_.take_all(batch);
  auto copies = copy_.copies();
  copies.insert(copies.begin(), key_copy_);
  auto done =
      co_await connection_->run(batch_statement(id, generation_, batch) +
                                    key_copy_statement(today) + copy_.statements(generation_),
                                std::move(copies));
  if (!done) co_return forward(done);
  co_return outcomes;
}

// Keys first, sorted, so that two writers with the same keys wait for each other in one order; then
// only the records whose keys are new.
Task<BatchCommit::Outcomes> BatchCommit::commit_fresh_keys(const std::vector<const Rows*>& batch,
                                                           std::vector<Uuid> keys,
                                                           const BatchId& id) {
  auto inserted = co_await connection_->run("BEGIN;" + batch_statement(id, generation_, batch) +
                                            key_statement(day_of(now()), keys));
  if (!inserted) {
    auto error = inserted.error();
    if (postgres::sqlstate(error).size() == 5) co_await connection_->run("ROLLBACK");
    co_return std::unexpected(std::move(error));
  }
  std::unordered_set<Uuid> fresh;
  for (int row = 0; row < inserted->size(); ++row) {
    fresh.insert(parse_uuid(inserted->text(row, 0)).value_or(Uuid{}));
  }
  auto outcomes = copy_.take_fresh(batch, fresh);
  auto done = co_await connection_->run(copy_.statements(generation_) + "COMMIT", copy_.copies());
  if (!done) {
    auto error = done.error();
    if (postgres::sqlstate(error).size() == 5) co_await connection_->run("ROLLBACK");
    co_return std::unexpected(std::move(error));
  }
  co_return outcomes;
}

}  // namespace sentinel::ingest
