// The native JSON of metric records: one object, an array, or NDJSON -> records that keep every
// rule.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "models/metric_record.hpp"

namespace sentinel::ingest {

// Owns the few texts that had escapes; adding one leaves the others in place.
using TextArena = std::deque<std::string>;

enum class BodyFormat { Json, Ndjson };

struct DecodedRecords {
  std::vector<models::MetricRecord> records;  // texts are views into the body, or into `unescaped`
  std::vector<size_t> indexes;                // position of each in the request
  std::vector<models::Rejection> rejected;
  TextArena unescaped;
};

// Keeps a parser and its buffers: one for each thread, used for one body at a time.
class RecordDecoder {
 public:
  RecordDecoder();
  ~RecordDecoder();

  // `body` must keep 64 bytes of capacity past its size, and live as long as the records. Errors
  // (the whole request): json_invalid, too_many_records.
  Result<DecodedRecords> decode(const std::string& body, BodyFormat format, Timestamp now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sentinel::ingest
