// What happens by the clock: generations are opened, agents that fall silent are noted. Any number
// of workers may run; an advisory lock picks the one that acts, and another takes over when its
// connection ends.
#pragma once

#include <boost/asio/io_context.hpp>
#include <thread>

#include "postgres/pool.hpp"
#include "services/query/agents_query.hpp"
#include "services/sealing/sealer.hpp"

namespace sentinel::worker {

struct WorkerLimits {
  Microseconds tick = std::chrono::seconds{2};
  int64_t generation_seconds_max = 24 * 3600;
  int64_t generation_records_max = 20'000'000;
  sealing::SealingLimits sealing = {};
};

class Worker {
 public:
  Worker(postgres::Endpoint endpoint, WorkerLimits limits = {});
  ~Worker();  // stops within a moment

  // One round: takes the lock if it is free and does what is due. Gives whether this worker acts.
  // For tests and run().
  Task<Result<bool>> tick();

  // Runs tick() on a thread of its own until the worker ends.
  void start();

 private:
  Task<Result<bool>> hold_lock();
  Task<Result<void>> rotate_generation();
  Task<Result<void>> expire_days();
  Task<Result<void>> note_size();
  // Days that `listed` gives leave by `drop`; false when one is in use, to be tried again.
  Task<Result<bool>> drop_days(std::string_view listed, std::string_view drop);
  Task<Result<void>> note_status_changes();
  Task<void> run();

  postgres::Endpoint endpoint_;
  WorkerLimits limits_;
  asio::io_context context_{1};
  postgres::Database database_;  // for what is only read
  query::AgentsQuery agents_;
  sealing::Sealer sealer_;
  std::chrono::steady_clock::time_point expire_at_;
  std::chrono::steady_clock::time_point measure_at_;
  // Holds the advisory lock while it lives, and every act is done on it: one who lost it cannot
  // act.
  std::unique_ptr<postgres::Connection> lock_;
  std::thread thread_;
};

}  // namespace sentinel::worker
