#include <fmt/format.h>

#include <algorithm>

#include "api/db_api/agent_json.hpp"
#include "api/db_api/cursor.hpp"
#include "api/db_api/db_api.hpp"
#include "api/json_body.hpp"
#include "api/query_reader.hpp"
#include "services/settings/agent_revisions.hpp"

namespace sentinel::db_api {

namespace {

constexpr int kAgentsMax = 10'000;

std::vector<Uuid> ids_of(const std::vector<query::AgentName>& agents) {
  std::vector<Uuid> ids;
  for (const auto& agent : agents) ids.push_back(agent.agent_id);
  return ids;
}

Result<std::vector<models::AgentStatus>> parse_statuses(const std::vector<std::string>& texts) {
  std::vector<models::AgentStatus> statuses;
  for (const auto& text : texts) {
    auto status = models::parse_agent_status(text);
    if (!status) {
      return fail(
          ErrorCode::InvalidArgument, "status_unknown",
          fmt::format("status '{}' is unknown; it is up, late, down, stopped, error or never",
                      text.substr(0, 40)));
    }
    statuses.push_back(*status);
  }
  return statuses;
}

}  // namespace

Task<Result<std::optional<std::vector<Uuid>>>> DbApi::wanted_agents(
    std::vector<std::string> names, std::optional<std::string> parent) {
  std::optional<std::vector<Uuid>> only;
  if (!names.empty()) {
    auto agents = co_await agents_.resolve(std::move(names));
    if (!agents) co_return forward(agents);
    only = ids_of(*agents);
  }
  if (!parent) co_return only;
  std::optional<Uuid> parent_id;
  if (!parent->empty()) {
    std::vector<std::string> wanted{std::move(*parent)};
    auto found = co_await agents_.resolve(std::move(wanted));
    if (!found) co_return forward(found);
    parent_id = found->front().agent_id;
  }
  auto children = co_await agents_.children(parent_id);
  if (!children) co_return forward(children);
  if (only) {
    std::erase_if(*children,
                  [&](const Uuid& id) { return std::ranges::find(*only, id) == only->end(); });
  }
  co_return std::optional(std::move(*children));
}

Task<http::Response> DbApi::list_agents(http::Request& request, const api::Identity&) {
  auto query = api::QueryReader::read(request, {"agent", "parent", "status", "limit", "cursor"});
  if (!query) co_return http::problem(query.error());
  auto limit = query->integer("limit", 1000, 1, 1000);
  if (!limit) co_return http::problem(limit.error());
  auto statuses = parse_statuses(query->all("status"));
  if (!statuses) co_return http::problem(statuses.error());
  auto only = co_await wanted_agents(query->all("agent"), query->one("parent"));
  if (!only) co_return http::problem(only.error());
  // Totals are over all agents of the filter, so all are read; the page is cut afterwards.
  const bool nobody = *only && (*only)->empty();
  auto ids = (*only).value_or(std::vector<Uuid>{});
  Result<std::vector<models::AgentSummary>> all;
  if (!nobody) all = co_await agents_.list(std::move(ids), std::nullopt, kAgentsMax);
  if (!all) co_return http::problem(all.error());
  auto summed = co_await agents_.add_today(*all);
  if (!summed) co_return http::problem(summed.error());
  if (!statuses->empty()) {
    std::erase_if(*all, [&](const auto& agent) {
      return std::ranges::find(*statuses, agent.status.status) == statuses->end();
    });
  }
  JsonWriter json;
  json.begin_object().key("agents").begin_array();
  auto after = query->one("cursor");
  int shown = 0;
  std::optional<std::string> last, next;
  for (const auto& agent : *all) {
    if (after && agent.name <= *after) continue;
    if (shown == *limit) {
      next = last;
      break;
    }
    write_agent(json, agent);
    last = agent.name;
    ++shown;
  }
  json.end_array().key("totals");
  write_totals(json, *all);
  json.field("next_cursor", next).field("server_time", format_rfc3339(now())).end_object();
  co_return http::json(200, json.take());
}

Task<http::Response> DbApi::get_agent(http::Request& request, const api::Identity&) {
  std::vector<std::string> wanted{request.path_values.at("id")};
  auto found = co_await agents_.resolve(std::move(wanted));
  if (!found) co_return http::problem(found.error());
  auto agents = co_await agents_.list(ids_of(*found), std::nullopt, 1);
  if (!agents) co_return http::problem(agents.error());
  auto summed = co_await agents_.add_today(*agents);
  if (!summed) co_return http::problem(summed.error());
  JsonWriter json;
  write_agent(json, agents->front());
  co_return http::json(200, json.take());
}

Task<http::Response> DbApi::revise_agent(http::Request& request, const api::Identity& identity) {
  auto fields = api::JsonFields::read(request.body, {"description", "labels"});
  if (!fields) co_return http::problem(fields.error());
  auto description = fields->maybe_text("description");
  if (!description) co_return http::problem(description.error());
  auto labels = fields->maybe_changes("labels", settings::kLabelsMax);
  if (!labels) co_return http::problem(labels.error());
  settings::AgentChange change{.description = std::move(*description)};
  if (*labels) change.labels = std::move(**labels);
  std::vector<std::string> wanted{request.path_values.at("id")};
  auto found = co_await agents_.resolve(std::move(wanted));
  if (!found) co_return http::problem(found.error());
  auto revision = co_await settings::revise_agent(database_, found->front().agent_id,
                                                  std::move(change), identity.caller.name);
  if (!revision) co_return http::problem(revision.error());
  JsonWriter json;
  json.begin_object()
      .field("revision", revision->revision)
      .field("agent_id", format_uuid(revision->agent_id))
      .field("agent", revision->agent)
      .field("description", revision->description);
  json.key("labels").raw(revision->labels);
  json.field("created_at", format_rfc3339(revision->created_at))
      .field("created_by", revision->created_by)
      .end_object();
  co_return http::json(201, json.take());
}

Task<http::Response> DbApi::list_events(http::Request& request, const api::Identity&) {
  auto query = api::QueryReader::read(request, {"start", "end", "limit", "cursor"});
  if (!query) co_return http::problem(query.error());
  auto range = query->range(now());
  if (!range) co_return http::problem(range.error());
  auto limit = query->integer("limit", 100, 1, 1000);
  if (!limit) co_return http::problem(limit.error());
  std::optional<query::AgentsQuery::Position> before;
  if (auto cursor = query->one("cursor")) {
    auto position = parse_number_cursor(*cursor);
    if (!position) co_return http::problem(position.error());
    before = {Timestamp{Microseconds{position->first}}, position->second};
  }
  std::vector<std::string> wanted{request.path_values.at("id")};
  auto found = co_await agents_.resolve(std::move(wanted));
  if (!found) co_return http::problem(found.error());
  const Uuid agent = found->front().agent_id;
  auto events = co_await agents_.events(agent, range->start, range->end, before, *limit + 1);
  if (!events) co_return http::problem(events.error());
  std::optional<std::string> next;
  if (events->size() > static_cast<size_t>(*limit)) {
    events->resize(static_cast<size_t>(*limit));
    const auto& last = events->back();
    next = format_cursor(NumberCursor{last.ts.time_since_epoch().count(), last.event_id});
  }
  JsonWriter json;
  json.begin_object().key("events").begin_array();
  for (const auto& event : *events) {
    json.begin_object()
        .field("event_id", std::to_string(event.event_id))
        .field("agent_id", format_uuid(agent))
        .field("type", event.type)
        .field("timestamp", format_rfc3339(event.ts))
        .field("message", event.message);
    json.key("attributes").raw(event.attributes).end_object();
  }
  json.end_array().field("next_cursor", next).end_object();
  co_return http::json(200, json.take());
}

}  // namespace sentinel::db_api
