#include "services/settings/configuration_service.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>

#include "base/json_writer.hpp"

namespace sentinel::settings {

namespace {

std::optional<double> read_limit(simdjson::ondemand::object& threshold, std::string_view which) {
  double number = 0;
  if (threshold.find_field_unordered(which).get_double().get(number)) return std::nullopt;
  return number;
}

// What the database holds. Members that are no thresholds, which only a hand could have written,
// are left out.
std::map<std::string, models::Threshold> read_thresholds(std::string_view json) {
  std::map<std::string, models::Threshold> thresholds;
  simdjson::padded_string padded(json);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser.iterate(padded).get(document) || document.get_object().get(object)) return thresholds;
  for (auto item : object) {
    simdjson::ondemand::field member;
    std::string_view view;
    if (std::move(item).get(member) || member.unescaped_key().get(view)) break;
    std::string name(view);
    simdjson::ondemand::object threshold;
    if (member.value().get_object().get(threshold)) continue;
    auto warn = read_limit(threshold, "warn");
    auto critical = read_limit(threshold, "critical");
    thresholds[name] = {warn, critical};
  }
  return thresholds;
}

std::string write_thresholds(const std::map<std::string, models::Threshold>& thresholds) {
  JsonWriter json;
  json.begin_object();
  for (const auto& [metric, threshold] : thresholds) {
    json.key(metric).begin_object();
    json.field("warn", threshold.warn).field("critical", threshold.critical).end_object();
  }
  return json.end_object().take();
}

// The columns that every statement of a configuration gives.
models::Configuration read_row(const postgres::Rows& rows, int row) {
  models::Configuration configuration;
  configuration.agent_id = parse_uuid(rows.text(row, 0));
  configuration.agent = rows.text(row, 1);
  configuration.version = rows.integer(row, 2);
  configuration.enabled = rows.boolean(row, 3);
  configuration.interval_ms = static_cast<int32_t>(rows.integer(row, 4));
  configuration.retention_days = static_cast<int32_t>(rows.integer(row, 5));
  configuration.thresholds = read_thresholds(rows.text(row, 6));
  configuration.created_at = Timestamp{Microseconds{rows.integer(row, 7)}};
  configuration.created_by = rows.text(row, 8);
  return configuration;
}

Result<std::vector<models::Configuration>> read_all(Result<postgres::Rows> rows) {
  if (!rows) return forward(rows);
  std::vector<models::Configuration> all;
  for (int row = 0; row < rows->size(); ++row) all.push_back(read_row(*rows, row));
  return all;
}

Result<models::Configuration> read_one(Result<postgres::Rows> rows) {
  if (!rows) return forward(rows);
  if (rows->size() == 1) return read_row(*rows, 0);
  return fail(ErrorCode::Internal, "configuration_missing",
              "the fleet has no configuration: the first migration that makes one did not run");
}

}  // namespace

Task<Result<std::optional<Uuid>>> ConfigurationService::find_target(
    std::optional<std::string> agent) {
  if (!agent) co_return std::nullopt;
  // What the database could not take as a text is no agent's name either.
  bool storable = simdjson::validate_utf8(*agent) && agent->find('\0') == agent->npos;
  if (storable) {
    auto rows = co_await database_.query("agent_find", postgres::Params(*agent));
    if (!rows) co_return forward(rows);
    if (rows->size() == 1) co_return parse_uuid(rows->text(0, 0));
  }
  co_return fail(
      ErrorCode::NotFound, "agent_unknown",
      storable ? fmt::format("there is no agent '{}'", *agent) : "there is no agent of that name");
}

Task<Result<std::vector<models::Configuration>>> ConfigurationService::newest() {
  co_return read_all(co_await database_.query("configuration_newest"));
}

Task<Result<std::vector<models::Configuration>>> ConfigurationService::history(
    std::optional<std::string> agent) {
  auto target = co_await find_target(std::move(agent));
  if (!target) co_return forward(target);
  co_return read_all(
      co_await database_.query("configuration_history", postgres::Params(*target, kVersionsMax)));
}

Task<Result<models::Configuration>> ConfigurationService::effective(std::string agent_name_or_id) {
  auto target = co_await find_target(std::move(agent_name_or_id));
  if (!target) co_return forward(target);
  co_return read_one(
      co_await database_.query("configuration_effective", postgres::Params(*target)));
}

Task<Result<models::Configuration>> ConfigurationService::collection(std::string agent) {
  auto own = co_await effective(std::move(agent));
  if (own || own.error().code != ErrorCode::NotFound) co_return own;
  co_return read_one(
      co_await database_.query("configuration_effective", postgres::Params(std::nullopt)));
}

Task<Result<models::Configuration>> ConfigurationService::change(ConfigurationChange change,
                                                                 std::string created_by) {
  auto target = co_await find_target(std::move(change.agent));
  if (!target) co_return forward(target);
  std::optional<int64_t> interval_ms;
  if (change.interval_s) interval_ms = std::llround(*change.interval_s * 1000);
  std::optional<std::string> thresholds;
  if (change.thresholds) thresholds = write_thresholds(*change.thresholds);
  co_return read_one(co_await database_.query_in_turn(
      "sentinel.configuration", "configuration_insert",
      postgres::Params(*target, change.enabled, interval_ms, change.retention_days, thresholds,
                       created_by)));
}

}  // namespace sentinel::settings
