#include "api/metrics_api/grpc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/secret.hpp"
#include "otlp/response.hpp"

namespace sentinel::metrics_api {

namespace {

constexpr size_t kPrefixSize = 5;  // a flag and the size of the message
constexpr size_t kTimeoutDigitsMax = 8;
constexpr size_t kTextMax = 1000;  // clients take 8 KiB of headers, and it is there twice

struct ExportMethod {
  std::string_view path;
  std::string_view http_path;
};
constexpr ExportMethod kExportMethods[] = {
    {"/opentelemetry.proto.collector.trace.v1.TraceService/Export", "/v1/traces"},
    {"/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", "/v1/metrics"},
    {"/opentelemetry.proto.collector.logs.v1.LogsService/Export", "/v1/logs"},
};
constexpr std::string_view kProtobuf = "application/x-protobuf";
constexpr const char* kEncodings = "identity,gzip,zstd";
constexpr std::string_view kHealthCheck = "/grpc.health.v1.Health/Check";

// HealthCheckResponse{status = 1}
constexpr std::string_view kServing("\x08\x01", 2);
constexpr std::string_view kNotServing("\x08\x02", 2);

// Whether a HealthCheckRequest{service = 1} asks for this server, or a service that it has.
bool health_known(std::string_view message) {
  if (message.empty()) return true;
  return std::ranges::any_of(kExportMethods, [message](const auto& method) {
    const auto name = method.path.substr(1, method.path.rfind('/') - 1);
    return message == fmt::format("\x0a{}{}", static_cast<char>(name.size()), name);
  });
}

bool is_grpc(std::string_view content_type) {
  auto type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return type == "application/grpc" || type == "application/grpc+proto";
}

http::Response refuse(const Error& error) {
  const bool later = error.code == ErrorCode::RateLimited || error.code == ErrorCode::Unavailable;
  return grpc_failure(grpc_status_of(http::status_of(error.code)), error.message, later ? 1 : 0);
}

int retry_after_s(const http::Response& response) {
  int seconds = 0;
  for (const auto& [name, value] : response.headers) {
    if (name == "Retry-After") std::from_chars(value.data(), value.data() + value.size(), seconds);
  }
  return seconds;
}

// Takes the frame off, so that the body is one of HTTP. Gives the answer to one that has none or
// another.
std::optional<http::Response> unframe(http::Request& request) {
  auto message = parse_grpc_message(request.body);
  if (!message) return grpc_failure(GrpcStatus::Internal, message.error().message);
  const auto encoding = request.header("grpc-encoding");
  const bool packs = encoding == "gzip" || encoding == "zstd";
  if (!packs && !encoding.empty() && encoding != "identity") {
    return grpc_failure(
        GrpcStatus::Unimplemented,
        fmt::format("grpc-encoding {} is not understood; send gzip, zstd or identity",
                    encoding.substr(0, 40)));
  }
  if (message->packed && !packs) {
    return grpc_failure(GrpcStatus::Internal,
                        "the message is marked as packed, but grpc-encoding does not say how");
  }
  std::string kept(message->packed ? encoding : "identity");
  request.body.erase(0, kPrefixSize);
  std::erase_if(request.headers, [](const auto& h) { return h.first == "content-encoding"; });
  request.headers.emplace_back("content-encoding", std::move(kept));
  return std::nullopt;
}

}  // namespace

http::Http2Service Grpc::http2_service() {
  return {[this](http::Request& request) { return handle(request); }, refuse};
}

Task<http::Response> Grpc::handle(http::Request& request) {
  if (request.method != http::Method::Post || !is_grpc(request.header("content-type"))) {
    co_return http::problem(Error{ErrorCode::Unsupported, "grpc_only",
                                  "this port takes gRPC: POST with content-type application/grpc"});
  }
  if (auto text = request.header("grpc-timeout"); !text.empty()) {
    auto timeout = parse_grpc_timeout(text);
    if (!timeout) {
      co_return grpc_failure(GrpcStatus::InvalidArgument,
                             fmt::format("grpc-timeout {} is not up to 8 digits and one of HMSmun",
                                         text.substr(0, 40)));
    }
    // Later the client itself gives up. What it sent is committed all the same: an export is
    // stored whole or not at all.
    if (timeout->count() == 0)
      co_return grpc_failure(GrpcStatus::DeadlineExceeded, "grpc-timeout is over at once");
  }
  const auto* method = std::ranges::find(kExportMethods, request.path, &ExportMethod::path);
  const bool exports = method != std::end(kExportMethods);
  if (!exports && request.path != kHealthCheck) {
    co_return grpc_failure(GrpcStatus::Unimplemented,
                           fmt::format("there is no method {}; Export of OTLP's services for "
                                       "traces, metrics and logs is here",
                                       request.path.substr(0, 200)));
  }
  if (auto refused = unframe(request)) co_return std::move(*refused);
  if (!exports) co_return co_await check_health(request.body);
  co_return co_await forward_export(request, method->http_path);
}

Task<http::Response> Grpc::forward_export(http::Request& request, std::string_view path) {
  request.path = path;
  for (auto& [name, value] : request.headers) {
    if (name == "content-type") value = kProtobuf;
  }
  auto response = co_await otlp_(request);
  if (response.status == 200) co_return grpc_answer(response.body);
  const auto message =
      response.content_type == kProtobuf ? otlp::status_message(response.body) : response.body;
  co_return grpc_failure(grpc_status_of(response.status), message, retry_after_s(response));
}

Task<http::Response> Grpc::check_health(std::string_view message) {
  if (!health_known(message))
    co_return grpc_failure(GrpcStatus::NotFound, "there is no service of this name");
  const bool ready = co_await ready_();
  co_return grpc_answer(ready ? kServing : kNotServing);
}

GrpcStatus grpc_status_of(int http_status) {
  switch (http_status) {
    case 200:
      return GrpcStatus::Ok;
    case 400:
      return GrpcStatus::InvalidArgument;
    case 401:
      return GrpcStatus::Unauthenticated;
    case 403:
      return GrpcStatus::PermissionDenied;
    case 413:
    case 429:
      return GrpcStatus::ResourceExhausted;
    case 415:
      return GrpcStatus::Unimplemented;
    case 503:
      return GrpcStatus::Unavailable;
    default:
      return GrpcStatus::Internal;
  }
}

Result<GrpcMessage> parse_grpc_message(std::string_view body) {
  auto broken = [](std::string message) {
    return fail(ErrorCode::InvalidArgument, "grpc_frame_invalid", std::move(message));
  };
  if (body.size() < kPrefixSize) {
    return broken(
        fmt::format("a message begins with 5 bytes, its flag and size; {} came", body.size()));
  }
  const auto flag = static_cast<uint8_t>(body[0]);
  if (flag > 1) return broken(fmt::format("the flag of the message is {}, not 0 or 1", flag));
  size_t size = 0;
  for (size_t i = 1; i < kPrefixSize; ++i) size = size << 8 | static_cast<uint8_t>(body[i]);
  if (body.size() - kPrefixSize != size) {
    return broken(fmt::format("the message should have {} bytes, {} came; a call has one message",
                              size, body.size() - kPrefixSize));
  }
  return GrpcMessage{flag == 1, body.substr(kPrefixSize)};
}

std::optional<std::chrono::microseconds> parse_grpc_timeout(std::string_view text) {
  if (text.size() < 2 || text.size() > kTimeoutDigitsMax + 1) return std::nullopt;
  int64_t value = 0;
  const auto* end = text.data() + text.size() - 1;
  auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || text.front() == '-') return std::nullopt;
  switch (text.back()) {
    case 'H':
      return std::chrono::hours(value);
    case 'M':
      return std::chrono::minutes(value);
    case 'S':
      return std::chrono::seconds(value);
    case 'm':
      return std::chrono::milliseconds(value);
    case 'u':
      return std::chrono::microseconds(value);
    case 'n':
      return std::chrono::ceil<std::chrono::microseconds>(std::chrono::nanoseconds(value));
    default:
      return std::nullopt;
  }
}

