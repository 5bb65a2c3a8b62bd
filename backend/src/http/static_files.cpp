#include "http/static_files.hpp"

#include <fmt/format.h>

#include "base/process.hpp"
#include "base/secret.hpp"
#include "http/compression.hpp"

namespace sentinel::http {

namespace {

std::string_view type_of(const std::filesystem::path& file) {
  static const std::map<std::string_view, std::string_view> types = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".json", "application/json"},
      {".woff2", "font/woff2"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".txt", "text/plain; charset=utf-8"},
      {".webmanifest", "application/manifest+json"}};
  auto found = types.find(file.extension().string());
  return found == types.end() ? "application/octet-stream" : found->second;
}

constexpr std::string_view kContentPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' "
    "data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors "
    "'none'";

void add_security_headers(Response& response) {
  response.headers.emplace_back("Content-Security-Policy", std::string(kContentPolicy));
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
}

}  // namespace

Result<StaticFiles> StaticFiles::load(const std::filesystem::path& folder) {
  StaticFiles files;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    if (!entry.is_regular_file()) continue;
    auto name = "/" + std::filesystem::relative(entry.path(), folder).generic_string();
    File file;
    file.type = type_of(entry.path());
    file.plain = read_file(entry.path());
    file.immutable = name.starts_with("/assets/");
    file.etag = fmt::format("\"{}\"", sha256_hex(file.plain).substr(0, 16));
    auto packed = gzip(file.plain, 9);
    if (packed.size() < file.plain.size() * 9 / 10) file.packed = std::move(packed);
    files.files_.emplace(std::move(name), std::move(file));
  }
  if (files.files_.contains("/index.html")) return files;
  return fail(ErrorCode::NotFound, "dashboard_missing",
              fmt::format("there is no dashboard in {}\nHINT: make build, or --dashboard FOLDER",
                          folder.string()));
}

Response StaticFiles::respond(const Request& request) const {
  auto found = files_.find(request.path);
  // The page knows its own addresses. A dot means a file, unless it stands in an agent's name.
  if (found == files_.end() &&
      (request.path.find('.') == std::string::npos || request.path.starts_with("/agents/"))) {
    found = files_.find("/index.html");
  }
  if (found == files_.end()) {
    return problem(Error{ErrorCode::NotFound, "route_unknown", "there is nothing here"});
  }
  const auto& file = found->second;
  Response response;
  response.content_type = file.type;
  add_security_headers(response);
  response.headers.emplace_back(
      "Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.emplace_back("ETag", file.etag);
  if (request.header("if-none-match") == file.etag) {
    response.status = 304;
    return response;
  }
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (!file.packed.empty() && takes_gzip(request.header("accept-encoding"))) {
    response.body = file.packed;
    response.headers.emplace_back("Content-Encoding", "gzip");
  } else {
    response.body = file.plain;
  }
  return response;
}

}  // namespace sentinel::http
