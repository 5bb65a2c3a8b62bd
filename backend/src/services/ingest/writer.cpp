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

#include "base/log.hpp"
#include "base/run_now.hpp"
#include "services/ingest/batch_commit.hpp"

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

}  // namespace

using Complete =
    asio::async_result<asio::use_awaitable_t<>, void(Result<WriteOutcome>)>::handler_type;

struct Writer::Pending {
  Rows rows;
  std::shared_ptr<const Request> origin;
  bool only_spool = false;
  steady_clock::time_point deadline;
  asio::any_io_executor executor;
  std::optional<Complete> complete;

  // All that it holds in memory while it waits.
  size_t bytes() const { return rows.bytes() + (origin ? origin->body.capacity() : 0); }
};

class Writer::Thread {
 public:
  explicit Thread(Writer& writer)
      : writer_(writer),
        commit_(writer.endpoint_, writer.limits_.generation_age_max),
        thread_([this] { run(); }) {}
  ~Thread() { thread_.join(); }

 private:
  using Group = std::vector<std::shared_ptr<Pending>>;
  using Outcomes = Result<std::vector<WriteOutcome>>;

  // What one io_context is told: in one go, so that it wakes up once for all of it.
  struct Answers {
    asio::any_io_executor executor;
    std::vector<std::pair<Complete, Result<WriteOutcome>>> answers;
    void operator()() {
      for (auto& [complete, outcome] : answers) std::move(complete)(std::move(outcome));
    }
  };

  void run() {
    for (size_t done = 0;;) {
      auto group = writer_.take_batch(done);
      if (group.empty()) break;
      done = group.size();
      // While the database is away nothing is tried, and all of it is one frame in the spool.
      const bool away = writer_.spool_ && writer_.spool_->away();
      Group to_spool, to_commit;
      for (auto& pending : group) {
        const bool spools = pending->only_spool || (away && pending->origin);
        (spools ? to_spool : to_commit).push_back(std::move(pending));
      }
      if (!to_spool.empty()) answer(to_spool, spool(to_spool, next_id(), false));
      if (!to_commit.empty()) commit_and_answer(to_commit);
      if (writer_.statistics_.queue_bytes == 0) commit_.shrink();
    }
  }

  BatchId next_id() { return {day_of(now()), id_, ++sequence_}; }

  void commit_and_answer(const Group& group) {
    auto started = steady_clock::now();
    auto outcomes = run_now(context_, commit(group));
    auto& statistics = writer_.statistics_;
    statistics.commit_microseconds += static_cast<uint64_t>(
        std::chrono::duration_cast<Microseconds>(steady_clock::now() - started).count());
    if (!outcomes && outcomes.error().code == ErrorCode::Internal && group.size() > 1) {
      // One request's rows spoil the batch for all: alone, only those are refused.
      for (const auto& pending : group) commit_and_answer({pending});
      return;
    }
    if (outcomes && !outcomes->front().spooled) ++statistics.commits;
    answer(group, outcomes);
  }

  void answer(const Group& group, const Outcomes& outcomes) {
    auto& statistics = writer_.statistics_;
    if (!outcomes) statistics.failures += group.size();
    std::vector<Answers> by_context;
    for (size_t i = 0; i < group.size(); ++i) {
      const auto& pending = group[i];
      Result<WriteOutcome> outcome =
          outcomes ? Result<WriteOutcome>((*outcomes)[i]) : std::unexpected(outcomes.error());
      if (outcome) {
        (outcome->spooled ? statistics.spooled : statistics.records) +=
            static_cast<uint64_t>(outcome->stored);
        statistics.duplicates += static_cast<uint64_t>(outcome->duplicates);
      }
      auto same = std::ranges::find(by_context, pending->executor, &Answers::executor);
      if (same == by_context.end()) {
        same = by_context.insert(same, Answers{.executor = pending->executor, .answers = {}});
      }
      // The coroutine that waits holds `pending`: what is left in there of it would keep both for
      // ever when its io_context ends before it is told.
      same->answers.emplace_back(std::move(*pending->complete), std::move(outcome));
      pending->complete.reset();
    }
    for (auto& answers : by_context) {
      auto executor = answers.executor;
      asio::post(executor, std::move(answers));
    }
  }

