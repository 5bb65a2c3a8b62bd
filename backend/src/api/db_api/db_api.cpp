#include "api/db_api/db_api.hpp"

#include <fmt/format.h>

#include "api/health.hpp"

namespace sentinel::db_api {

namespace {

using http::Method;
using models::Access;

constexpr std::string_view kCookie = "sentinel_session";
constexpr postgres::PoolLimits kExportLimits{.connections_max = 2, .waiting_max = 16};
// Long questions wait for each other, never a sign-in or the health of the service for them.
// Who signs in or lists agents waits for the answer: a database that hangs is said to hang.
constexpr postgres::PoolLimits kPageLimits{.statement_max = std::chrono::seconds{10}};
constexpr postgres::PoolLimits kMetricsLimits{.connections_max = 3, .waiting_max = 128};

}  // namespace

DbApi::DbApi(postgres::Endpoint endpoint, DbApiOptions options)
    : options_(std::move(options)),
      database_(endpoint, kPageLimits),
      metrics_database_(endpoint, kMetricsLimits),
      export_database_(endpoint, kExportLimits),
      accounts_(database_),
      configuration_(database_),
      agents_(database_),
      buckets_(metrics_database_),
      sums_(metrics_database_),
      costs_(metrics_database_, sums_),
      metrics_(metrics_database_, sums_),
      requests_(metrics_database_, sums_),
      exports_(export_database_, sums_, options_.export_folder),
      live_(database_, agents_),
      routes_([this](const http::Request& request, Access access) {
        return authenticate(request, access);
      }) {
  add_routes();
}

void DbApi::add(Method method, std::string pattern, Access access, Handler handler) {
  auto route = fmt::format("{} {}", http::to_string(method), pattern);
  routes_.add(method, std::move(pattern), access,
              [this, handler, route = std::move(route)](http::Request& request,
                                                        const api::Identity& identity) {
                return timed(handler, route, request, identity);
              });
}

Task<http::Response> DbApi::timed(Handler handler, std::string_view route, http::Request& request,
                                  const api::Identity& identity) {
  const auto at = now();
  const auto begun = std::chrono::steady_clock::now();
  auto response = co_await (this->*handler)(request, identity);
  const auto duration =
      std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now() - begun);
  // What is streamed or made later is not over yet.
  if (!response.stream && !response.make) {
    slow_requests_.add(at, route, request.query, duration, response.status);
  }
  co_return response;
}

void DbApi::add_routes() {
  add(Method::Get, "/api/v1/agents", Access::Viewer, &DbApi::list_agents);
  add(Method::Get, "/api/v1/agents/{id}", Access::Viewer, &DbApi::get_agent);
  add(Method::Post, "/api/v1/agents/{id}/revisions", Access::Editor, &DbApi::revise_agent);
  add(Method::Get, "/api/v1/agents/{id}/events", Access::Viewer, &DbApi::list_events);
  add(Method::Get, "/api/v1/agents/{id}/custom-metrics", Access::Viewer,
      &DbApi::list_custom_metrics);
  add(Method::Get, "/api/v1/changes", Access::Viewer, &DbApi::get_changes);
  add(Method::Get, "/api/v1/costs", Access::Viewer, &DbApi::get_costs);
  add(Method::Get, "/api/v1/rejections", Access::Viewer, &DbApi::list_rejections);
  add(Method::Get, "/api/v1/metrics", Access::Viewer, &DbApi::get_metrics);
  add(Method::Get, "/api/v1/requests", Access::Viewer, &DbApi::list_requests);
  add(Method::Get, "/api/v1/export", Access::Viewer, &DbApi::export_metrics);
  add(Method::Get, "/api/v1/stream", Access::Viewer, &DbApi::stream);
  add(Method::Get, "/api/v1/configuration", Access::Viewer, &DbApi::get_configuration);
  add(Method::Post, "/api/v1/configuration", Access::Editor, &DbApi::post_configuration);
  add(Method::Get, "/api/v1/system", Access::Viewer, &DbApi::get_system);
  add(Method::Get, "/api/v1/prices", Access::Viewer, &DbApi::list_prices);
  add(Method::Post, "/api/v1/prices", Access::Editor, &DbApi::set_price);
  add(Method::Post, "/api/v1/prices/withdraw", Access::Editor, &DbApi::withdraw_price);
  add(Method::Get, "/api/v1/keys", Access::Admin, &DbApi::list_keys);
  add(Method::Post, "/api/v1/keys", Access::Admin, &DbApi::create_key);
  add(Method::Post, "/api/v1/keys/{id}/revoke", Access::Admin, &DbApi::revoke_key);
  add(Method::Get, "/api/v1/users", Access::Admin, &DbApi::list_users);
  add(Method::Post, "/api/v1/users", Access::Admin, &DbApi::create_user);
  add(Method::Post, "/api/v1/users/{id}/revisions", Access::Admin, &DbApi::revise_user);
  add(Method::Post, "/api/v1/sign-in", Access::Anyone, &DbApi::sign_in);
  add(Method::Post, "/api/v1/sign-out", Access::Viewer, &DbApi::sign_out);
  add(Method::Get, "/api/v1/me", Access::Viewer, &DbApi::get_me);
  add(Method::Post, "/api/v1/me/password", Access::Viewer, &DbApi::set_password);
  add(Method::Get, "/api/v1/me/views", Access::Viewer, &DbApi::list_views);
  add(Method::Post, "/api/v1/me/views", Access::Viewer, &DbApi::save_view);
  add(Method::Get, "/api/v1/me/preferences", Access::Viewer, &DbApi::get_preferences);
  add(Method::Post, "/api/v1/me/preferences", Access::Viewer, &DbApi::set_preferences);
  routes_.add(Method::Get, "/api/v1/health", Access::Anyone,
              [this](http::Request&, const api::Identity&) {
                return api::health(database_, "db-api", false, is_demo());
              });
}

Task<Result<api::Identity>> DbApi::authenticate(const http::Request& request, Access access) {
  if (access == Access::Anyone) co_return api::Identity{};
  auto cookie = request.cookie(kCookie);
  auto token = api::bearer_token(request);
  if (cookie.empty() && token.empty()) {
    co_return fail(ErrorCode::Unauthenticated, "credential_missing",
                   "sign in, or send a key of scope read");
  }
  auto caller = token.empty() ? co_await accounts_.caller_of_session(cookie)
                              : co_await accounts_.caller_of_key(token);
  if (!caller) co_return forward(caller);
  // An admin's key may do what an admin may; a key of scope ingest has no role here.
  if (!caller->role || !models::allows(*caller->role, access)) {
    co_return fail(ErrorCode::PermissionDenied, "role_refused",
                   fmt::format("{} has the role {}, this needs {}", caller->name,
                               caller->role ? models::to_string(*caller->role) : "none",
                               models::to_string(access)));
  }
  co_return api::Identity{std::move(*caller), nullptr};
}

}  // namespace sentinel::db_api
