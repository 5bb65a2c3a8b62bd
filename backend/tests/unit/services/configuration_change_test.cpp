#include <gtest/gtest.h>

#include "services/settings/configuration_service.hpp"

namespace sentinel::settings {
namespace {

// What a body is refused with, as `reason: message`; empty when it is taken.
std::string refusal(std::string body) {
  auto change = parse_change(body);
  if (change) return "";
  EXPECT_EQ(change.error().code, ErrorCode::InvalidArgument);
  return change.error().reason + ": " + change.error().message;
}

ConfigurationChange parsed(std::string body) {
  auto change = parse_change(body);
  EXPECT_TRUE(change) << change.error().message;
  return change ? *change : ConfigurationChange{};
}

TEST(ConfigurationChange, ReadsEveryField) {
  auto change = parsed(
      R"({"agent": "cod\u0065r", "enabled": false, "interval_s": 0.2, "retention_days": 36500,
    "thresholds": {"latency_ms": {"warn": 1.5, "critical": null}, "cost_usd": {"critical": 3, "warn": 0}}})");
  EXPECT_EQ(change.agent, "coder");
  EXPECT_EQ(change.enabled, false);
  EXPECT_EQ(change.interval_s, 0.2);
  EXPECT_EQ(change.retention_days, 36500);
  std::map<std::string, models::Threshold> wanted = {{"latency_ms", {1.5, std::nullopt}},
                                                     {"cost_usd", {0, 3}}};
  EXPECT_EQ(change.thresholds, wanted);
}

TEST(ConfigurationChange, LeavesOutWhatTheBodyLeavesOut) {
  auto change = parsed(R"({"agent": null})");
  EXPECT_EQ(change.agent, std::nullopt);
  EXPECT_EQ(change.enabled, std::nullopt);
  EXPECT_EQ(change.interval_s, std::nullopt);
  EXPECT_EQ(change.retention_days, std::nullopt);
  EXPECT_EQ(change.thresholds, std::nullopt);
  EXPECT_EQ(parsed("{}").agent, std::nullopt);
}

TEST(ConfigurationChange, RefusesWhatIsNoJsonObject) {
  EXPECT_TRUE(refusal("").starts_with("json_invalid: the body is not valid JSON: "));
  EXPECT_EQ(refusal("7"), "json_invalid: the body is not valid JSON: an object is wanted");
  EXPECT_EQ(refusal("[]"), "json_invalid: the body is not valid JSON: an object is wanted");
  EXPECT_EQ(refusal("{} {}"), "json_invalid: the body is not valid JSON: text after the end");
  EXPECT_TRUE(refusal(R"({"enabled": true)").starts_with("json_invalid: "));
  EXPECT_EQ(refusal(R"({"enabled" true})"),
            "json_invalid: the body is not valid JSON: a broken object");
  EXPECT_TRUE(refusal("{\"agent\": \"\xff\"}").starts_with("json_invalid: "));
}

TEST(ConfigurationChange, RefusesUnknownNames) {
  EXPECT_EQ(refusal(R"({"interval": 2})"),
            "field_unknown: interval is not known; a change may name agent, enabled, interval_s, "
            "retention_days "
            "and thresholds");
  EXPECT_EQ(
      refusal(R"({"thresholds": {"happiness": {"warn": 1, "critical": 2}}})"),
      "metric_unknown: thresholds names 'happiness'; known are latency_ms, ttft_ms, "
      "throughput_req_per_min, cost_usd, cpu_usage_percent, gpu_usage_percent, memory_usage_mb, "
      "gpu_memory_usage_mb, error_rate_percent");
  EXPECT_EQ(refusal(R"({"thresholds": {"cost_usd": {"warn": 1, "critical": 2, "panic": 3}}})"),
            "field_unknown: thresholds.cost_usd.panic is not known");
}

TEST(ConfigurationChange, RefusesWrongTypes) {
  EXPECT_EQ(refusal(R"({"agent": 1})"), "field_invalid: agent must be a text or null");
  EXPECT_EQ(refusal(R"({"enabled": "yes"})"), "field_invalid: enabled must be true or false");
  EXPECT_EQ(refusal(R"({"enabled": null})"), "field_invalid: enabled must be true or false");
  EXPECT_EQ(refusal(R"({"interval_s": "2"})"), "field_invalid: interval_s must be a number");
  EXPECT_EQ(refusal(R"({"retention_days": 1.5})"),
            "field_invalid: retention_days must be an integer");
  EXPECT_EQ(refusal(R"({"thresholds": []})"), "field_invalid: thresholds must be an object");
  EXPECT_EQ(refusal(R"({"thresholds": {"cost_usd": 1}})"),
            "field_invalid: thresholds.cost_usd must be an object with warn and critical");
  EXPECT_EQ(refusal(R"({"thresholds": {"cost_usd": {"warn": 1}}})"),
            "field_invalid: thresholds.cost_usd needs both warn and critical; null means none");
}

TEST(ConfigurationChange, RefusesValuesOutOfRange) {
  EXPECT_EQ(refusal(R"({"agent": ""})"),
            "field_invalid: agent has 0 characters, 1 to 200 are allowed");
  EXPECT_EQ(refusal(R"({"agent": ")" + std::string(201, 'a') + "\"}"),
            "field_invalid: agent has 201 characters, 1 to 200 are allowed");
  EXPECT_EQ(refusal(R"({"agent": "a\u0000b"})"), "field_invalid: agent holds a control character");
  EXPECT_EQ(refusal(R"({"interval_s": 0.1})"),
            "field_invalid: interval_s is 0.1, 0.2 to 3600 are allowed");
  EXPECT_EQ(refusal(R"({"interval_s": 3601})"),
            "field_invalid: interval_s is 3601, 0.2 to 3600 are allowed");
  EXPECT_EQ(refusal(R"({"retention_days": 0})"),
            "field_invalid: retention_days is 0, 1 to 36500 are allowed");
  EXPECT_EQ(refusal(R"({"retention_days": 36501})"),
            "field_invalid: retention_days is 36501, 1 to 36500 are allowed");
  constexpr auto kLimit =
      "field_invalid: thresholds.cost_usd.warn must be a finite number of at least 0, or null";
  EXPECT_EQ(refusal(R"({"thresholds": {"cost_usd": {"warn": -1, "critical": 2}}})"), kLimit);
  EXPECT_EQ(refusal(R"({"thresholds": {"cost_usd": {"warn": 1e999, "critical": 2}}})"), kLimit);
  EXPECT_EQ(refusal(R"({"thresholds": {"cost_usd": {"warn": "1", "critical": 2}}})"), kLimit);
}

}  // namespace
}  // namespace sentinel::settings
