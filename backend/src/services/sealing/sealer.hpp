// Turns generations that are over into history: all their records into chunks, then one row that
// makes readers take them from there, then what they were before is dropped. See decision 0015.
#pragma once

#include <memory>

#include "postgres/connection.hpp"

namespace sentinel::sealing {

struct SealingLimits {
  // How long a closed generation waits. What asks for an agent's newest records relies on six
  // hours.
  Microseconds after = std::chrono::hours{6};
  // How long one step works before it leaves the rest to the next, so that ingest keeps its time.
  Microseconds budget = std::chrono::milliseconds{500};
  // After a failure, and before a drop that somebody was in the way of is tried again: each try
  // keeps new readers waiting for a tenth of a second.
  Microseconds retry = std::chrono::minutes{1};
};

class Sealer {
 public:
  explicit Sealer(SealingLimits limits);
  ~Sealer();

  // Drops what it remembers of a generation that it has begun: after the lock was another's it may
  // be sealed.
  void forget();

  // Does what is due, at least one piece and for as long as the budget says: closes generations
  // that are over, seals the oldest closed one in short transactions, drops what is sealed or
  // expired. `connection` is the one that holds the worker's lock. After a failure the generation
  // is begun anew, a while later.
  Task<Result<void>> step(postgres::Connection& connection);

 private:
  struct Generation;
  Task<Result<void>> close(postgres::Connection& connection);
  // At least one piece.
  Task<Result<void>> seal_until(postgres::Connection& connection,
                                std::chrono::steady_clock::time_point until);
  Task<Result<void>> drop(postgres::Connection& connection);
  // Nothing where none is due.
  Task<Result<std::unique_ptr<Generation>>> begin(postgres::Connection& connection);
  Task<Result<void>> seal(postgres::Connection& connection, Generation& generation);
  Task<Result<void>> flip(postgres::Connection& connection, const Generation& generation);

  SealingLimits limits_;
  std::unique_ptr<Generation> under_way_;
  std::chrono::steady_clock::time_point seal_from_;
  std::chrono::steady_clock::time_point drop_from_;
};

}  // namespace sentinel::sealing
