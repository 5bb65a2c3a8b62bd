#include "http/message.hpp"

#include <simdjson.h>

#include <algorithm>

#include "base/json_writer.hpp"
#include "base/uuid.hpp"

namespace sentinel::http {

namespace {

std::string_view title_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidArgument:
      return "The request is not valid";
    case ErrorCode::Unauthenticated:
      return "Sign in or send a key";
    case ErrorCode::PermissionDenied:
      return "Not allowed";
    case ErrorCode::NotFound:
      return "Not found";
    case ErrorCode::Conflict:
      return "Conflict";
    case ErrorCode::TooLarge:
      return "Too large";
    case ErrorCode::Unsupported:
      return "Not supported";
    case ErrorCode::RateLimited:
      return "Too many requests";
    case ErrorCode::Unavailable:
      return "Not available at the moment";
    case ErrorCode::Internal:
      return "A defect of the server";
  }
  return "A defect of the server";
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

std::string_view Request::cookie(std::string_view name) const {
  std::string_view rest = header("cookie");
  while (!rest.empty()) {
    size_t end = rest.find(';');
    auto pair = trim(rest.substr(0, end));
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
      return pair.substr(name.size() + 1);
    }
    if (end == rest.npos) break;
    rest.remove_prefix(end + 1);
  }
  return {};
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    auto byte = from_hex(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1) return std::nullopt;
    out += *byte;
    i += 2;
  }
  return out;
}

bool is_text(std::string_view decoded) {
  return simdjson::validate_utf8(decoded) && decoded.find('\0') == decoded.npos;
}

Result<QueryValues> parse_query(std::string_view query) {
  QueryValues values;
  while (!query.empty()) {
    size_t end = query.find('&');
    auto pair = query.substr(0, end);
    query = end == query.npos ? std::string_view{} : query.substr(end + 1);
    if (pair.empty()) continue;
    size_t equals = pair.find('=');
    std::string raw(equals == pair.npos ? std::string_view{} : pair.substr(equals + 1));
    std::ranges::replace(raw, '+', ' ');
    auto name = percent_decode(pair.substr(0, equals));
    auto value = percent_decode(raw);
    if (!name || !value) {
      return fail(ErrorCode::InvalidArgument, "query_invalid",
                  "the query string holds a broken percent-encoding");
    }
    if (!is_text(*name) || !is_text(*value)) {
      return fail(ErrorCode::InvalidArgument, "query_invalid",
                  "the query string holds a NUL character or is not UTF-8");
    }
    values.emplace_back(std::move(*name), std::move(*value));
  }
  return values;
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidArgument:
      return 400;
    case ErrorCode::Unauthenticated:
      return 401;
    case ErrorCode::PermissionDenied:
      return 403;
    case ErrorCode::NotFound:
      return 404;
    case ErrorCode::Conflict:
      return 409;
    case ErrorCode::TooLarge:
      return 413;
    case ErrorCode::Unsupported:
      return 415;
    case ErrorCode::RateLimited:
      return 429;
    case ErrorCode::Unavailable:
      return 503;
    case ErrorCode::Internal:
      return 500;
  }
  return 500;
}

int status_of(const Error& error) {
  if (error.reason == "method_unsupported") return 405;
  if (error.reason == "request_too_slow") return 408;
  return status_of(error.code);
}

Response problem(const Error& error, std::string_view extra_json) {
  const int status = status_of(error);
  JsonWriter out;
  out.begin_object()
      .field("type", "about:blank")
      .field("title", title_of(error.code))
      .field("status", status)
      .field("code", error.reason)
      .field("detail", error.message);
  std::string body = out.take();
  if (!extra_json.empty()) body.append(",").append(extra_json);
  Response response{.status = status,
                    .content_type = "application/problem+json",
                    .body = body + '}',
                    .headers = {},
                    .trailers = {},
                    .stream = {},
                    .refusal = error};
  if (error.code == ErrorCode::Unavailable || error.code == ErrorCode::RateLimited) {
    response.headers.emplace_back("Retry-After", std::to_string(error.retry_after_s));
  }
  if (error.code == ErrorCode::Unauthenticated) {
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
  }
  return response;
}

Response json(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

}  // namespace sentinel::http
