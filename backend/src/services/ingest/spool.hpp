// What could not be committed, on this node's disk: batches that were answered with 202, in the
// order of their arrival, until drain.hpp has brought them to the database. Used from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/segment_log.hpp"
#include "services/ingest/request.hpp"

namespace sentinel::ingest {

struct SpoolLimits {
  uint64_t bytes_max = 1'000'000'000;
  // Where PostgreSQL has its data on the same disk, it needs room to start again.
  uint64_t disk_free_min = 256 * 1024 * 1024;
};

struct SpoolStatistics {
  std::atomic<uint64_t> batches = 0;    // taken since the start
  std::atomic<uint64_t> requests = 0;   // in them
  std::atomic<uint64_t> refused = 0;    // batches that found no room
  std::atomic<uint64_t> drained = 0;    // batches brought to the database
  std::atomic<uint64_t> set_aside = 0;  // records that the database refuses for good
};

class Spool {
 public:
  // Makes the folder if missing. Errors: Conflict (another process uses it), InvalidArgument.
  static Result<std::unique_ptr<Spool>> open(const std::string& folder, SpoolLimits limits);

  // Returns when the disk has it. Errors: Unavailable (full, or the disk refuses).
  Result<void> add(const Batch& batch);
  // The oldest one. A frame that is no batch of ours is set aside on the way.
  std::optional<Batch> oldest();
  // The oldest one is stored.
  void done();

  // Keeps what the database refuses for good where a person finds it: a line of JSON, with the
  // reason, in refused.ndjson. Errors: Unavailable (the disk refuses).
  Result<void> set_aside(std::string_view reason, std::string_view text);

  // Whether the last commit failed for want of a database: those that come now need not try it.
  bool away() const { return away_; }
  void set_away(bool away);
  // Until there is something to do for who drains it: a batch waits, or the database is away. False
  // when `stop` was asked for.
  bool wait_for_work(std::stop_token stop) const;
  // The same, and at least `pause`.
  bool wait_at_least(std::stop_token stop, std::chrono::milliseconds pause) const;

  bool has_room() const;
  uint64_t waiting() const;  // batches
  uint64_t bytes() const;
  uint64_t segments_damaged() const;
  const SpoolStatistics& statistics() const { return statistics_; }
  const SpoolLimits& limits() const { return limits_; }
  const std::string& folder() const { return folder_; }

 private:
  Spool(std::string folder, SpoolLimits limits, SegmentLog log)
      : folder_(std::move(folder)), limits_(limits), log_(std::move(log)) {}

  std::string folder_;
  SpoolLimits limits_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  SegmentLog log_;
  SpoolStatistics statistics_;
  std::atomic<bool> away_ = false;
};

}  // namespace sentinel::ingest
