#include <fmt/format.h>

#include <algorithm>

#include "api/db_api/db_api.hpp"
#include "api/json_body.hpp"
#include "base/json_writer.hpp"

namespace sentinel::db_api {

namespace {

constexpr size_t kFieldBytesMax = 16 * 1024;  // the services state tighter limits, in characters
constexpr int kCookieAge_s = 30 * 24 * 3600;  // the server ends a session 24 h after its last touch

std::string take(api::TextFields& fields, std::string_view name) {
  auto found = fields.find(name);
  return found == fields.end() ? std::string{} : std::move(found->second);
}

http::Response no_content() {
  http::Response response;
  response.status = 204;
  return response;
}

// Each that there is; null where it was not set.
http::Response preferences_answer(int status, const Result<accounts::Preferences>& preferences) {
  if (!preferences) return http::problem(preferences.error());
  JsonWriter json;
  json.begin_object();
  for (auto name : accounts::kPreferences) {
    auto found = preferences->find(name);
    json.field(name, found == preferences->end() ? std::nullopt : std::optional(found->second));
  }
  return http::json(status, json.end_object().take());
}

}  // namespace

Task<Result<bool>> DbApi::is_demo() {
  if (known_demo_) co_return true;
  auto found = co_await database_.query("demo_find");
  if (!found) co_return forward(found);
  if (found->size() > 0) known_demo_ = true;
  co_return found->size() > 0;
}

Task<Result<std::string>> DbApi::me_json(models::Caller caller) {
  auto demo = co_await is_demo();
  if (!demo) co_return forward(demo);
  JsonWriter json;
  json.begin_object()
      .field("name", caller.name)
      .field("role", models::to_string(caller.role.value_or(models::Role::Viewer)))
      .field("has_password", caller.has_password)
      .field("demo", *demo)
      .field("version", SENTINEL_VERSION)
      .end_object();
  co_return json.take();
}

std::string DbApi::session_cookie(std::string_view token, int max_age_s) const {
  return fmt::format("sentinel_session={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}", token,
                     max_age_s, options_.secure_cookies ? "; Secure" : "");
}

// What a client wrote itself stands before what the proxy added.
std::string DbApi::client_address(const http::Request& request) const {
  auto named = options_.behind_proxy ? request.header("x-forwarded-for") : std::string_view{};
  named = named.substr(named.rfind(',') + 1);
  named.remove_prefix(std::min(named.find_first_not_of(' '), named.size()));
  return named.empty() ? request.remote_address : std::string(named);
}

Task<http::Response> DbApi::sign_in(http::Request& request, const api::Identity&) {
  auto fields = api::read_text_fields(request.body, {"name", "password", "link"}, kFieldBytesMax);
  if (!fields) co_return http::problem(fields.error());
  const bool by_link = fields->contains("link");
  if (by_link ? fields->size() != 1 : !fields->contains("name") || !fields->contains("password")) {
    co_return http::problem(Error{ErrorCode::InvalidArgument, "field_missing",
                                  "send name and password, or link alone"});
  }
  auto address = client_address(request);
  auto signed_in = by_link ? co_await accounts_.sign_in_by_link(take(*fields, "link"), address)
                           : co_await accounts_.sign_in(take(*fields, "name"),
                                                        take(*fields, "password"), address);
  if (!signed_in) co_return http::problem(signed_in.error());
  auto me = co_await me_json(signed_in->caller);
  if (!me) co_return http::problem(me.error());
  auto response = http::json(200, *me);
  response.headers.emplace_back("Set-Cookie", session_cookie(signed_in->token, kCookieAge_s));
  response.headers.emplace_back("Cache-Control", "no-store");
  co_return response;
}

Task<http::Response> DbApi::sign_out(http::Request&, const api::Identity& identity) {
  auto ended = co_await accounts_.sign_out(identity.caller);
  if (!ended) co_return http::problem(ended.error());
  auto response = no_content();
  response.headers.emplace_back("Set-Cookie", session_cookie("", 0));
  co_return response;
}

Task<http::Response> DbApi::get_me(http::Request&, const api::Identity& identity) {
  auto me = co_await me_json(identity.caller);
  if (!me) co_return http::problem(me.error());
  auto response = http::json(200, *me);
  response.headers.emplace_back("Cache-Control", "no-store");
  co_return response;
}

Task<http::Response> DbApi::set_password(http::Request& request, const api::Identity& identity) {
  auto fields = api::read_text_fields(request.body, {"current", "password"}, kFieldBytesMax);
  if (!fields) co_return http::problem(fields.error());
  if (!fields->contains("password")) {
    co_return http::problem(
        Error{ErrorCode::InvalidArgument, "field_missing", "password is missing"});
  }
  std::optional<std::string> current;
  if (fields->contains("current")) current = take(*fields, "current");
  auto set = co_await accounts_.set_password(identity.caller, std::move(current),
                                             take(*fields, "password"));
  co_return set ? no_content() : http::problem(set.error());
}

Task<http::Response> DbApi::list_views(http::Request&, const api::Identity& identity) {
  auto views = co_await accounts_.views(identity.caller);
  if (!views) co_return http::problem(views.error());
  JsonWriter json;
  json.begin_object().key("views").begin_array();
  for (const auto& view : *views) {
    json.begin_object()
        .field("name", view.name)
        .field("path", view.path)
        .field("query", view.query)
        .end_object();
  }
  json.end_array().end_object();
  co_return http::json(200, json.take());
}

Task<http::Response> DbApi::save_view(http::Request& request, const api::Identity& identity) {
  auto fields = api::read_text_fields(request.body, {"name", "path", "query"}, kFieldBytesMax);
  if (!fields) co_return http::problem(fields.error());
  for (std::string_view name : {"name", "path", "query"}) {
    if (fields->contains(name)) continue;
    co_return http::problem(
        Error{ErrorCode::InvalidArgument, "field_missing", fmt::format("{} is missing", name)});
  }
  accounts::View view{take(*fields, "name"), take(*fields, "path"), take(*fields, "query")};
  JsonWriter json;
  json.begin_object()
      .field("name", view.name)
      .field("path", view.path)
      .field("query", view.query)
      .end_object();
  auto saved = co_await accounts_.save_view(identity.caller, std::move(view));
  co_return saved ? http::json(201, json.take()) : http::problem(saved.error());
}

Task<http::Response> DbApi::get_preferences(http::Request&, const api::Identity& identity) {
  auto preferences = co_await accounts_.preferences(identity.caller);
  co_return preferences_answer(200, preferences);
}

Task<http::Response> DbApi::set_preferences(http::Request& request, const api::Identity& identity) {
  auto fields = api::JsonFields::read(request.body, {"theme", "time_zone", "range"});
  if (!fields) co_return http::problem(fields.error());
  auto changes = fields->changes();
  if (!changes) co_return http::problem(changes.error());
  auto preferences = co_await accounts_.set_preferences(identity.caller, std::move(*changes));
  co_return preferences_answer(201, preferences);
}

}  // namespace sentinel::db_api
