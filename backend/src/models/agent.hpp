// An agent as people see it: who it is, whether it is up, its newest values.
#pragma once

#include <optional>
#include <string>

#include "base/time.hpp"
#include "base/uuid.hpp"

namespace sentinel::models {

enum class AgentStatus { Up, Late, Down, Stopped, Error, Never };

std::string_view to_string(AgentStatus status);
std::optional<AgentStatus> parse_agent_status(std::string_view text);

// What is known of an agent when its status is judged.
struct AgentSigns {
  std::optional<Timestamp> last_record;  // newest record
  std::string last_event;                // type of the newest event; empty when there is none
  std::optional<Timestamp> last_event_at;
  std::string last_event_message;
  std::optional<Timestamp> up_since;  // newest started, restarted or back
  std::optional<Timestamp> first_seen;
  Microseconds interval{};  // its own
};

struct JudgedStatus {
  AgentStatus status = AgentStatus::Never;
  std::optional<Timestamp> since;
  std::string reason;
  std::optional<Timestamp> last_seen;
};

// Late after 2 and down after 5 of its own intervals without a sign; stopped or in error when it
// said so last.
JudgedStatus judge(const AgentSigns& signs, Timestamp now);

struct AgentLatest {
  std::optional<double> latency_ms;
  std::optional<double> throughput_req_per_min;
  std::optional<double> cost_usd;
  std::optional<double> cpu_usage_percent;
  std::optional<double> gpu_usage_percent;
  std::optional<double> memory_usage_mb;
  std::optional<double> gpu_memory_usage_mb;
  int64_t gpu_count = 0;
};

struct AgentToday {
  int64_t requests = 0;
  int64_t errors = 0;
  std::optional<double> cost_usd;
};

struct AgentSummary {
  Uuid agent_id;
  std::string name;
  std::string description;
  std::string labels = "{}";      // JSON
  std::optional<Uuid> parent_id;  // the agent it works for
  std::string parent;             // its name
  Timestamp created_at;
  Microseconds interval{};
  std::string host;  // empty when not known
  JudgedStatus status;
  AgentLatest latest;
  AgentToday today;
};

}  // namespace sentinel::models
