#include "services/settings/agent_revisions.hpp"

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "models/metric_record.hpp"

namespace sentinel::settings {

namespace {

std::unexpected<Error> invalid(std::string message) {
  return fail(ErrorCode::InvalidArgument, "field_invalid", std::move(message));
}

Result<void> check(const AgentChange& change) {
  if (change.description) {
    const auto length = models::length_of(*change.description);
    if (length > kDescriptionLengthMax) {
      return invalid(fmt::format("description has {} characters, the limit is {}", length,
                                 kDescriptionLengthMax));
    }
  }
  for (const auto& [name, text] : change.labels) {
    if (auto refusal = models::name_refusal("the name of a label", name, kLabelNameLengthMax)) {
      return invalid(std::move(*refusal));
    }
    if (!text) continue;
    const auto field = fmt::format("labels.{}", name);
    if (auto refusal = models::name_refusal(field, *text, kLabelLengthMax)) {
      return invalid(std::move(*refusal));
    }
  }
  return {};
}

std::string labels_json(const AgentChange& change) {
  JsonWriter json;
  json.begin_object();
  for (const auto& [name, text] : change.labels) json.field(name, text);
  return json.end_object().take();
}

}  // namespace

Task<Result<AgentRevision>> revise_agent(postgres::Database& database, Uuid agent_id,
                                         AgentChange change, std::string created_by) {
  if (auto checked = check(change); !checked) co_return forward(checked);
  auto rows = co_await database.query_in_turn(
      "sentinel.agent_revision", "agent_revise",
      postgres::Params(agent_id, change.description, labels_json(change), kLabelsMax, created_by));
  if (!rows) co_return forward(rows);
  if (rows->size() == 0) {
    co_return invalid(fmt::format("an agent may have {} labels; take one away", kLabelsMax));
  }
  AgentRevision revision;
  revision.revision = rows->integer(0, 0);
  revision.agent_id = agent_id;
  revision.agent = rows->text(0, 1);
  revision.description = rows->text(0, 2);
  revision.labels = rows->text(0, 3);
  revision.created_at = Timestamp{Microseconds{rows->integer(0, 4)}};
  revision.created_by = rows->text(0, 5);
  co_return revision;
}

}  // namespace sentinel::settings
