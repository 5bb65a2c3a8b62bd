// How agents are collected and judged: one version of it, of the fleet or of one agent.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "base/uuid.hpp"

namespace sentinel::models {

// From where on a metric is worth a look, and from where on it is wrong. nullopt: never.
struct Threshold {
  std::optional<double> warn;
  std::optional<double> critical;
  bool operator==(const Threshold&) const = default;
};

struct Configuration {
  std::optional<Uuid> agent_id;  // nullopt: the fleet
  std::string agent;             // its name; empty for the fleet
  int64_t version = 0;
  bool enabled = true;
  int32_t interval_ms = 2000;
  int32_t retention_days = 90;
  std::map<std::string, Threshold> thresholds;  // by metric name
  Timestamp created_at;
  std::string created_by;
};

// Limits of the contract; the table checks the last two again.
inline constexpr double kIntervalMin_s = 0.2;
inline constexpr double kIntervalMax_s = 3600;
inline constexpr int kRetentionDaysMin = 1;
inline constexpr int kRetentionDaysMax = 36500;

// The metrics a threshold may name.
inline constexpr std::array<std::string_view, 9> kThresholdMetrics = {
    "latency_ms",        "ttft_ms",           "throughput_req_per_min", "cost_usd",
    "cpu_usage_percent", "gpu_usage_percent", "memory_usage_mb",        "gpu_memory_usage_mb",
    "error_rate_percent"};

}  // namespace sentinel::models
