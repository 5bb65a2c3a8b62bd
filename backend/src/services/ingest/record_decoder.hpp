// The native JSON of metric records: one object, an array, or NDJSON -> records that keep every
// rule.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "models/decoded_records.hpp"

namespace sentinel::ingest {

using models::DecodedRecords;
using models::TextArena;

enum class BodyFormat { Json, Ndjson };

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
