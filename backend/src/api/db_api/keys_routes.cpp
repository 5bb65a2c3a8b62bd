#include <fmt/format.h>

#include "api/db_api/cursor.hpp"
#include "api/db_api/db_api.hpp"
#include "api/json_body.hpp"
#include "api/query_reader.hpp"
#include "base/json_writer.hpp"

namespace sentinel::db_api {

namespace {

constexpr int kRateMax = 1'000'000;  // records a second

std::optional<std::string> time_text(const std::optional<Timestamp>& time) {
  if (!time) return std::nullopt;
  return format_rfc3339(*time);
}

std::string_view state_of(const accounts::KeyRow& key) {
  if (key.revoked_at) return "revoked";
  return key.expires_at && *key.expires_at <= now() ? "expired" : "active";
}

// The object stays open: a new key has its token too.
void begin_key(JsonWriter& json, const accounts::KeyRow& key) {
  json.begin_object()
      .field("key_id", format_uuid(key.key_id))
      .field("name", key.name)
      .field("scope", key.scope);
  json.key("agents").raw(key.agents);
  json.field("records_per_second", key.records_per_second)
      .field("state", state_of(key))
      .field("created_at", format_rfc3339(key.created_at))
      .field("created_by", key.created_by)
      .field("expires_at", time_text(key.expires_at))
      .field("revoked_at", time_text(key.revoked_at))
      .field("revoked_by", key.revoked_by);
}

Result<accounts::NewKey> read_key(const std::string& body) {
  auto fields =
      api::JsonFields::read(body, {"name", "scope", "agents", "records_per_second", "expires_at"});
  if (!fields) return forward(fields);
  auto name = fields->text("name");
  if (!name) return forward(name);
  auto scope_text = fields->text("scope");
  if (!scope_text) return forward(scope_text);
  auto scope = models::parse_key_scope(*scope_text);
  if (!scope) {
    return fail(ErrorCode::InvalidArgument, "field_invalid", "scope must be ingest, read or admin");
  }
  auto agents = fields->texts("agents", accounts::kKeyAgentsMax);
  if (!agents) return forward(agents);
  auto rate = fields->maybe_integer("records_per_second", 0, kRateMax);
  if (!rate) return forward(rate);
  accounts::NewKey wanted{.name = std::move(*name),
                          .scope = *scope,
                          .agents = std::move(*agents),
                          .records_per_second = *rate};
  auto expires = fields->maybe_text("expires_at");
  if (!expires) return forward(expires);
  if (*expires) {
    auto time = parse_time_expression(**expires, now());
    if (!time) return forward(time);
    wanted.expires_at = *time;
  }
  return wanted;
}

}  // namespace

Task<http::Response> DbApi::list_keys(http::Request& request, const api::Identity&) {
  auto query = api::QueryReader::read(request, {"limit", "cursor"});
  if (!query) co_return http::problem(query.error());
  auto limit = query->integer("limit", 100, 1, 1000);
  if (!limit) co_return http::problem(limit.error());
  std::optional<accounts::KeyPosition> behind;
  if (auto cursor = query->one("cursor")) {
    auto position = parse_cursor(*cursor);
    if (!position) co_return http::problem(position.error());
    behind = {position->time, position->id};
  }
  auto keys = co_await accounts_.keys(behind, *limit + 1);
  if (!keys) co_return http::problem(keys.error());
  std::optional<std::string> next;
  if (keys->size() > static_cast<size_t>(*limit)) {
    keys->resize(static_cast<size_t>(*limit));
    next = format_cursor(TimeCursor{keys->back().created_at, keys->back().key_id});
  }
  JsonWriter json;
  json.begin_object().key("keys").begin_array();
  for (const auto& key : *keys) {
    begin_key(json, key);
    json.end_object();
  }
  json.end_array().field("next_cursor", next).end_object();
  co_return http::json(200, json.take());
}

Task<http::Response> DbApi::create_key(http::Request& request, const api::Identity& identity) {
  auto wanted = read_key(request.body);
  if (!wanted) co_return http::problem(wanted.error());
  auto created = co_await accounts_.create_key(std::move(*wanted), identity.caller.name);
  if (!created) co_return http::problem(created.error());
  auto key = co_await accounts_.key(created->key_id);
  if (!key) co_return http::problem(key.error());
  JsonWriter json;
  begin_key(json, *key);
  json.field("token", created->token).end_object();
  auto response = http::json(201, json.take());
  response.headers.emplace_back("Cache-Control", "no-store");
  co_return response;
}

Task<http::Response> DbApi::revoke_key(http::Request& request, const api::Identity& identity) {
  const auto& wanted = request.path_values.at("id");
  auto key_id = parse_uuid(wanted);
  if (!key_id) {
    co_return http::problem(
        Error{ErrorCode::NotFound, "key_unknown", fmt::format("there is no key '{}'", wanted)});
  }
  auto key = co_await accounts_.revoke_key(*key_id, identity.caller.name);
  if (!key) co_return http::problem(key.error());
  JsonWriter json;
  begin_key(json, *key);
  co_return http::json(200, json.end_object().take());
}

}  // namespace sentinel::db_api
