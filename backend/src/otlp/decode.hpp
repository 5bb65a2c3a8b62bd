// An OTLP export -> records, counter points and refusals. What becomes what:
// docs/architecture/opentelemetry.md.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "models/decoded_records.hpp"
#include "otlp/telemetry.hpp"

namespace sentinel::otlp {

struct DecodeOptions {
  Timestamp now;
  // The only agent that the sender's key may write for: then all is its own. May be empty.
  std::string_view sole_agent;
};

// `body` must keep 64 bytes of capacity past its size, and live as long as the records. A position
// (`indexes`, `Rejection::index`) is that of the span, log record or data point in the export.
// Errors (the whole request): protobuf_invalid, json_invalid, too_many_records.
Result<models::DecodedRecords> decode(Signal signal, Encoding encoding, const std::string& body,
                                      const DecodeOptions& options);

}  // namespace sentinel::otlp
