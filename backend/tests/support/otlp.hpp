// OpenTelemetry exports for tests: written once as JSON, and made into protobuf from that.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/decoded_records.hpp"
#include "otlp/decode.hpp"

namespace sentinel::testing {

// The same export in protobuf, by the field numbers of opentelemetry-proto. Throws
// std::runtime_error for a member that it does not know.
std::string to_protobuf(otlp::Signal signal, std::string_view json);

// `attributes` in OTLP's JSON from plain JSON: {"a":"x","b":1} -> [{"key":"a","value":{...}},...].
std::string otlp_attributes(std::string_view plain);

// An export of one resource and one scope: `items` are spans, metrics or log records in OTLP's
// JSON, `resource` plain JSON.
std::string otlp_export(otlp::Signal signal, std::string_view resource, std::string_view items,
                        std::string_view scope = "test");

// What was made of it, one line each, of what is there alone: records, then points, then refusals.
std::vector<std::string> lines_of(const models::DecodedRecords& decoded);

}  // namespace sentinel::testing
