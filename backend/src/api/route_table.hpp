// The routes of a service with what each asks of its caller. One table: requests are dispatched by
// it, permissions are enforced by it, and tests walk it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/router.hpp"
#include "models/user.hpp"

namespace sentinel::api {

// Who asks, after the credential was checked against the route.
struct Identity {
  models::Caller caller;
  std::shared_ptr<const models::ApiKey> key;  // ingest routes only
};

using RouteHandler = std::function<Task<http::Response>(http::Request&, const Identity&)>;
// How a route says what it refuses before its handler is asked; a problem document by default.
using Refuse = std::function<http::Response(const http::Request&, const Error&)>;
// Errors: Unauthenticated, PermissionDenied, Unavailable.
using Authenticate = std::function<Task<Result<Identity>>(const http::Request&, models::Access)>;

// The same when it can be told from memory that the caller may; nothing, and Authenticate is asked,
// when not.
using Recognize = std::function<std::optional<Identity>(const http::Request&, models::Access)>;

// Told of every request that a known caller made in vain, before the answer leaves.
using OnRefusal = std::function<void(const http::Request&, const Identity&, const Error&)>;

struct RouteInfo {
  http::Method method;
  std::string pattern;
  models::Access access;
};

class RouteTable {
 public:
  explicit RouteTable(Authenticate authenticate, OnRefusal on_refusal = {},
                      Recognize recognize = {})
      : authenticate_(std::move(authenticate)),
        on_refusal_(std::move(on_refusal)),
        recognize_(std::move(recognize)) {}

  void add(http::Method method, std::string pattern, models::Access access, RouteHandler handler,
           Refuse refuse = {});

  const std::vector<RouteInfo>& infos() const { return infos_; }
  // Adds all routes to a router; they keep working as long as this table lives.
  void attach(http::Router& router);

 private:
  struct Entry {
    RouteInfo info;
    RouteHandler handler;
    Refuse refuse;
  };
  Task<http::Response> dispatch(const Entry& entry, http::Request& request) const;

  Authenticate authenticate_;
  OnRefusal on_refusal_;  // may be empty
  Recognize recognize_;   // may be empty
  std::vector<RouteInfo> infos_;
  std::vector<std::shared_ptr<const Entry>> entries_;
};

// The token of `Authorization: Bearer …` or `X-API-Key`, empty when there is none.
std::string_view bearer_token(const http::Request& request);

// A request that a browser sends for another site's page. Cookies are SameSite=Strict; this is the
// second lock.
bool is_cross_site(const http::Request& request);

}  // namespace sentinel::api
