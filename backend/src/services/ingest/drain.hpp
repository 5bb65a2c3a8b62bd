// Brings what waits in the spool to the database, oldest first, beside what comes in meanwhile: on
// a thread and a connection of its own. Each batch goes under the id of its first try, so that it
// is stored once however often that is interrupted.
#pragma once

#include <boost/asio/io_context.hpp>
#include <thread>

#include "services/ingest/batch_commit.hpp"
#include "services/ingest/caches.hpp"
#include "services/ingest/spool.hpp"

namespace sentinel::ingest {

class Drain {
 public:
  // `spool` and `prices` must outlive this. Nothing runs until start() or run_until_empty().
  Drain(Spool& spool, postgres::Endpoint endpoint, Microseconds generation_age_max, Prices& prices);

  // Keeps the spool empty until this is destroyed.
  void start();
  // For a spool that nobody fills any more. Errors: Unavailable (the database, or the disk).
  Result<void> run_until_empty();

 private:
  void run(std::stop_token stop);
  // To its end, or until the drain is to stop: then what is under way is given up. Errors: those of
  // the task; Unavailable (given up).
  Result<void> run_task(Task<Result<void>> task);
  // One batch, or a look at whether the database is back.
  Result<void> step();
  Task<Result<void>> store(const Batch& batch);
  Task<Result<void>> store_records(const Batch& batch, const BatchId& id);
  Task<Result<void>> store_events(const Request& request, const BatchId& id);
  // `path` names the part within the batch: the same part has the same id each time.
  Task<Result<void>> store_part(std::vector<Rows> part, const BatchId& id, std::string path);
  // Whether the ids of that day are gone, so that a batch may be stored and nobody can tell.
  Task<Result<bool>> day_is_over(int32_t day);

  Spool& spool_;
  asio::io_context context_{1};
  postgres::Database database_;
  Registry registry_;
  BatchCommit commit_;
  std::stop_token stop_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace sentinel::ingest
