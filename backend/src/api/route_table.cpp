#include "api/route_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "http/compression.hpp"

namespace sentinel::api {

void RouteTable::add(http::Method method, std::string pattern, models::Access access,
                     RouteHandler handler, Refuse refuse) {
  RouteInfo info{method, std::move(pattern), access};
  infos_.push_back(info);
  entries_.push_back(std::make_shared<Entry>(info, std::move(handler), std::move(refuse)));
}

void RouteTable::attach(http::Router& router) {
  for (const auto& entry : entries_) {
    router.add({entry->info.method, entry->info.pattern,
                [this, entry](http::Request& request) { return dispatch(*entry, request); }});
  }
}

Task<http::Response> RouteTable::dispatch(const Entry& entry, http::Request& request) const {
  auto refuse = [&](const Error& error) {
    return entry.refuse ? entry.refuse(request, error) : http::problem(error);
  };
  if (request.method == http::Method::Post && is_cross_site(request)) {
    co_return refuse(Error{ErrorCode::PermissionDenied, "cross_site_refused",
                           "this request comes from a page of another site"});
  }
  std::optional<Identity> identity;
  if (recognize_) identity = recognize_(request, entry.info.access);
  if (!identity) {
    auto authenticated = co_await authenticate_(request, entry.info.access);
    if (!authenticated) co_return refuse(authenticated.error());
    identity = std::move(*authenticated);
  }
  http::Response response;
  if (auto unpacked = http::unpack_body(request); !unpacked) {
    response = refuse(unpacked.error());
  } else {
    response = co_await entry.handler(request, *identity);
  }
  if (response.refusal && on_refusal_) on_refusal_(request, *identity, *response.refusal);
  co_return response;
}

std::string_view bearer_token(const http::Request& request) {
  constexpr std::string_view kScheme = "bearer ";
  auto header = request.header("authorization");
  auto same = [](char given, char wanted) {
    return std::tolower(static_cast<unsigned char>(given)) == wanted;
  };
  if (std::ranges::equal(header.substr(0, kScheme.size()), kScheme, same)) {
    return header.substr(kScheme.size());
  }
  return request.header("x-api-key");
}

bool is_cross_site(const http::Request& request) {
  if (auto site = request.header("sec-fetch-site"); !site.empty()) {
    return site != "same-origin" && site != "none";
  }
  auto origin = request.header("origin");
  if (origin.empty()) return false;  // not a browser
  size_t host = origin.find("://");
  return host == origin.npos || origin.substr(host + 3) != request.header("host");
}

}  // namespace sentinel::api
