// From the body of a request to committed rows and an answer: decode, check, resolve names, write.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "services/ingest/caches.hpp"
#include "services/ingest/copy_encoder.hpp"
#include "services/ingest/event_decoder.hpp"
#include "services/ingest/record_decoder.hpp"
#include "services/ingest/writer.hpp"

namespace sentinel::ingest {

struct IngestReply {
  int accepted = 0;
  int duplicates = 0;
  std::vector<models::Rejection> rejected;
};

struct IngestStatistics {
  std::atomic<uint64_t> requests = 0;
  std::atomic<uint64_t> rejected = 0;
  std::atomic<uint64_t> events = 0;
};

class IngestService {
 public:
  IngestService(postgres::Endpoint endpoint, WriterLimits limits);

  // `body` must keep 64 bytes of capacity past its size. Errors: InvalidArgument, TooLarge,
  // Unavailable, Internal.
  Task<Result<IngestReply>> ingest_metrics(const models::ApiKey& key, const std::string& body,
                                           BodyFormat format, std::string_view idempotency_key);
  Task<Result<IngestReply>> ingest_events(const models::ApiKey& key, const std::string& body,
                                          std::string_view idempotency_key);

  postgres::Database& database() { return database_; }
  KeyCache& keys() { return keys_; }
  const WriterStatistics& writer_statistics() const { return writer_.statistics(); }
  const IngestStatistics& statistics() const { return statistics_; }

 private:
  Task<Result<void>> resolve(const models::ApiKey& key, DecodedRecords& decoded,
                             std::vector<RecordIds>& ids);

  postgres::Database database_;
  Registry registry_;
  KeyCache keys_;
  Writer writer_;
  IngestStatistics statistics_;
  Uuid event_writer_ = random_uuid();
  std::atomic<int64_t> event_sequence_ = 0;
};

}  // namespace sentinel::ingest
