// OTLP in JSON -> items. Follows the specification where it departs from protobuf's own JSON: ids
// in hexadecimal, enums as integers, 64-bit integers as texts or numbers; unknown keys are passed
// over.
#pragma once

#include <string>

#include "base/result.hpp"
#include "models/decoded_records.hpp"
#include "otlp/telemetry.hpp"

namespace sentinel::otlp {

// `body` must keep 64 bytes of capacity past its size. Texts with escapes go to `arena`. Errors:
// InvalidArgument, json_invalid. What was visited before the fault stays visited.
Result<void> read_json(Signal signal, const std::string& body, models::TextArena& arena,
                       Visitor& visitor);

}  // namespace sentinel::otlp
