#include "services/ingest/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <unordered_set>

#include "base/log.hpp"
#include "services/ingest/copy_encoder.hpp"
#include "services/ingest/writer_statements.hpp"

namespace sentinel::ingest {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr auto kPauseMax = milliseconds{1000};
constexpr auto kTryMin = seconds{1};
// After so many waits in a row that were in vain, so many batches do not wait.
constexpr int kInVainMax = 5;
constexpr int kUnpacedFor = 32;

int32_t day_of(Timestamp time) {
  return static_cast<int32_t>(
      std::chrono::floor<std::chrono::days>(time).time_since_epoch().count());
}

template <class T>
T run_to_end(asio::io_context& context, Task<T> task) {
  std::optional<T> result;
  asio::co_spawn(
      context, [&]() -> Task<void> { result.emplace(co_await std::move(task)); }, asio::detached);
  context.restart();
  context.run();
  return std::move(*result);
}

}  // namespace

struct Writer::Pending {
  Rows rows;
  steady_clock::time_point deadline;
  asio::any_io_executor executor;
  std::function<void(Result<WriteOutcome>)> complete;
};

class Writer::Thread {
 public:
  explicit Thread(Writer& writer) : writer_(writer), thread_([this] { run(); }) {}
  ~Thread() { thread_.join(); }

 private:
  using Batch = std::vector<std::shared_ptr<Pending>>;

  static std::vector<const Rows*> rows_of(const Batch& batch) {
    std::vector<const Rows*> rows;
    for (const auto& pending : batch) rows.push_back(&pending->rows);
    return rows;
  }

  void run() {
    for (;;) {
      auto batch = writer_.take_batch();
      if (batch.empty()) break;
      commit_and_answer(batch);
    }
    connection_.reset();  // before its io_context
  }

  void commit_and_answer(const Batch& batch) {
    auto started = steady_clock::now();
    auto outcomes = run_to_end(context_, commit(batch));
    auto& statistics = writer_.statistics_;
    statistics.commit_microseconds += static_cast<uint64_t>(
        std::chrono::duration_cast<Microseconds>(steady_clock::now() - started).count());
    if (!outcomes && outcomes.error().code == ErrorCode::Internal && batch.size() > 1) {
      // One request's rows spoil the batch for all: alone, only those are refused.
      for (const auto& pending : batch) commit_and_answer({pending});
      return;
    }
    if (outcomes) {
      ++statistics.commits;
    } else {
      statistics.failures += batch.size();
    }
    for (size_t i = 0; i < batch.size(); ++i) {
      const auto& pending = batch[i];
      Result<WriteOutcome> outcome =
          outcomes ? Result<WriteOutcome>((*outcomes)[i]) : std::unexpected(outcomes.error());
      if (outcome) {
        statistics.records += static_cast<uint64_t>(outcome->stored);
        statistics.duplicates += static_cast<uint64_t>(outcome->duplicates);
      }
      // The coroutine that waits holds `pending`: what is left in there of it would keep both for
      // ever when its io_context ends before it is told.
      asio::post(pending->executor,
                 [complete = std::move(pending->complete), outcome = std::move(outcome)]() mutable {
                   complete(std::move(outcome));
                 });
    }
  }

  // Tries until it is committed, refused for good, or the time is up.
  Task<Result<std::vector<WriteOutcome>>> commit(const Batch& batch) {
    // The oldest comes first. One that waited too long already still gets a try.
    const auto deadline = batch.front()->deadline;
    const int32_t day = day_of(now());
    const uint64_t sequence = ++sequence_;
    auto pause = milliseconds{20};
    bool looked_again = false;
    for (bool first = true;; first = false) {
      if (!first) ++writer_.statistics_.retries;
      time_left_ = std::max<Microseconds>(
          std::chrono::duration_cast<Microseconds>(deadline - steady_clock::now()), kTryMin);
      auto outcomes = co_await try_commit(batch, day, sequence, first);
      if (outcomes) co_return outcomes;
      auto state = postgres::sqlstate(outcomes.error());
      if (state == "42P01" || state == "23514" || state == "55000") {
        // The generation or the day is another one by now: look again, once.
        generation_ = 0;
        day_open_ = 0;
        if (std::exchange(looked_again, true))
          co_return fail(ErrorCode::Internal, outcomes.error().reason, outcomes.error().message);
        continue;
      }
      if (outcomes.error().code != ErrorCode::Unavailable) {
        log::error("the database refuses a batch of {} requests: {}", batch.size(),
                   outcomes.error().message);
        outcomes.error().code = ErrorCode::Internal;
        co_return outcomes;
      }
      // Who stops waits for no database.
      if (writer_.stopping_ || steady_clock::now() + pause > deadline) {
        co_return fail(
            ErrorCode::Unavailable, "database_unavailable",
            fmt::format("the database is not available ({}); it is not known whether these "
                        "records are stored: send them again",
                        outcomes.error().message));
      }
      asio::steady_timer timer(context_, pause);
      co_await timer.async_wait(asio::use_awaitable);
      pause = std::min(pause * 2, kPauseMax);
    }
  }

