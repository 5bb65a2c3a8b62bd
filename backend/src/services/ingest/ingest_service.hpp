// From the body of a request to an answer that can be relied on: committed, or on this node's disk
// until it is. request_rows.hpp makes the rows, writer.hpp commits them, spool.hpp keeps what finds
// no database, drain.hpp brings it there later.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "services/ingest/caches.hpp"
#include "services/ingest/cardinality.hpp"
#include "services/ingest/drain.hpp"
#include "services/ingest/rate_limit.hpp"
#include "services/ingest/rejections.hpp"
#include "services/ingest/request_rows.hpp"
#include "services/ingest/spool.hpp"
#include "services/ingest/writer.hpp"

namespace sentinel::ingest {

struct IngestReply {
  int accepted = 0;
  int duplicates = 0;
  bool spooled = false;  // accepted, to be committed when the database is back
  std::vector<models::Rejection> rejected;
};

struct IngestStatistics {
  std::atomic<uint64_t> requests = 0;
  std::atomic<uint64_t> events = 0;
  std::atomic<uint64_t> points = 0;   // of counters
  std::atomic<uint64_t> ignored = 0;  // spans and logs that tell of no model
};

// What a node takes of one key and of one agent.
struct GuardSettings {
  RateSettings rates = {};
  CardinalitySettings cardinality = {};
};

// Where the keys known last are kept, in the folder of the spool.
std::string key_file(const std::string& spool_folder);

class IngestService {
 public:
  // Without a spool, what finds no database is refused as Unavailable.
  IngestService(postgres::Endpoint endpoint, WriterLimits limits,
                std::unique_ptr<Spool> spool = nullptr, GuardSettings guards = {});

  // Reads the prices, and brings what waits in the spool to the database from now on, and what was
  // refused.
  void start();

  // `request->body` must keep 64 bytes of capacity past its size. Errors: InvalidArgument,
  // TooLarge, RateLimited, Unavailable, Internal.
  Task<Result<IngestReply>> ingest(std::shared_ptr<const Request> request);

  postgres::Database& database() { return database_; }
  KeyCache& keys() { return keys_; }
  Prices& prices() { return prices_; }
  const Prices& prices() const { return prices_; }
  RateLimits& rates() { return rates_; }
  Rejections& rejections() { return rejections_; }
  const Rejections& rejections() const { return rejections_; }
  const WriterStatistics& writer_statistics() const { return writer_.statistics(); }
  const IngestStatistics& statistics() const { return statistics_; }
  const Spool* spool() const { return spool_.get(); }  // may be null

 private:
  Task<Result<IngestReply>> ingest_records(std::shared_ptr<const Request> request);
  Task<Result<IngestReply>> ingest_events(std::shared_ptr<const Request> request);
  // `charged`: its key has paid for it.
  Task<Result<IngestReply>> keep(std::shared_ptr<const Request> request, bool charged);
  // The reply, what it refuses counted.
  IngestReply counted(const Request& request, IngestReply reply);
  NameLimits name_limits() { return {.cardinality = &cardinality_, .memory = &waiting_}; }
  // Whether a failure is one that the spool is there for.
  bool may_keep(const Error& error) const { return spool_ && error.code == ErrorCode::Unavailable; }

  postgres::Database database_;
  RateLimits rates_;
  CardinalityLimits cardinality_;
  MemoryBudget waiting_;
  Rejections rejections_;
  std::unique_ptr<Spool> spool_;
  Prices prices_;
  Registry registry_;
  KeyCache keys_;
  Writer writer_;
  std::unique_ptr<Drain> drain_;
  IngestStatistics statistics_;
  Uuid event_writer_ = random_uuid();
  std::atomic<uint64_t> event_sequence_ = 0;
};

}  // namespace sentinel::ingest
