// Group commit. A few threads, each with one connection: each takes what arrived while its last
// commit ran and commits it as one transaction. A write completes only when its rows are committed,
// or when it is given up.
//
// Exactness: every batch carries an id (day, writer, sequence) that is inserted first. When a
// connection breaks in mid-commit and the outcome is unknown, the batch goes again under the same
// id, which then says whether it is stored already. A SELECT would not do: it can miss a commit
// that is still in flight. A batch that finds no database in time goes to the spool, id and all.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/task.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "postgres/pool.hpp"
#include "services/ingest/request.hpp"
#include "services/ingest/rows.hpp"
#include "services/ingest/spool.hpp"

namespace sentinel::ingest {

struct WriterLimits {
  unsigned threads = 2;
  size_t queue_bytes_max = 64 * 1024 * 1024;  // a further write is refused as Unavailable
  size_t batch_bytes_max = 8 * 1024 * 1024;
  // A write without a database is given up so long after it was queued; with a spool, sooner.
  Microseconds give_up_after = std::chrono::seconds{10};
  Microseconds spool_after = std::chrono::seconds{3};
  // How long the number of the newest generation may be taken for granted.
  Microseconds generation_age_max = std::chrono::seconds{10};
  // Commits of a few requests begin at least this far apart, so that a steady trickle shares them:
  // a disk takes so many flushes a second and no more. `crowd` requests wait for nothing, and where
  // a few clients wait for each answer, nobody else comes and waiting soon ends. Beside a commit
  // under way another begins sooner for `bulk_bytes` alone: then rows are the larger part of its
  // cost.
  Microseconds pace = std::chrono::milliseconds{2};
  size_t crowd = 16;
  size_t bulk_bytes = 256 * 1024;
};

struct WriterStatistics {
  std::atomic<uint64_t> commits = 0;
  std::atomic<uint64_t> gathered = 0;  // batches that waited for company
  std::atomic<uint64_t> records = 0;
  std::atomic<uint64_t> duplicates = 0;
  std::atomic<uint64_t> retries = 0;
  std::atomic<uint64_t> failures = 0;  // writes given up
  std::atomic<uint64_t> spooled = 0;   // records answered for by the spool
  std::atomic<uint64_t> commit_microseconds = 0;
  std::atomic<uint64_t> queue_bytes = 0;
};

class Writer {
 public:
  // `spool` may be null, and must outlive this.
  Writer(postgres::Endpoint endpoint, WriterLimits limits, Spool* spool = nullptr);
  ~Writer();  // lets what is queued end, then stops

  // `origin` is what the rows came from, for the spool; without it they cannot go there. Errors:
  // Unavailable (queue full, or neither database nor spool in time: stored or not is unknown),
  // Internal (the database refused these rows for good).
  Task<Result<WriteOutcome>> write(Rows rows, std::shared_ptr<const Request> origin = nullptr);
  // Straight to the spool, together with others that come at the same time. `records`: how many
  // the request holds. Errors: Unavailable (queue or spool full).
  Task<Result<WriteOutcome>> spool(std::shared_ptr<const Request> request, int records);

  const WriterStatistics& statistics() const { return statistics_; }

 private:
  struct Pending;
  class Thread;

  Task<Result<WriteOutcome>> enqueue(std::shared_ptr<Pending> pending);
  // What to commit next, when the last one with `done` requests is over; empty at the end.
  std::vector<std::shared_ptr<Pending>> take_batch(size_t done);
  void gather(std::unique_lock<std::mutex>& lock);
  bool enough() const;

  postgres::Endpoint endpoint_;
  WriterLimits limits_;
  Spool* spool_;
  WriterStatistics statistics_;
  std::mutex mutex_;
  std::condition_variable arrived_;  // for a thread without work
  std::condition_variable enough_;   // for the one that gathers a batch
  bool gathering_ = false;
  size_t committing_ = 0;  // requests in the batches under way
  int in_vain_ = 0;        // waits in a row whose second half brought nobody
  int unpaced_ = 0;        // batches that will not wait, since waiting is in vain
  std::chrono::steady_clock::time_point newest_arrival_;
  std::chrono::steady_clock::time_point begin_after_;
  std::vector<std::shared_ptr<Pending>> queue_;
  std::atomic<bool> stopping_ = false;  // set under the mutex
  std::vector<std::unique_ptr<Thread>> threads_;
};

}  // namespace sentinel::ingest
