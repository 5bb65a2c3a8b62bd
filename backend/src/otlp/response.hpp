// What an export is answered with, in the encoding of the request.
#pragma once

#include <string>
#include <string_view>

#include "otlp/telemetry.hpp"

namespace sentinel::otlp {

// An Export…ServiceResponse: empty when nothing was refused and there is nothing to say.
std::string export_response(Signal signal, Encoding encoding, size_t rejected,
                            std::string_view message);
// A google.rpc.Status; `code` is one of gRPC's.
std::string status_response(Encoding encoding, int code, std::string_view message);
// The same in protobuf with a RetryInfo: who may send again is told when.
std::string status_with_retry(int code, std::string_view message, int retry_after_s);
// The message of a google.rpc.Status of ours, in protobuf.
std::string status_message(std::string_view status);

}  // namespace sentinel::otlp
