#include "apps/stack.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "api/health.hpp"

namespace sentinel::apps {

Stack::Stack(StackOptions options) : options_(std::move(options)) {
  server_ = std::make_unique<http::Server>(
      [this](http::Request& request) { return handle(request); }, options_.http, options_.threads);
  if (options_.metrics_api) {
    ingest_ = std::make_unique<ingest::IngestService>(*options_.metrics_api, options_.writer,
                                                      std::move(options_.spool), options_.guards);
    metrics_api_ = std::make_unique<metrics_api::MetricsApi>(*ingest_);
    grpc_ = std::make_unique<metrics_api::Grpc>(
        [this](http::Request& request) { return handle(request); },
        [this] { return takes_exports(); });
  }
  options_.db_api_options.ingest = ingest_.get();
  if (options_.db_api)
    db_api_ = std::make_unique<db_api::DbApi>(*options_.db_api, options_.db_api_options);
  if (options_.worker) worker_ = std::make_unique<worker::Worker>(*options_.worker);
  // db-api first: where both answer, as for health, a process that has it speaks for the whole.
  if (db_api_) db_api_->routes().attach(router_);
  if (metrics_api_) {
    metrics_api_->routes().attach(router_);
    server_->refuse_by([this](const http::Request& request, const Error& error) {
      return metrics_api_->refuse(request, error);
    });
  }
}

Stack::~Stack() { stop(); }

void Stack::start() {
  if (ingest_) {
    asio::co_spawn(server_->context(0), ingest_->keys().keep_fresh(), asio::detached);
    ingest_->start();
    asio::co_spawn(server_->context(0), ingest_->prices().keep_fresh(ingest_->database()),
                   asio::detached);
  }
  if (db_api_) asio::co_spawn(server_->context(0), db_api_->live().follow(), asio::detached);
  if (worker_) worker_->start();
  server_->start();
}

void Stack::stop() {
  worker_.reset();
  server_->stop();
}

Task<bool> Stack::takes_exports() {
  const auto* spool = ingest_->spool();
  auto health =
      co_await api::health(ingest_->database(), "metrics-api", spool && spool->has_room());
  co_return health.status == 200;
}

Task<http::Response> Stack::handle(http::Request& request) {
  auto route = router_.find(request);
  if (route) return (*route)->handler(request);
  return answer_without_route(request, route.error());
}

Task<http::Response> Stack::answer_without_route(http::Request& request, Error error) {
  const bool reads = request.method == http::Method::Get || request.method == http::Method::Head;
  if (options_.dashboard && reads && !request.path.starts_with("/api/")) {
    co_return options_.dashboard->respond(request);
  }
  auto refusal = http::problem(error);
  if (refusal.status == 405) refusal.headers.emplace_back("Allow", router_.allowed(request));
  co_return refusal;
}

}  // namespace sentinel::apps
