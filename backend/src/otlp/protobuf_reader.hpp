// OTLP in protobuf -> items, without a copy. Fields may come in any order, scalars packed or not;
// unknown ones are passed over.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "otlp/telemetry.hpp"

namespace sentinel::otlp {

// Errors: InvalidArgument, protobuf_invalid. What was visited before the fault stays visited.
Result<void> read_protobuf(Signal signal, std::string_view body, Visitor& visitor);

}  // namespace sentinel::otlp
