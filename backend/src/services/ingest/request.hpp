// What a client sent, as far as it must be kept until it is stored: records are decoded from it,
// and when the database is away it goes to the disk as it is. So the spool holds names and never
// an id that another database would not know.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "base/uuid.hpp"
#include "models/user.hpp"

namespace sentinel::ingest {

// The letters are those of the spool.
enum class RequestKind : char {
  Json = 'j',
  Ndjson = 'n',
  Events = 'e',
  TracesProtobuf = 't',
  TracesJson = 'T',
  MetricsProtobuf = 'm',
  MetricsJson = 'M',
  LogsProtobuf = 'l',
  LogsJson = 'L',
};
inline constexpr std::string_view kRequestKinds = "jnetTmMlL";

struct Request {
  RequestKind kind = RequestKind::Json;
  std::shared_ptr<const models::ApiKey> key;
  std::string idempotency_key;
  Timestamp arrived;
  std::string remote_address;  // empty when it waited in the spool
  std::string body;            // keeps 64 bytes of capacity past its size, as the decoders want
};

// What a batch is known by, however often it is sent.
struct BatchId {
  int32_t day = 0;  // of its first try, since 1970 UTC
  Uuid writer;
  uint64_t sequence = 0;
  bool operator==(const BatchId&) const = default;
};

// Requests that are committed as one.
struct Batch {
  BatchId id;
  // Whether a commit under this id was tried whose outcome is not known.
  bool tried = false;
  std::vector<std::shared_ptr<const Request>> requests;
};

}  // namespace sentinel::ingest