  Task<Result<void>> be_ready(int32_t day) {
    if (connection_ && !connection_->idle()) connection_.reset();
    if (!connection_) {
      const auto& endpoint = writer_.endpoint_;
      auto opened = co_await postgres::Connection::open(endpoint.conninfo, endpoint.role,
                                                        endpoint.application);
      if (!opened) {
        // Whatever is wrong with our login, the rows are not to blame.
        opened.error().code = ErrorCode::Unavailable;
        co_return forward(opened);
      }
      connection_ = std::move(*opened);
      generation_ = 0;  // it may be another server
      day_open_ = 0;
    }
    connection_->set_time_limit(time_left_);
    if (generation_ == 0 || steady_clock::now() > generation_until_) {
      auto rows = co_await connection_->execute("SELECT max(gen) FROM generation");
      if (!rows) co_return forward(rows);
      generation_ = static_cast<int32_t>(rows->integer(0, 0));
      generation_until_ = steady_clock::now() + writer_.limits_.generation_age_max;
    }
    if (day_open_ != day) {
      auto opened = co_await connection_->run(
          fmt::format("SELECT open_ingest_day({}), open_ingest_day({})", day - 1, day));
      if (!opened) co_return forward(opened);
      day_open_ = day;
    }
    co_return Result<void>{};
  }

  Task<Result<std::vector<WriteOutcome>>> try_commit(const Batch& batch, int32_t day,
                                                     uint64_t sequence, bool first) {
    auto ready = co_await be_ready(day);
    if (!ready) co_return forward(ready);
    bool keyed =
        std::ranges::any_of(batch, [](const auto& pending) { return !pending->rows.keys.empty(); });
    auto outcomes = keyed ? co_await commit_keyed(batch, day, sequence)
                          : co_await commit_plain(batch, day, sequence);
    if (!outcomes && !first && postgres::sqlstate(outcomes.error()) == "23505") {
      // Our earlier try was committed after all.
      std::vector<WriteOutcome> stored;
      for (const auto& pending : batch) stored.push_back({pending->rows.records, 0});
      co_return stored;
    }
    co_return outcomes;
  }

  // One query string is one implicit transaction: the id and the rows are committed together.
  Task<Result<std::vector<WriteOutcome>>> commit_plain(const Batch& batch, int32_t day,
                                                       uint64_t sequence) {
    copy_.assign(copy_header());
    std::vector<WriteOutcome> outcomes;
    for (const auto& pending : batch) {
      copy_ += pending->rows.tuples;
      outcomes.push_back({pending->rows.records, 0});
    }
    copy_ += copy_trailer();
    auto done = co_await connection_->run(
        batch_statement({day, id_, sequence}, generation_, rows_of(batch)) +
            copy_statement(generation_),
        copy_);
    if (!done) co_return forward(done);
    co_return outcomes;
  }

  // Keys first, sorted, so that two writers with the same keys wait for each other in one order;
  // then only the rows whose keys are new.
  Task<Result<std::vector<WriteOutcome>>> commit_keyed(const Batch& batch, int32_t day,
                                                       uint64_t sequence) {
    auto inserted = co_await connection_->run(
        "BEGIN;" + batch_statement({day, id_, sequence}, generation_, rows_of(batch)) +
        key_statement(day, rows_of(batch)));
    if (!inserted) {
      auto error = inserted.error();
      if (postgres::sqlstate(error).size() == 5) co_await connection_->run("ROLLBACK");
      co_return std::unexpected(std::move(error));
    }
    std::unordered_set<Uuid> fresh;
    for (int row = 0; row < inserted->size(); ++row) {
      fresh.insert(parse_uuid(inserted->text(row, 0)).value_or(Uuid{}));
    }
    auto outcomes = select_fresh(batch, fresh);
    auto done = co_await connection_->run(copy_statement(generation_), copy_);
    if (done) done = co_await connection_->run("COMMIT");
    if (!done) {
      auto error = done.error();
      if (postgres::sqlstate(error).size() == 5) co_await connection_->run("ROLLBACK");
      co_return std::unexpected(std::move(error));
    }
    co_return outcomes;
  }

