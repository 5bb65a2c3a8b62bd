// Commits one batch on one connection. The batch's id goes in first, so that the same batch sent
// again, after a commit whose outcome is not known, is stored once.
#pragma once

#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "postgres/pool.hpp"
#include "services/ingest/batch_copy.hpp"
#include "services/ingest/writer_statements.hpp"

namespace sentinel::ingest {

class BatchCommit {
 public:
  // `generation_age_max`: how long the number of the newest generation may be taken for granted.
  BatchCommit(postgres::Endpoint endpoint, Microseconds generation_age_max)
      : endpoint_(std::move(endpoint)), generation_age_max_(generation_age_max) {}

  // `maybe_stored`: whether it was tried before; then it may turn out to be stored already.
  // Errors: Unavailable (stored or not is unknown), others (not stored: the database refuses it).
  Task<Result<std::vector<WriteOutcome>>> commit(const std::vector<const Rows*>& batch,
                                                 const BatchId& id, bool maybe_stored,
                                                 Microseconds time_limit);
  // Whether there is a database that would take a batch. Errors: Unavailable.
  Task<Result<void>> probe();

  // Gives up the memory that large batches needed. Small ones need little, and keep it.
  void shrink();

 private:
  using Outcomes = Result<std::vector<WriteOutcome>>;

  Task<Outcomes> try_commit(const std::vector<const Rows*>& batch, const BatchId& id,
                            bool maybe_stored, Microseconds time_limit);
  Task<Result<void>> be_ready(int32_t batch_day, Microseconds time_limit);
  Task<Outcomes> commit_plain(const std::vector<const Rows*>& batch, const BatchId& id);
  Task<Outcomes> commit_keyed(const std::vector<const Rows*>& batch, const BatchId& id);
  Task<Outcomes> commit_new_keys(const std::vector<const Rows*>& batch, std::vector<Uuid> keys,
                                 const BatchId& id);
  Task<Outcomes> commit_fresh_keys(const std::vector<const Rows*>& batch, std::vector<Uuid> keys,
                                   const BatchId& id);

  postgres::Endpoint endpoint_;
  Microseconds generation_age_max_;
  std::unique_ptr<postgres::Connection> connection_;
  int32_t generation_ = 0;  // 0: to be looked up
  std::chrono::steady_clock::time_point generation_until_;
  std::unordered_set<int32_t> days_open_;
  int careful_for_ = 0;  // batches with keys of which some may be there already
  BatchCopy copy_;
  std::string key_copy_;
};

// Days since 1970 UTC.
int32_t day_of(Timestamp time);

}  // namespace sentinel::ingest
