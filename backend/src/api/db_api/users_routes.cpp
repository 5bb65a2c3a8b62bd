#include <fmt/format.h>

#include "api/db_api/db_api.hpp"
#include "api/json_body.hpp"
#include "api/query_reader.hpp"
#include "base/json_writer.hpp"

namespace sentinel::db_api {

namespace {

// The object stays open: who is new may have a link too.
void begin_user(JsonWriter& json, const accounts::UserRow& user) {
  json.begin_object()
      .field("user_id", format_uuid(user.user_id))
      .field("name", user.name)
      .field("role", user.role)
      .field("enabled", user.enabled)
      .field("has_password", user.has_password)
      .field("created_at", format_rfc3339(user.created_at))
      .field("signed_in_at",
             user.signed_in_at ? std::optional(format_rfc3339(*user.signed_in_at)) : std::nullopt);
}

Result<std::optional<models::Role>> read_role(const api::JsonFields& fields) {
  auto text = fields.maybe_text("role");
  if (!text) return forward(text);
  if (!*text) return std::nullopt;
  auto role = models::parse_role(**text);
  if (role) return role;
  return fail(ErrorCode::InvalidArgument, "field_invalid", "role must be viewer, editor or admin");
}

}  // namespace

Task<http::Response> DbApi::list_users(http::Request& request, const api::Identity&) {
  auto query = api::QueryReader::read(request, {"limit", "cursor"});
  if (!query) co_return http::problem(query.error());
  auto limit = query->integer("limit", 100, 1, 1000);
  if (!limit) co_return http::problem(limit.error());
  auto users = co_await accounts_.users(query->one("cursor"), *limit + 1);
  if (!users) co_return http::problem(users.error());
  std::optional<std::string> next;
  if (users->size() > static_cast<size_t>(*limit)) {
    users->resize(static_cast<size_t>(*limit));
    next = users->back().name;
  }
  JsonWriter json;
  json.begin_object().key("users").begin_array();
  for (const auto& user : *users) {
    begin_user(json, user);
    json.end_object();
  }
  json.end_array().field("next_cursor", next).end_object();
  co_return http::json(200, json.take());
}

Task<http::Response> DbApi::create_user(http::Request& request, const api::Identity& identity) {
  auto fields = api::JsonFields::read(request.body, {"name", "role", "password"});
  if (!fields) co_return http::problem(fields.error());
  auto name = fields->text("name");
  if (!name) co_return http::problem(name.error());
  auto role = read_role(*fields);
  if (!role) co_return http::problem(role.error());
  if (!*role) {
    co_return http::problem(Error{ErrorCode::InvalidArgument, "field_missing", "role is missing"});
  }
  auto password = fields->maybe_text("password");
  if (!password) co_return http::problem(password.error());
  const bool by_link = !*password;
  auto user_id =
      co_await accounts_.create_user(*name, **role, std::move(*password), identity.caller.name);
  if (!user_id) co_return http::problem(user_id.error());
  auto user = co_await accounts_.user(*user_id);
  if (!user) co_return http::problem(user.error());
  std::optional<std::string> link;
  if (by_link) {
    auto token = co_await accounts_.create_link(*name, identity.caller.name);
    if (!token) co_return http::problem(token.error());
    link = std::move(*token);
  }
  JsonWriter json;
  begin_user(json, *user);
  json.field("link", link).end_object();
  auto response = http::json(201, json.take());
  response.headers.emplace_back("Cache-Control", "no-store");
  co_return response;
}

Task<http::Response> DbApi::revise_user(http::Request& request, const api::Identity& identity) {
  auto fields = api::JsonFields::read(request.body, {"role", "enabled"});
  if (!fields) co_return http::problem(fields.error());
  auto role = read_role(*fields);
  if (!role) co_return http::problem(role.error());
  auto enabled = fields->maybe_flag("enabled");
  if (!enabled) co_return http::problem(enabled.error());
  const accounts::UserChange change{.role = *role, .enabled = *enabled};
  const auto& wanted = request.path_values.at("id");
  auto user_id = parse_uuid(wanted);
  if (!user_id) {
    co_return http::problem(
        Error{ErrorCode::NotFound, "user_unknown", fmt::format("there is no user '{}'", wanted)});
  }
  auto user = co_await accounts_.revise_user(*user_id, change, identity.caller);
  if (!user) co_return http::problem(user.error());
  JsonWriter json;
  begin_user(json, *user);
  co_return http::json(201, json.end_object().take());
}

}  // namespace sentinel::db_api
