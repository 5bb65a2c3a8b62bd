#include "api/metrics_api/metrics_api.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/health.hpp"
#include "api/metrics_api/otlp_routes.hpp"
#include "base/json_writer.hpp"
#include "models/record_limits.hpp"

namespace sentinel::metrics_api {

namespace {

using http::Method;
using models::Access;

constexpr size_t kIdempotencyKeyMax = 200;

std::string rejections_json(const std::vector<models::Rejection>& rejected) {
  JsonWriter json;
  json.begin_array();
  for (const auto& rejection : rejected) {
    json.begin_object()
        .field("index", rejection.index)
        .field("field", rejection.field)
        .field("reason", rejection.reason)
        .end_object();
  }
  return json.end_array().take();
}

http::Response stored(const Result<ingest::IngestReply>& reply) {
  if (!reply) return http::problem(reply.error());
  auto rejected = rejections_json(reply->rejected);
  if (reply->accepted == 0 && reply->duplicates == 0 && !reply->rejected.empty()) {
    return http::problem(
        Error{ErrorCode::InvalidArgument, "all_rejected",
              fmt::format("nothing was stored: {}", reply->rejected.front().reason)},
        "\"rejected\":" + rejected);
  }
  return http::json(
      reply->spooled ? 202 : 201,
      fmt::format(R"({{"accepted":{},"duplicates":{},{}"rejected":{}}})", reply->accepted,
                  reply->duplicates, reply->spooled ? R"("spooled":true,)" : "", rejected));
}

Result<ingest::RequestKind> body_kind(const http::Request& request) {
  auto sent = request.header("content-type");
  auto type = sent.substr(0, sent.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  auto is = [type](std::string_view wanted) {
    return std::ranges::equal(type, wanted, {},
                              [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  };
  // curl -d says form-urlencoded unless told otherwise; the body decides, and a form is refused as
  // broken JSON.
  if (is("application/json") || is("application/x-www-form-urlencoded") || type.empty())
    return ingest::RequestKind::Json;
  if (is("application/x-ndjson") || is("application/ndjson")) return ingest::RequestKind::Ndjson;
  return fail(
      ErrorCode::Unsupported, "content_type_unsupported",
      fmt::format(
          "Content-Type {} is not understood; send application/json or application/x-ndjson",
          sent.substr(0, 60)));
}

Result<std::string_view> idempotency_key(const http::Request& request) {
  auto key = request.header("idempotency-key");
  if (key.size() <= kIdempotencyKeyMax) return key;
  return fail(ErrorCode::InvalidArgument, "idempotency_key_too_long",
              fmt::format("Idempotency-Key has {} characters, the limit is {}", key.size(),
                          kIdempotencyKeyMax));
}

std::shared_ptr<const ingest::Request> ingest_request(ingest::RequestKind kind,
                                                      const api::Identity& identity,
                                                      std::string_view idempotency_key,
                                                      http::Request& request) {
  auto made = std::make_shared<ingest::Request>();
  made->kind = kind;
  made->key = identity.key;
  made->idempotency_key = idempotency_key;
  made->arrived = now();
  made->remote_address = request.remote_address;
  made->body = std::move(request.body);
  return made;
}

}  // namespace

MetricsApi::MetricsApi(ingest::IngestService& ingest)
    : ingest_(ingest),
      configuration_(ingest.database()),
      routes_(
          [this](const http::Request& request, Access access) {
            return authenticate(request, access);
          },
          [this](const http::Request& request, const api::Identity& identity, const Error& error) {
            // What of its records was refused is counted one by one.
            if (error.reason == "all_rejected" || !identity.key) return;
            ingest_.rejections().add(identity.key.get(), request.remote_address, error);
          },
          [this](const http::Request& request, Access access) {
            return recognize(request, access);
          }) {
  auto bind = [this](auto method) {
    return [this, method](http::Request& request, const api::Identity& identity) {
      return (this->*method)(request, identity);
    };
  };
  routes_.add(Method::Post, "/api/v1/metrics", Access::Ingest, bind(&MetricsApi::post_metrics));
  routes_.add(Method::Post, "/api/v1/events", Access::Ingest, bind(&MetricsApi::post_events));
  add_otlp_routes(routes_, ingest_);
  routes_.add(Method::Get, "/api/v1/collection", Access::Ingest, bind(&MetricsApi::get_collection));
  routes_.add(Method::Get, "/metrics", Access::Anyone, bind(&MetricsApi::get_own_metrics));
  routes_.add(Method::Get, "/api/v1/health", Access::Anyone,
              [this](http::Request&, const api::Identity&) {
                const auto* spool = ingest_.spool();
                return api::health(ingest_.database(), "metrics-api", spool && spool->has_room());
              });
}

http::Response MetricsApi::refuse(const http::Request& request, const Error& error) {
  const bool way_in = std::ranges::any_of(routes_.infos(), [&](const api::RouteInfo& route) {
    return route.access == Access::Ingest && route.pattern == request.path;
  });
  const bool otlp = is_otlp(request.path);
  if (way_in || otlp) ingest_.rejections().add(nullptr, request.remote_address, error);
  return otlp ? otlp_refusal(request, error) : http::problem(error);
}

std::optional<api::Identity> MetricsApi::recognize(const http::Request& request, Access access) {
  if (access == Access::Anyone) return api::Identity{};
  auto token = api::bearer_token(request);
  if (token.empty()) token = key_in_path(request);
  if (token.empty()) return std::nullopt;
  auto key = ingest_.keys().known(token);
  if (!key || !models::allows(key->scope, access)) return std::nullopt;
  if (!ingest_.rates().take_request(*key)) return std::nullopt;
  return api::Identity{{}, std::move(key)};
}

// Asked for those who are not recognized, mostly to say why.
Task<Result<api::Identity>> MetricsApi::authenticate(const http::Request& request, Access access) {
  if (access == Access::Anyone) co_return api::Identity{};
  auto token = api::bearer_token(request);
  if (token.empty()) token = key_in_path(request);
  auto refuse = [&](const models::ApiKey* key, Error error) {
    ingest_.rejections().add(key, request.remote_address, error);
    return std::unexpected(std::move(error));
  };
  if (token.empty()) {
    co_return refuse(nullptr, Error{ErrorCode::Unauthenticated, "key_missing",
                                    "send a key of scope ingest as Authorization: Bearer …; "
                                    "`sentinel keys create` makes one"});
  }
  auto key = co_await ingest_.keys().find(token);
  if (!key) co_return refuse(nullptr, std::move(key.error()));
  if (!models::allows((*key)->scope, access)) {
    co_return refuse(key->get(), Error{ErrorCode::PermissionDenied, "scope_refused",
                                       fmt::format("this key has scope {}, this needs ingest",
                                                   models::to_string((*key)->scope))});
  }
  if (auto taken = ingest_.rates().take_request(**key); !taken) {
    co_return refuse(key->get(), std::move(taken.error()));
  }
  co_return api::Identity{{}, std::move(*key)};
}

Task<http::Response> MetricsApi::post_metrics(http::Request& request,
                                              const api::Identity& identity) {
  auto kind = body_kind(request);
  if (!kind) co_return http::problem(kind.error());
  auto key = idempotency_key(request);
  if (!key) co_return http::problem(key.error());
  co_return stored(co_await ingest_.ingest(ingest_request(*kind, identity, *key, request)));
}

Task<http::Response> MetricsApi::post_events(http::Request& request,
                                             const api::Identity& identity) {
  auto kind = body_kind(request);
  if (!kind) co_return http::problem(kind.error());
  if (*kind != ingest::RequestKind::Json) {
    co_return http::problem(Error{ErrorCode::Unsupported, "content_type_unsupported",
                                  "events come as one JSON object or an array of them; send "
                                  "application/json"});
  }
  auto key = idempotency_key(request);
  if (!key) co_return http::problem(key.error());
  auto events = ingest_request(ingest::RequestKind::Events, identity, *key, request);
  co_return stored(co_await ingest_.ingest(std::move(events)));
}

Task<http::Response> MetricsApi::get_collection(http::Request& request, const api::Identity&) {
  auto query = http::parse_query(request.query);
  if (!query) co_return http::problem(query.error());
  std::string agent;
  for (auto& [name, value] : *query) {
    if (name == "agent") agent = value;
  }
  if (agent.empty() || agent.size() > 4 * models::kNameLengthMax) {
    co_return http::problem(Error{ErrorCode::InvalidArgument, "agent_missing",
                                  "say which agent: ?agent=NAME, with at most 200 characters"});
  }
  auto configuration = co_await configuration_.collection(agent);
  if (!configuration) co_return http::problem(configuration.error());
  JsonWriter json;
  json.begin_object()
      .field("agent", agent)
      .field("enabled", configuration->enabled)
      .field("interval_s", configuration->interval_ms / 1e3)
      .end_object();
  co_return http::json(200, json.take());
}

Task<http::Response> MetricsApi::get_own_metrics(http::Request&, const api::Identity&) {
  auto response = http::json(200, own_metrics(ingest_));
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  co_return response;
}

namespace {

void add_spool(const ingest::Spool& spool, const auto& add) {
  const auto& statistics = spool.statistics();
  add("sentinel_spool_batches", "gauge", "Batches on disk that wait for the database",
      spool.waiting());
  add("sentinel_spool_bytes", "gauge", "Bytes of the spool on disk", spool.bytes());
  add("sentinel_spool_limit_bytes", "gauge", "Bytes that the spool may take",
      spool.limits().bytes_max);
  add("sentinel_spool_away", "gauge", "1 while the database is away", spool.away());
  add("sentinel_spool_requests_total", "counter", "Requests answered with 202",
      statistics.requests);
  add("sentinel_spool_refused_total", "counter", "Batches that found no room in the spool",
      statistics.refused);
  add("sentinel_spool_drained_total", "counter", "Batches brought from the spool to the database",
      statistics.drained);
  add("sentinel_spool_set_aside_total", "counter",
      "Records and requests of the spool that could not be stored, kept in its refused.ndjson",
      statistics.set_aside);
  add("sentinel_spool_damaged_total", "counter", "Segments of the spool with a part unreadable",
      spool.segments_damaged());
}

// A price list that nobody renews any more looks like any other: its age has to be alerted on.
void add_prices(const ingest::Prices& prices, std::string& text, const auto& add) {
  const auto book = prices.book();
  fmt::format_to(std::back_inserter(text),
                 "# HELP sentinel_prices_info Which bundled prices are in use\n"
                 "# TYPE sentinel_prices_info gauge\n"
                 "sentinel_prices_info{{version=\"{}\",row=\"{}\"}} 1\n",
                 book->version(), book->newest());
  add("sentinel_prices_age_seconds", "gauge", "Time since the bundled prices were published",
      to_seconds(now() - book->published()));
  if (auto checked = prices.checked_at()) {
    add("sentinel_prices_checked_seconds", "gauge", "Time since the price table was asked",
        to_seconds(now() - *checked));
  }
}

}  // namespace

std::string own_metrics(const ingest::IngestService& ingest) {
  const auto& writer = ingest.writer_statistics();
  const auto& requests = ingest.statistics();
  std::string text;
  auto add = [&](std::string_view name, std::string_view type, std::string_view help,
                 const auto& value) {
    fmt::format_to(std::back_inserter(text), "# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name,
                   help, type, static_cast<double>(value));
  };
  add("sentinel_ingest_requests_total", "counter", "Requests that brought records or events",
      requests.requests);
  add("sentinel_ingest_records_total", "counter", "Records committed", writer.records);
  add("sentinel_ingest_events_total", "counter", "Events committed", requests.events);
  add("sentinel_ingest_points_total", "counter", "Counter points of OpenTelemetry committed",
      requests.points);
  add("sentinel_ingest_ignored_total", "counter",
      "Spans, log records and data points of OpenTelemetry that tell of no model or agent",
      requests.ignored);
  add("sentinel_ingest_duplicates_total", "counter", "Records known by their key",
      writer.duplicates);
  add("sentinel_ingest_commits_total", "counter", "Transactions committed", writer.commits);
  add("sentinel_ingest_gathered_total", "counter", "Transactions that waited for company",
      writer.gathered);
  add("sentinel_ingest_commit_seconds_total", "counter", "Time spent committing",
      static_cast<double>(writer.commit_microseconds) / 1e6);
  add("sentinel_ingest_retries_total", "counter", "Batches sent again", writer.retries);
  add("sentinel_ingest_failures_total", "counter", "Requests given up without an outcome",
      writer.failures);
  add("sentinel_ingest_queue_bytes", "gauge", "Bytes that wait to be committed",
      writer.queue_bytes);
  add("sentinel_ingest_unpriced_total", "counter",
      "Requests with tokens, no cost, and a model that no price is known for",
      ingest.prices().unpriced());
  add_prices(ingest.prices(), text, add);
  auto add_codes = [&](std::string_view name, std::string_view help, const auto& totals) {
    fmt::format_to(std::back_inserter(text), "# HELP {0} {1}\n# TYPE {0} counter\n", name, help);
    for (const auto& [code, count] : totals) {
      fmt::format_to(std::back_inserter(text), "{}{{code=\"{}\"}} {}\n", name, code, count);
    }
  };
  const auto refused = ingest.rejections().totals();
  add_codes("sentinel_ingest_rejected_total", "Records and events refused", refused.items);
  add_codes("sentinel_ingest_requests_refused_total", "Whole requests refused", refused.requests);
  if (const auto* spool = ingest.spool()) add_spool(*spool, add);
  return text;
}

}  // namespace sentinel::metrics_api