  // Tries until it is committed, refused for good, or the time is up; then it goes to the spool.
  Task<Outcomes> commit(const Group& group) {
    // The oldest comes first. One that waited too long already still gets a try.
    const auto deadline = group.front()->deadline;
    const auto id = next_id();
    std::vector<const Rows*> rows;
    for (const auto& pending : group) rows.push_back(&pending->rows);
    auto pause = milliseconds{20};
    for (bool first = true;; first = false) {
      if (!first) ++writer_.statistics_.retries;
      auto time_left = std::max<Microseconds>(
          std::chrono::duration_cast<Microseconds>(deadline - steady_clock::now()), kTryMin);
      auto outcomes = co_await commit_.commit(rows, id, !first, time_left);
      if (outcomes) co_return outcomes;
      if (outcomes.error().code != ErrorCode::Unavailable) {
        log::error("the database refuses a batch of {} requests: {}", group.size(),
                   outcomes.error().message);
        outcomes.error().code = ErrorCode::Internal;
        co_return outcomes;
      }
      // Who stops waits for no database.
      if (writer_.stopping_ || steady_clock::now() + pause > deadline) {
        co_return without_database(group, id, outcomes.error());
      }
      asio::steady_timer timer(context_, pause);
      co_await timer.async_wait(asio::use_awaitable);
      pause = std::min(pause * 2, kPauseMax);
    }
  }

  Outcomes without_database(const Group& group, const BatchId& id, const Error& why) {
    std::string no_spool;
    if (writer_.spool_ && std::ranges::all_of(group, [](const auto& pending) {
          return pending->origin != nullptr;
        })) {
      if (!writer_.stopping_) writer_.spool_->set_away(true);
      auto spooled = spool(group, id, true);
      if (spooled) return spooled;
      no_spool = "; " + spooled.error().message;
    }
    return fail(ErrorCode::Unavailable, "database_unavailable",
                fmt::format("the database is not available ({}){}; it is not known whether these "
                            "records are stored: send them again",
                            why.message, no_spool));
  }

  Outcomes spool(const Group& group, const BatchId& id, bool tried) {
    Batch batch{.id = id, .tried = tried, .requests = {}};
    std::vector<WriteOutcome> outcomes;
    for (const auto& pending : group) {
      batch.requests.push_back(pending->origin);
      outcomes.push_back({.stored = pending->rows.records, .spooled = true});
    }
    if (auto added = writer_.spool_->add(batch); !added) return forward(added);
    return outcomes;
  }

  Writer& writer_;
  asio::io_context context_{1};
  BatchCommit commit_;
  Uuid id_ = random_uuid();
  uint64_t sequence_ = 0;
  std::thread thread_;  // last: it uses all of the above
};

Writer::Writer(postgres::Endpoint endpoint, WriterLimits limits, Spool* spool)
    : endpoint_(std::move(endpoint)), limits_(limits), spool_(spool) {
  for (unsigned i = 0; i < limits_.threads; ++i)
    threads_.push_back(std::make_unique<Thread>(*this));
}

Writer::~Writer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  enough_.notify_all();
  threads_.clear();
}

// Keeps commits apart, so that those who come meanwhile share one: most of what a commit of a few
// requests costs does not depend on how many they are.
void Writer::gather(std::unique_lock<std::mutex>& lock) {
  const bool alone = committing_ == 0, paced = unpaced_ == 0;
  if (steady_clock::now() < begin_after_ && !enough()) {
    const auto started = steady_clock::now();
    const auto until = begin_after_;
    gathering_ = true;
    while (!enough() && steady_clock::now() < begin_after_) enough_.wait_until(lock, begin_after_);
    gathering_ = false;
    ++statistics_.gathered;
    // Clients that wait for their answers come at once or not at all; a stream of others comes
    // evenly.
    const bool in_vain = newest_arrival_ < started + (until - started) / 2;
    if (alone && paced) in_vain_ = in_vain ? in_vain_ + 1 : 0;
    if (in_vain_ >= kInVainMax) {
      in_vain_ = 0;
      unpaced_ = kUnpacedFor;
    }
  }
}

