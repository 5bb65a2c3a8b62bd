// OTLP/HTTP: traces, metrics and logs in protobuf or JSON, on /v1/… and, for clients that can set
// no headers, on /otlp/KEY/v1/….
#pragma once

#include "api/route_table.hpp"
#include "otlp/telemetry.hpp"
#include "services/ingest/ingest_service.hpp"

namespace sentinel::metrics_api {

void add_otlp_routes(api::RouteTable& routes, ingest::IngestService& ingest);

// Whether these routes answer there.
bool is_otlp(std::string_view path);

// An error as a google.rpc.Status. A client reads its own encoding alone; whose is neither is told
// in JSON.
http::Response otlp_refusal(const http::Request& request, const Error& error);

// The key of a request that carries it in its path.
std::string_view key_in_path(const http::Request& request);

}  // namespace sentinel::metrics_api
