#include "api/metrics_api/otlp_routes.hpp"

#include <fmt/format.h>

#include "otlp/response.hpp"

namespace sentinel::metrics_api {

namespace {

using otlp::Encoding;
using otlp::Signal;

constexpr std::string_view kProtobuf = "application/x-protobuf";
constexpr std::string_view kJson = "application/json";

std::optional<Encoding> encoding_of(const http::Request& request) {
  auto type = request.header("content-type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (type == kProtobuf || type == "application/protobuf") return Encoding::Protobuf;
  if (type == kJson) return Encoding::Json;
  return std::nullopt;
}

// Numbers of google.rpc.Code.
int grpc_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidArgument:
    case ErrorCode::Unsupported:
      return 3;
    case ErrorCode::NotFound:
      return 5;
    case ErrorCode::Conflict:
      return 6;
    case ErrorCode::PermissionDenied:
      return 7;
    case ErrorCode::TooLarge:
    case ErrorCode::RateLimited:
      return 8;
    case ErrorCode::Internal:
      return 13;
    case ErrorCode::Unavailable:
      return 14;
    case ErrorCode::Unauthenticated:
      return 16;
  }
  return 2;
}

http::Response answer(int status, Encoding encoding, std::string body) {
  auto response = http::json(status, std::move(body));
  response.content_type = encoding == Encoding::Protobuf ? kProtobuf : kJson;
  return response;
}

ingest::RequestKind kind_of(Signal signal, Encoding encoding) {
  using ingest::RequestKind;
  const bool json = encoding == Encoding::Json;
  switch (signal) {
    case Signal::Traces:
      return json ? RequestKind::TracesJson : RequestKind::TracesProtobuf;
    case Signal::Metrics:
      return json ? RequestKind::MetricsJson : RequestKind::MetricsProtobuf;
    case Signal::Logs:
      break;
  }
  return json ? RequestKind::LogsJson : RequestKind::LogsProtobuf;
}

// The first few reasons; who wants all of them asks for the rejections.
std::string reasons(const std::vector<models::Rejection>& rejected) {
  constexpr size_t kShown = 3;
  std::string text;
  for (size_t i = 0; i < std::min(rejected.size(), kShown); ++i) {
    if (!text.empty()) text += "; ";
    text += fmt::format("{}: {}", rejected[i].index, rejected[i].reason);
  }
  if (rejected.size() > kShown) text += fmt::format("; and {} more", rejected.size() - kShown);
  return text;
}

Task<http::Response> store(ingest::IngestService& ingest, Signal signal, http::Request& request,
                           const api::Identity& identity) {
  const auto encoding = encoding_of(request);
  if (!encoding) {
    auto sent = request.header("content-type").substr(0, 60);
    co_return otlp_refusal(
        request, Error{ErrorCode::Unsupported, "content_type_unsupported",
                       fmt::format("Content-Type '{}' is not understood; send {} or {}", sent,
                                   kProtobuf, kJson)});
  }
  auto made = std::make_shared<ingest::Request>();
  made->kind = kind_of(signal, *encoding);
  made->key = identity.key;
  made->arrived = now();
  made->remote_address = request.remote_address;
  made->body = std::move(request.body);
  auto stored = co_await ingest.ingest(std::move(made));
  if (!stored) co_return otlp_refusal(request, stored.error());
  co_return answer(
      200, *encoding,
      otlp::export_response(signal, *encoding, stored->rejected.size(), reasons(stored->rejected)));
}

}  // namespace

http::Response otlp_refusal(const http::Request& request, const Error& error) {
  const auto encoding = encoding_of(request).value_or(Encoding::Json);
  auto plain = http::problem(error);
  auto response = answer(plain.status, encoding,
                         otlp::status_response(encoding, grpc_code(error.code), error.message));
  response.headers = std::move(plain.headers);
  response.refusal = std::move(plain.refusal);
  return response;
}

bool is_otlp(std::string_view path) {
  return path.starts_with("/v1/") || path.starts_with("/otlp/");
}

std::string_view key_in_path(const http::Request& request) {
  auto found = request.path_values.find("key");
  return found == request.path_values.end() ? std::string_view{} : found->second;
}

void add_otlp_routes(api::RouteTable& routes, ingest::IngestService& ingest) {
  for (auto [signal, name] : {std::pair{Signal::Traces, "traces"},
                              {Signal::Metrics, "metrics"},
                              {Signal::Logs, "logs"}}) {
    auto handler = [&ingest, signal](http::Request& request, const api::Identity& identity) {
      return store(ingest, signal, request, identity);
    };
    for (std::string_view path : {"/v1/{}", "/otlp/{{key}}/v1/{}"}) {
      routes.add(http::Method::Post, fmt::format(fmt::runtime(path), name), models::Access::Ingest,
                 handler, otlp_refusal);
    }
  }
}

}  // namespace sentinel::metrics_api
