// The services of one process, wired: metrics-api, db-api and worker in any combination, on one
// HTTP server. `sentinel up` runs all three; each service's own executable runs one; tests run it
// against a throw-away database.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/db_api/db_api.hpp"
#include "api/metrics_api/grpc.hpp"
#include "api/metrics_api/metrics_api.hpp"
#include "base/memory_trim.hpp"
#include "http/server.hpp"
#include "http/static_files.hpp"
#include "services/worker/worker.hpp"

namespace sentinel::apps {

struct StackOptions {
  // A service runs when its endpoint is given.
  std::optional<postgres::Endpoint> metrics_api;
  std::optional<postgres::Endpoint> db_api;
  std::optional<postgres::Endpoint> worker;
  std::optional<http::StaticFiles> dashboard;  // served beside db-api
  unsigned threads = 2;
  ingest::WriterLimits writer;
  ingest::GuardSettings guards;
  std::unique_ptr<ingest::Spool> spool;  // of metrics-api; may be null
  http::ServerLimits http;
  db_api::DbApiOptions db_api_options;
};

class Stack {
 public:
  explicit Stack(StackOptions options);
  ~Stack();

  // Before start(); see http::Server::listen. `listen_ingest` serves metrics-api's routes alone.
  Result<uint16_t> listen(const std::string& address) { return server_->listen(address); }

  // The same for OTLP over gRPC; of a stack with metrics-api.
  Result<uint16_t> listen_grpc(const std::string& address) {
    return server_->listen_http2(address, grpc_->http2_service());
  }

  void start();
  void stop();

  db_api::DbApi* db_api() { return db_api_.get(); }
  metrics_api::MetricsApi* metrics_api() { return metrics_api_.get(); }
  ingest::IngestService* ingest() { return ingest_.get(); }
  const http::Router& router() const { return router_; }

 private:
  Task<http::Response> handle(http::Request& request);
  Task<http::Response> answer_without_route(http::Request& request, Error error);
  Task<bool> takes_exports();

  StackOptions options_;
  http::Router router_;
  // The server's contexts outlive the services, whose connections they drive; dropped coroutines go
  // with the contexts.
  MemoryTrim trim_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<ingest::IngestService> ingest_;
  std::unique_ptr<metrics_api::MetricsApi> metrics_api_;
  std::unique_ptr<metrics_api::Grpc> grpc_;
  std::unique_ptr<db_api::DbApi> db_api_;
  std::unique_ptr<worker::Worker> worker_;
};

}  // namespace sentinel::apps