  // Fills copy_ with the rows that have no key or a fresh one. A key counts once, also within the
  // batch.
  std::vector<WriteOutcome> select_fresh(const Batch& batch, std::unordered_set<Uuid>& fresh) {
    copy_.assign(copy_header());
    std::vector<WriteOutcome> outcomes;
    for (const auto& pending : batch) {
      const auto& rows = pending->rows;
      WriteOutcome outcome;
      if (rows.keys.empty()) {
        copy_ += rows.tuples;
        outcome.stored = rows.records;
      }
      for (size_t i = 0; i < rows.keys.size(); ++i) {
        if (fresh.erase(rows.keys[i]) == 0) {
          ++outcome.duplicates;
          continue;
        }
        size_t begin = i == 0 ? 0 : rows.ends[i - 1];
        copy_.append(rows.tuples, begin, rows.ends[i] - begin);
        ++outcome.stored;
      }
      outcomes.push_back(outcome);
    }
    copy_ += copy_trailer();
    return outcomes;
  }

  Writer& writer_;
  asio::io_context context_{1};
  std::unique_ptr<postgres::Connection> connection_;
  Uuid id_ = random_uuid();
  uint64_t sequence_ = 0;
  int32_t generation_ = 0;  // 0: to be looked up
  steady_clock::time_point generation_until_;
  Microseconds time_left_{};
  int32_t day_open_ = 0;
  std::string copy_;
  std::thread thread_;  // last: it uses all of the above
};

Writer::Writer(postgres::Endpoint endpoint, WriterLimits limits)
    : endpoint_(std::move(endpoint)), limits_(limits) {
  for (unsigned i = 0; i < limits_.threads; ++i)
    threads_.push_back(std::make_unique<Thread>(*this));
}

Writer::~Writer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  crowded_.notify_all();
  threads_.clear();
}

// Keeps commits apart, so that those who come meanwhile share one.
void Writer::gather(std::unique_lock<std::mutex>& lock) {
  auto crowded = [this] { return stopping_ || queue_.size() >= limits_.crowd; };
  bool waits = steady_clock::now() < begin_after_ && !crowded();
  if (waits && unpaced_ > 0) {
    --unpaced_;
    waits = false;
  }
  if (waits) {
    const auto started = steady_clock::now();
    gathering_ = true;
    crowded_.wait_until(lock, begin_after_, crowded);
    gathering_ = false;
    ++statistics_.gathered;
    // Clients that wait for their answers come at once or not at all; a stream of others comes
    // evenly.
    in_vain_ = newest_arrival_ < started + (begin_after_ - started) / 2 ? in_vain_ + 1 : 0;
    if (in_vain_ >= kInVainMax) {
      in_vain_ = 0;
      unpaced_ = kUnpacedFor;
    }
  }
  begin_after_ = steady_clock::now() + limits_.pace;
}

std::vector<std::shared_ptr<Writer::Pending>> Writer::take_batch() {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [this] { return stopping_ || (!queue_.empty() && !gathering_); });
  gather(lock);
  std::vector<std::shared_ptr<Pending>> batch;
  size_t bytes = 0, taken = 0;
  while (taken < queue_.size() && (taken == 0 || bytes < limits_.batch_bytes_max)) {
    bytes += queue_[taken++]->rows.tuples.size();
  }
  batch.assign(std::make_move_iterator(queue_.begin()),
               std::make_move_iterator(queue_.begin() + static_cast<std::ptrdiff_t>(taken)));
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(taken));
  statistics_.queue_bytes -= bytes;
  if (!queue_.empty()) arrived_.notify_one();
  return batch;
}

Task<Result<WriteOutcome>> Writer::write(Rows rows) {
  auto pending = std::make_shared<Pending>();
  pending->rows = std::move(rows);
  pending->executor = co_await asio::this_coro::executor;
  pending->deadline = steady_clock::now() + limits_.give_up_after;
  auto start = [this, &pending](auto handler) {
    // std::function wants something that can be copied.
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    pending->complete = [shared](Result<WriteOutcome> outcome) {
      std::move (*shared)(std::move(outcome));
    };
    size_t bytes = pending->rows.tuples.size();
    std::unique_lock lock(mutex_);
    if (stopping_ || statistics_.queue_bytes + bytes > limits_.queue_bytes_max) {
      lock.unlock();
      Result<WriteOutcome> full =
          fail(ErrorCode::Unavailable, "queue_full",
               "too much is waiting to be committed; send it again in a moment");
      asio::post(pending->executor,
                 [complete = std::move(pending->complete), full] { complete(full); });
      return;
    }
    statistics_.queue_bytes += bytes;
    queue_.push_back(pending);
    newest_arrival_ = steady_clock::now();
    const bool gathering = gathering_, crowd = queue_.size() >= limits_.crowd;
    lock.unlock();
    if (!gathering) {
      arrived_.notify_one();
    } else if (crowd) {
      crowded_.notify_one();
    }
  };
  // Named, not a temporary inside co_await: see decisions/0002.
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>,
                                          void(Result<WriteOutcome>)>(start, asio::use_awaitable);
}

}  // namespace sentinel::ingest
