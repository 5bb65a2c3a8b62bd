// The routes of db-api: every way out, and people.
#pragma once

#include <atomic>

#include "api/route_table.hpp"
#include "api/slow_requests.hpp"
#include "services/accounts/accounts_service.hpp"
#include "services/exports/export_service.hpp"
#include "services/live/live_hub.hpp"
#include "services/prices/price_table.hpp"
#include "services/query/agents_query.hpp"
#include "services/query/buckets_query.hpp"
#include "services/query/costs_query.hpp"
#include "services/query/metrics_query.hpp"
#include "services/query/requests_query.hpp"
#include "services/settings/configuration_service.hpp"

namespace sentinel::ingest {
class IngestService;
}

namespace sentinel::db_api {

struct DbApiOptions {
  bool secure_cookies = false;             // under TLS
  bool behind_proxy = false;               // which says who a client is
  std::string export_folder = "/var/tmp";  // for spreadsheets until they are sent
  std::string data_folder = {};            // of the embedded database; empty where there is none
  // Of metrics-api in the same process, which outlives this; null where there is none.
  const ingest::IngestService* ingest = nullptr;
};

class DbApi {
 public:
  DbApi(postgres::Endpoint endpoint, DbApiOptions options);

  api::RouteTable& routes() { return routes_; }
  accounts::AccountsService& accounts() { return accounts_; }
  live::LiveHub& live() { return live_; }
  postgres::Database& database() { return database_; }

 private:
  using Handler = Task<http::Response> (DbApi::*)(http::Request&, const api::Identity&);
  void add(http::Method method, std::string pattern, models::Access access, Handler handler);
  void add_routes();
  // What the handler answers, its time noted.
  Task<http::Response> timed(Handler handler, std::string_view route, http::Request& request,
                             const api::Identity& identity);
  Task<Result<api::Identity>> authenticate(const http::Request& request, models::Access access);

  // agents_routes.cpp
  Task<http::Response> list_agents(http::Request& request, const api::Identity& identity);
  Task<http::Response> get_agent(http::Request& request, const api::Identity& identity);
  // The agents of these names and of this parent; nothing is all. Errors: NotFound.
  Task<Result<std::optional<std::vector<Uuid>>>> wanted_agents(std::vector<std::string> names,
                                                               std::optional<std::string> parent);
  Task<http::Response> revise_agent(http::Request& request, const api::Identity& identity);
  Task<http::Response> list_events(http::Request& request, const api::Identity& identity);
  // rejections_route.cpp
  Task<http::Response> list_rejections(http::Request& request, const api::Identity& identity);
  // costs_route.cpp
  Task<http::Response> get_changes(http::Request& request, const api::Identity& identity);
  Task<http::Response> get_costs(http::Request& request, const api::Identity& identity);
  // metrics_routes.cpp
  Task<http::Response> get_metrics(http::Request& request, const api::Identity& identity);
  Task<http::Response> list_custom_metrics(http::Request& request, const api::Identity& identity);
  Task<http::Response> export_metrics(http::Request& request, const api::Identity& identity);
  Task<http::Response> start_export(exports::ExportRequest wanted);
  // requests_route.cpp
  Task<http::Response> list_requests(http::Request& request, const api::Identity& identity);
  // stream_route.cpp
  Task<http::Response> stream(http::Request& request, const api::Identity& identity);
  // configuration_routes.cpp
  Task<http::Response> get_configuration(http::Request& request, const api::Identity& identity);
  Task<http::Response> post_configuration(http::Request& request, const api::Identity& identity);
  // keys_routes.cpp
  Task<http::Response> list_keys(http::Request& request, const api::Identity& identity);
  Task<http::Response> create_key(http::Request& request, const api::Identity& identity);
  Task<http::Response> revoke_key(http::Request& request, const api::Identity& identity);
  // prices_routes.cpp
  Task<http::Response> list_prices(http::Request& request, const api::Identity& identity);
  Task<http::Response> set_price(http::Request& request, const api::Identity& identity);
  Task<http::Response> withdraw_price(http::Request& request, const api::Identity& identity);
  // system_route.cpp
  Task<http::Response> get_system(http::Request& request, const api::Identity& identity);
  // users_routes.cpp
  Task<http::Response> list_users(http::Request& request, const api::Identity& identity);
  Task<http::Response> create_user(http::Request& request, const api::Identity& identity);
  Task<http::Response> revise_user(http::Request& request, const api::Identity& identity);
  // people_routes.cpp
  Task<http::Response> sign_in(http::Request& request, const api::Identity& identity);
  Task<http::Response> sign_out(http::Request& request, const api::Identity& identity);
  Task<http::Response> get_me(http::Request& request, const api::Identity& identity);
  Task<http::Response> set_password(http::Request& request, const api::Identity& identity);
  Task<http::Response> list_views(http::Request& request, const api::Identity& identity);
  Task<http::Response> save_view(http::Request& request, const api::Identity& identity);
  Task<http::Response> get_preferences(http::Request& request, const api::Identity& identity);
  Task<http::Response> set_preferences(http::Request& request, const api::Identity& identity);
  Task<Result<std::string>> me_json(models::Caller caller);
  // Whether the data of this database is made up, which it says for good (`sentinel demo`).
  Task<Result<bool>> is_demo();
  std::string session_cookie(std::string_view token, int max_age_s) const;
  std::string client_address(const http::Request& request) const;

  DbApiOptions options_;
  const Timestamp started_at_ = now();
  api::SlowRequests slow_requests_;
  std::atomic<bool> known_demo_ = false;
  postgres::Database database_;
  postgres::Database metrics_database_;
  postgres::Database export_database_;  // so that long exports take no connection from the pages
  accounts::AccountsService accounts_;
  settings::ConfigurationService configuration_;
  prices::BookReader price_book_;
  query::AgentsQuery agents_;
  query::BucketsQuery buckets_;
  query::SumsReader sums_;
  query::CostsQuery costs_;
  query::MetricsQuery metrics_;
  query::RequestsQuery requests_;
  exports::ExportService exports_;
  live::LiveHub live_;
  api::RouteTable routes_;
};

}  // namespace sentinel::db_api