bool Writer::enough() const {
  if (stopping_ || statistics_.queue_bytes >= limits_.bulk_bytes) return true;
  return committing_ == 0 && (queue_.size() >= limits_.crowd || unpaced_ > 0);
}

std::vector<std::shared_ptr<Writer::Pending>> Writer::take_batch(size_t done) {
  std::unique_lock lock(mutex_);
  committing_ -= done;
  // Who has just committed goes on where enough came meanwhile, also in the place of the one that
  // gathers it: to wake that one takes as long as half a commit.
  const bool goes_on = done > 0 && gathering_ && !queue_.empty() && enough();
  while (!goes_on) {
    arrived_.wait(lock, [this] { return stopping_ || (!queue_.empty() && !gathering_); });
    gather(lock);
    if (stopping_ || !queue_.empty()) break;
  }
  if (unpaced_ > 0) --unpaced_;
  begin_after_ = steady_clock::now() + limits_.pace;
  std::vector<std::shared_ptr<Pending>> batch;
  size_t bytes = 0, taken = 0;
  while (taken < queue_.size() && (taken == 0 || bytes < limits_.batch_bytes_max)) {
    bytes += queue_[taken++]->bytes();
  }
  batch.assign(std::make_move_iterator(queue_.begin()),
               std::make_move_iterator(queue_.begin() + static_cast<std::ptrdiff_t>(taken)));
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(taken));
  statistics_.queue_bytes -= bytes;
  committing_ += taken;
  if (!queue_.empty()) arrived_.notify_one();
  return batch;
}

Task<Result<WriteOutcome>> Writer::write(Rows rows, std::shared_ptr<const Request> origin) {
  auto pending = std::make_shared<Pending>();
  pending->rows = std::move(rows);
  pending->origin = std::move(origin);
  return enqueue(std::move(pending));
}

Task<Result<WriteOutcome>> Writer::spool(std::shared_ptr<const Request> request, int records) {
  auto pending = std::make_shared<Pending>();
  pending->rows.records = records;
  pending->origin = std::move(request);
  pending->only_spool = true;
  return enqueue(std::move(pending));
}

Task<Result<WriteOutcome>> Writer::enqueue(std::shared_ptr<Pending> pending) {
  pending->executor = co_await asio::this_coro::executor;
  const bool may_spool = spool_ && pending->origin;
  pending->deadline =
      steady_clock::now() + (may_spool ? limits_.spool_after : limits_.give_up_after);
  auto start = [this, &pending](Complete handler) {
    pending->complete.emplace(std::move(handler));
    size_t bytes = pending->bytes();
    std::unique_lock lock(mutex_);
    if (stopping_ || statistics_.queue_bytes + bytes > limits_.queue_bytes_max) {
      lock.unlock();
      Result<WriteOutcome> full =
          fail(ErrorCode::Unavailable, "queue_full",
               "too much is waiting to be committed; send it again in a moment");
      asio::post(pending->executor,
                 [complete = std::move(*pending->complete), full = std::move(full)]() mutable {
                   std::move(complete)(std::move(full));
                 });
      pending->complete.reset();
      return;
    }
    statistics_.queue_bytes += bytes;
    queue_.push_back(pending);
    newest_arrival_ = steady_clock::now();
    const bool gathering = gathering_, notify = !gathering || enough();
    lock.unlock();
    if (notify) (gathering ? enough_ : arrived_).notify_one();
  };
  // Named, not a temporary inside co_await: see decisions/0002.
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>,
                                          void(Result<WriteOutcome>)>(start, asio::use_awaitable);
}

}  // namespace sentinel::ingest
