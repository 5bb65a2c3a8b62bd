// The routes of metrics-api: every way in.
#pragma once

#include "api/route_table.hpp"
#include "services/ingest/ingest_service.hpp"
#include "services/settings/configuration_service.hpp"

namespace sentinel::metrics_api {

class MetricsApi {
 public:
  explicit MetricsApi(ingest::IngestService& ingest);

  api::RouteTable& routes() { return routes_; }

  // The answer to a request that no route saw; counted when it was on its way to a way in.
  http::Response refuse(const http::Request& request, const Error& error);

 private:
  std::optional<api::Identity> recognize(const http::Request& request, models::Access access);
  Task<Result<api::Identity>> authenticate(const http::Request& request, models::Access access);
  Task<http::Response> post_metrics(http::Request& request, const api::Identity& identity);
  Task<http::Response> post_events(http::Request& request, const api::Identity& identity);
  Task<http::Response> get_collection(http::Request& request, const api::Identity& identity);
  Task<http::Response> get_own_metrics(http::Request& request, const api::Identity& identity);

  ingest::IngestService& ingest_;
  settings::ConfigurationService configuration_;
  api::RouteTable routes_;
};

// Sentinel's own figures in the Prometheus text format.
std::string own_metrics(const ingest::IngestService& ingest);

}  // namespace sentinel::metrics_api
