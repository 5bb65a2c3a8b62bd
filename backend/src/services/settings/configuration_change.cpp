// The body of a change, read field by field under its limits.
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>

#include "services/settings/configuration_service.hpp"

namespace sentinel::settings {

namespace {

namespace ondemand = simdjson::ondemand;

constexpr size_t kAgentLengthMax = 200;

std::unexpected<Error> invalid_json(std::string_view why) {
  return fail(ErrorCode::InvalidArgument, "json_invalid",
              fmt::format("the body is not valid JSON: {}", why));
}

template <class... Args>
std::unexpected<Error> invalid_field(fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorCode::InvalidArgument, "field_invalid",
              fmt::format(format, std::forward<Args>(args)...));
}

bool is_null(ondemand::value& value) {
  bool null = false;
  return !value.is_null().get(null) && null;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

Result<void> read_agent(ondemand::value value, ConfigurationChange& change) {
  if (is_null(value)) return {};
  std::string_view text;
  if (value.get_string().get(text)) return invalid_field("agent must be a text or null");
  auto length = std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  if (length < 1 || static_cast<size_t>(length) > kAgentLengthMax) {
    return invalid_field("agent has {} characters, 1 to {} are allowed", length, kAgentLengthMax);
  }
  if (std::ranges::any_of(text, is_control))
    return invalid_field("agent holds a control character");
  change.agent = text;
  return {};
}

Result<void> read_enabled(ondemand::value value, ConfigurationChange& change) {
  bool flag = false;
  if (value.get_bool().get(flag)) return invalid_field("enabled must be true or false");
  change.enabled = flag;
  return {};
}

Result<void> read_interval(ondemand::value value, ConfigurationChange& change) {
  double number = 0;
  if (value.get_double().get(number)) return invalid_field("interval_s must be a number");
  if (!(number >= models::kIntervalMin_s && number <= models::kIntervalMax_s)) {
    return invalid_field("interval_s is {}, {} to {} are allowed", number, models::kIntervalMin_s,
                         models::kIntervalMax_s);
  }
  change.interval_s = number;
  return {};
}

Result<void> read_retention(ondemand::value value, ConfigurationChange& change) {
  int64_t number = 0;
  if (value.get_int64().get(number)) return invalid_field("retention_days must be an integer");
  if (number < models::kRetentionDaysMin || number > models::kRetentionDaysMax) {
    return invalid_field("retention_days is {}, {} to {} are allowed", number,
                         models::kRetentionDaysMin, models::kRetentionDaysMax);
  }
  change.retention_days = static_cast<int>(number);
  return {};
}

Result<std::optional<double>> read_limit(ondemand::value value, std::string_view metric,
                                         std::string_view which) {
  if (is_null(value)) return std::nullopt;
  double number = 0;
  if (value.get_double().get(number) || !std::isfinite(number) || number < 0) {
    return invalid_field("thresholds.{}.{} must be a finite number of at least 0, or null", metric,
                         which);
  }
  return number;
}

// Calls `read` with each member's name and value.
template <class Read>
Result<void> read_members(ondemand::object object, Read read) {
  for (auto item : object) {
    ondemand::field member;
    std::string_view view;
    if (std::move(item).get(member) || member.unescaped_key().get(view)) {
      return invalid_json("a broken object");
    }
    // The parser unescapes into a buffer that the value may overwrite.
    std::string name(view);
    if (auto done = read(name, member.value()); !done) return done;
  }
  return {};
}

Result<models::Threshold> read_threshold(ondemand::value value, const std::string& metric) {
  ondemand::object object;
  if (value.get_object().get(object)) {
    return invalid_field("thresholds.{} must be an object with warn and critical", metric);
  }
  models::Threshold threshold;
  bool warn = false;
  bool critical = false;
  auto read = [&](const std::string& name, ondemand::value member) -> Result<void> {
    bool is_warn = name == "warn";
    if (!is_warn && name != "critical") {
      return fail(ErrorCode::InvalidArgument, "field_unknown",
                  fmt::format("thresholds.{}.{} is not known", metric, name));
    }
    auto limit = read_limit(member, metric, name);
    if (!limit) return forward(limit);
    (is_warn ? threshold.warn : threshold.critical) = *limit;
    (is_warn ? warn : critical) = true;
    return {};
  };
  if (auto done = read_members(object, read); !done) return forward(done);
  if (!warn || !critical) {
    return invalid_field("thresholds.{} needs both warn and critical; null means none", metric);
  }
  return threshold;
}

Result<void> read_thresholds(ondemand::value value, ConfigurationChange& change) {
  ondemand::object object;
  if (value.get_object().get(object)) return invalid_field("thresholds must be an object");
  auto& thresholds = change.thresholds.emplace();
  auto read = [&](const std::string& metric, ondemand::value member) -> Result<void> {
    if (std::ranges::find(models::kThresholdMetrics, metric) == models::kThresholdMetrics.end()) {
      return fail(ErrorCode::InvalidArgument, "metric_unknown",
                  fmt::format("thresholds names '{}'; known are {}", metric,
                              fmt::join(models::kThresholdMetrics, ", ")));
    }
    auto threshold = read_threshold(member, metric);
    if (!threshold) return forward(threshold);
    thresholds[metric] = *threshold;
    return {};
  };
  return read_members(object, read);
}

Result<void> read_field(const std::string& name, ondemand::value value,
                        ConfigurationChange& change) {
  if (name == "agent") return read_agent(value, change);
  if (name == "enabled") return read_enabled(value, change);
  if (name == "interval_s") return read_interval(value, change);
  if (name == "retention_days") return read_retention(value, change);
  if (name == "thresholds") return read_thresholds(value, change);
  return fail(ErrorCode::InvalidArgument, "field_unknown",
              fmt::format("{} is not known; a change may name agent, enabled, interval_s, "
                          "retention_days and thresholds",
                          name));
}

}  // namespace

Result<ConfigurationChange> parse_change(std::string& json_body) {
  json_body.reserve(json_body.size() + simdjson::SIMDJSON_PADDING);
  ondemand::parser parser;
  ondemand::document document;
  if (auto error =
          parser.iterate(json_body.data(), json_body.size(), json_body.capacity()).get(document)) {
    return invalid_json(simdjson::error_message(error));
  }
  ondemand::object object;
  if (auto error = document.get_object().get(object)) {
    return invalid_json(error == simdjson::INCORRECT_TYPE ? "an object is wanted"
                                                          : simdjson::error_message(error));
  }
  ConfigurationChange change;
  auto read = [&](const std::string& name, ondemand::value value) {
    return read_field(name, value, change);
  };
  if (auto done = read_members(object, read); !done) return forward(done);
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return invalid_json("text after the end");
  }
  return change;
}

}  // namespace sentinel::settings
