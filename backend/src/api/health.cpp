#include "api/health.hpp"

#include "base/json_writer.hpp"

namespace sentinel::api {

Task<http::Response> health(postgres::Database& database, std::string service, bool spools,
                            std::optional<Task<Result<bool>>> demo) {
  auto started = now();
  auto answer = co_await database.query("health");
  const auto latency = now() - started;
  JsonWriter json;
  json.begin_object()
      .field("status", answer   ? "ok"
                       : spools ? "spooling"
                                : "failing")
      .field("service", service)
      .field("version", SENTINEL_VERSION);
  json.key("database").begin_object().field("status", answer ? "ok" : "failing");
  if (answer) {
    json.field("latency_ms", to_seconds(latency) * 1e3);
  } else {
    json.field("detail", answer.error().message);
  }
  json.end_object();
  if (answer && demo) {
    auto made_up = co_await std::move(*demo);
    if (made_up) json.field("demo", *made_up);
  }
  json.end_object();
  auto response = http::json(answer || spools ? 200 : 503, json.take());
  if (response.status == 503) response.headers.emplace_back("Retry-After", "1");
  co_return response;
}

}  // namespace sentinel::api
