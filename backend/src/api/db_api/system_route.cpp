#include <filesystem>

#include "api/db_api/db_api.hpp"
#include "base/json_writer.hpp"
#include "services/ingest/ingest_service.hpp"
#include "services/query/system_query.hpp"

namespace sentinel::db_api {

namespace {

std::optional<std::string> time_text(const std::optional<Timestamp>& time) {
  if (!time) return std::nullopt;
  return format_rfc3339(*time);
}

std::optional<double> age_of(const std::optional<Timestamp>& time, Timestamp now) {
  if (!time) return std::nullopt;
  return std::max(0.0, to_seconds(now - *time));
}

// Of the disk under a folder; null where there is none that this process knows.
void write_disk(JsonWriter& json, const std::string& folder, std::optional<double> bytes_per_day) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  if (folder.empty() || error) {
    json.null();
    return;
  }
  const auto free_bytes = static_cast<double>(space.available);
  const bool fills = bytes_per_day && *bytes_per_day > 0;
  json.begin_object()
      .field("total_bytes", space.capacity)
      .field("free_bytes", space.available)
      .field("days_left", fills ? std::optional(free_bytes / *bytes_per_day) : std::nullopt)
      .end_object();
}

void write_spool(JsonWriter& json, const ingest::Spool* spool) {
  json.key("spool");
  if (!spool) {
    json.null();
    return;
  }
  json.begin_object()
      .field("batches", spool->waiting())
      .field("bytes", spool->bytes())
      .field("limit_bytes", spool->limits().bytes_max)
      .field("database_away", spool->away())
      .field("set_aside", spool->statistics().set_aside.load())
      .end_object();
}

// Of metrics-api, where it is this same process; null where it is another.
void write_writer(JsonWriter& json, const ingest::IngestService* ingest) {
  if (!ingest) {
    json.null();
    return;
  }
  const auto& writer = ingest->writer_statistics();
  const auto commits = static_cast<double>(writer.commits.load());
  json.begin_object()
      .field("records", writer.records.load())
      .field("commits", writer.commits.load())
      .field("commit_ms",
             commits > 0
                 ? std::optional(static_cast<double>(writer.commit_microseconds) / 1e3 / commits)
                 : std::nullopt)
      .field("queue_bytes", writer.queue_bytes.load())
      .field("failures", writer.failures.load());
  write_spool(json, ingest->spool());
  json.end_object();
}

void write_sums(JsonWriter& json, const query::SystemStatus& status, Timestamp now) {
  json.key("sums")
      .begin_object()
      .field("minutes_at", time_text(status.minutes_at))
      .field("hours_at", time_text(status.hours_at))
      .field("days_at", time_text(status.days_at))
      .field("waiting_batches", status.unsummed_batches)
      .field("waiting_s", age_of(status.unsummed_since, now))
      .end_object();
}

void write_sealing(JsonWriter& json, const query::SystemStatus& status, Timestamp now) {
  json.key("sealing").begin_object().key("newest");
  if (status.sealed) {
    json.begin_object()
        .field("generation", status.sealed->generation)
        .field("records", status.sealed->records)
        .field("sealed_at", format_rfc3339(status.sealed->at))
        .end_object();
  } else {
    json.null();
  }
  json.field("open", status.open_generations)
      .field("waiting", status.unsealed_generations)
      .field("waiting_s", age_of(status.unsealed_since, now))
      .end_object();
}

void write_refused(JsonWriter& json, const query::SystemStatus& status) {
  json.key("rejections_24h").begin_array();
  for (const auto& refused : status.refused) {
    json.begin_object().field("code", refused.code).field("count", refused.count).end_object();
  }
  json.end_array();
}

void write_slow(JsonWriter& json, const std::vector<api::SlowRequests::Entry>& slow) {
  json.key("slow_requests").begin_array();
  for (const auto& entry : slow) {
    json.begin_object()
        .field("at", format_rfc3339(entry.at))
        .field("route", entry.route)
        .field("query", entry.query)
        .field("status", entry.status)
        .field("duration_ms", to_seconds(entry.duration) * 1e3)
        .end_object();
  }
  json.end_array();
}

}  // namespace

Task<http::Response> DbApi::get_system(http::Request&, const api::Identity&) {
  auto status = co_await query::system_status(metrics_database_);
  if (!status) co_return http::problem(status.error());
  const auto time = now();
  JsonWriter json;
  json.begin_object()
      .field("version", SENTINEL_VERSION)
      .field("started_at", format_rfc3339(started_at_))
      .field("server_time", format_rfc3339(time));
  json.key("database")
      .begin_object()
      .field("version", status->server_version)
      .field("schema", status->schema)
      .field("bytes", status->bytes)
      .field("bytes_per_day", status->bytes_per_day)
      .field("measured_since", time_text(status->measured_since));
  json.key("disk");
  write_disk(json, options_.data_folder, status->bytes_per_day);
  json.end_object();
  json.key("ingest")
      .begin_object()
      .field("records_per_minute", status->records_per_minute)
      .field("newest_commit_at", time_text(status->newest_commit))
      .key("process");
  write_writer(json, options_.ingest);
  json.end_object();
  write_sums(json, *status, time);
  write_sealing(json, *status, time);
  write_refused(json, *status);
  write_slow(json, slow_requests_.slowest(time));
  json.field("streams", live_.listeners()).field("sessions", status->sessions).end_object();
  co_return http::json(200, json.take());
}

}  // namespace sentinel::db_api