std::string encode_grpc_text(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c >= ' ' && c <= '~' && c != '%') {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<uint8_t>(c));
    }
  }
  return out;
}

http::Response grpc_answer(std::string_view message) {
  http::Response response;
  response.content_type = "application/grpc";
  response.headers.emplace_back("grpc-accept-encoding", kEncodings);
  response.body.push_back('\0');
  for (int shift = 24; shift >= 0; shift -= 8)
    response.body.push_back(static_cast<char>(message.size() >> shift));
  response.body += message;
  response.trailers.emplace_back("grpc-status", "0");
  return response;
}

// Without a body: the trailers are the head ("Trailers-Only").
http::Response grpc_failure(GrpcStatus status, std::string_view message, int retry_after_s) {
  size_t size = std::min(message.size(), kTextMax);
  while (size < message.size() && size > 0 && (message[size] & 0xC0) == 0x80)
    --size;  // whole characters
  message = message.substr(0, size);
  http::Response response;
  response.content_type = "application/grpc";
  const int code = static_cast<int>(status);
  response.headers = {{"grpc-accept-encoding", kEncodings},
                      {"grpc-status", std::to_string(code)},
                      {"grpc-message", encode_grpc_text(message)}};
  if (retry_after_s > 0) {
    response.headers.emplace_back("grpc-status-details-bin",
                                  to_base64(otlp::status_with_retry(code, message, retry_after_s)));
  }
  return response;
}

}  // namespace sentinel::metrics_api
