// OTLP/HTTP: traces, metrics and logs in protobuf or JSON, on /v1/… and, for clients that can set
// no headers, on /otlp/KEY/v1/….
#pragma once

#include "api/route_table.hpp"
#include "otlp/telemetry.hpp"
#include "services/ingest/ingest_service.hpp"

namespace sentinel::metrics_api {

void add_otlp_routes(api::RouteTable& routes, ingest::IngestService& ingest);

// The key of a request that carries it in its path.
std::string_view key_in_path(const http::Request& request);

}  // namespace sentinel::metrics_api
