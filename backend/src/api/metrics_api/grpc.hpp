// OTLP over gRPC, and grpc.health.v1: unary calls over HTTP/2 as gRPC's PROTOCOL-HTTP2.md has them.
// An export is handed on as the request of OTLP over HTTP that it would have been, and the answer
// comes from there: one way in, whatever brings it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "http/server.hpp"

namespace sentinel::metrics_api {

enum class GrpcStatus {
  Ok = 0,
  InvalidArgument = 3,
  DeadlineExceeded = 4,
  NotFound = 5,
  PermissionDenied = 7,
  ResourceExhausted = 8,
  Unimplemented = 12,
  Internal = 13,
  Unavailable = 14,
  Unauthenticated = 16,
};

class Grpc {
 public:
  // `otlp` answers POST /v1/traces, /v1/metrics and /v1/logs in protobuf, which may be packed: it
  // asks for the key first. `ready` says whether an export would be stored now, or kept until it
  // can be.
  Grpc(http::Handler otlp, std::function<Task<bool>()> ready)
      : otlp_(std::move(otlp)), ready_(std::move(ready)) {}

  // For http::Server::listen_http2; it works as long as this lives.
  http::Http2Service http2_service();

 private:
  Task<http::Response> handle(http::Request& request);
  Task<http::Response> forward_export(http::Request& request, std::string_view path);
  Task<http::Response> check_health(std::string_view message);

  http::Handler otlp_;
  std::function<Task<bool>()> ready_;
};

// The parts, each by itself.

GrpcStatus grpc_status_of(int http_status);

struct GrpcMessage {
  bool packed;  // as grpc-encoding says
  std::string_view bytes;
};
// The one message of a unary call. Errors: InvalidArgument.
Result<GrpcMessage> parse_grpc_message(std::string_view body);

// The value of grpc-timeout, such as 10S or 250m (milliseconds), rounded up. Nothing when it is not
// one.
std::optional<std::chrono::microseconds> parse_grpc_timeout(std::string_view text);

// What grpc-message carries: printable ASCII, the rest percent-encoded.
std::string encode_grpc_text(std::string_view text);

http::Response grpc_answer(std::string_view message);
// Who may try again is told when by `retry_after_s`.
http::Response grpc_failure(GrpcStatus status, std::string_view message, int retry_after_s = 0);

}  // namespace sentinel::metrics_api
