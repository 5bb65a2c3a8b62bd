#include "api/db_api/agent_json.hpp"

#include <algorithm>
#include <array>

namespace sentinel::db_api {

namespace {

std::optional<std::string> time_text(const std::optional<Timestamp>& time) {
  if (!time) return std::nullopt;
  return format_rfc3339(*time);
}

void add_to(std::optional<double>& total, const std::optional<double>& value) {
  if (value) total = total.value_or(0) + *value;
}

bool is_host(const models::AgentSummary& agent) { return agent.name.starts_with("host:"); }

struct Totals {
  std::array<int, 6> by_status{};
  int64_t requests = 0, errors = 0, gpus = 0;
  std::optional<double> cost, throughput, memory, gpu_memory, cpu_sum, gpu_sum;
  int cpu_agents = 0;
  double gpu_weight = 0;

  // `with_resources`: whether its CPU and memory count.
  void add(const models::AgentSummary& agent, bool with_resources) {
    ++by_status[static_cast<size_t>(agent.status.status)];
    requests += agent.today.requests;
    errors += agent.today.errors;
    add_to(cost, agent.today.cost_usd);
    add_to(throughput, agent.latest.throughput_req_per_min);
    if (!with_resources) return;
    add_to(memory, agent.latest.memory_usage_mb);
    add_to(cpu_sum, agent.latest.cpu_usage_percent);
    if (agent.latest.cpu_usage_percent) ++cpu_agents;
  }

  // A host samples each of its GPUs once; agents share them. Where no host reports, the agents' own
  // figures serve.
  void add_gpus(const std::vector<models::AgentSummary>& agents) {
    bool hosts = std::ranges::any_of(
        agents, [](const auto& agent) { return is_host(agent) && agent.latest.gpu_usage_percent; });
    for (const auto& agent : agents) {
      if (is_host(agent) != hosts || !agent.latest.gpu_usage_percent) continue;
      const auto count = std::max<int64_t>(agent.latest.gpu_count, 1);
      gpus += count;
      gpu_weight += static_cast<double>(count);
      gpu_sum = gpu_sum.value_or(0) + *agent.latest.gpu_usage_percent * static_cast<double>(count);
      add_to(gpu_memory, agent.latest.gpu_memory_usage_mb);
    }
  }
};

}  // namespace

void write_agent(JsonWriter& json, const models::AgentSummary& agent) {
  json.begin_object()
      .field("agent_id", format_uuid(agent.agent_id))
      .field("name", agent.name)
      .field("description", agent.description);
  json.key("labels").raw(agent.labels).key("parent");
  if (agent.parent_id) {
    json.begin_object()
        .field("agent_id", format_uuid(*agent.parent_id))
        .field("name", agent.parent)
        .end_object();
  } else {
    json.null();
  }
  json.field("created_at", format_rfc3339(agent.created_at))
      .field("status", models::to_string(agent.status.status))
      .field("since", time_text(agent.status.since))
      .field("reason", agent.status.reason)
      .field("last_seen", time_text(agent.status.last_seen))
      .field("interval_s", to_seconds(agent.interval))
      .field("host", agent.host.empty() ? std::nullopt : std::optional(agent.host));
  const auto& latest = agent.latest;
  json.key("latest")
      .begin_object()
      .field("latency_ms", latest.latency_ms)
      .field("throughput_req_per_min", latest.throughput_req_per_min)
      .field("cost_usd", latest.cost_usd)
      .field("cpu_usage_percent", latest.cpu_usage_percent)
      .field("gpu_usage_percent", latest.gpu_usage_percent)
      .field("memory_usage_mb", latest.memory_usage_mb)
      .field("gpu_memory_usage_mb", latest.gpu_memory_usage_mb)
      .end_object();
  json.key("today")
      .begin_object()
      .field("requests", agent.today.requests)
      .field("errors", agent.today.errors)
      .field("cost_usd", agent.today.cost_usd)
      .end_object();
  json.end_object();
}

void write_totals(JsonWriter& json, const std::vector<models::AgentSummary>& agents) {
  Totals totals;
  // A host's own sample holds what its agents use: it counts only where nothing but hosts is shown.
  const bool hosts_only = std::ranges::all_of(agents, is_host);
  for (const auto& agent : agents) totals.add(agent, hosts_only || !is_host(agent));
  totals.add_gpus(agents);
  json.begin_object().field("agents", agents.size());
  for (size_t i = 0; i < totals.by_status.size(); ++i) {
    json.field(models::to_string(static_cast<models::AgentStatus>(i)), totals.by_status[i]);
  }
  auto mean = [](std::optional<double> sum, double count) {
    return sum && count > 0 ? std::optional(*sum / count) : std::nullopt;
  };
  json.field("requests_today", totals.requests)
      .field("errors_today", totals.errors)
      .field("cost_today_usd", totals.cost)
      .field("throughput_req_per_min", totals.throughput)
      .field("cpu_usage_percent", mean(totals.cpu_sum, totals.cpu_agents))
      .field("memory_usage_mb", totals.memory)
      .field("gpu_usage_percent", mean(totals.gpu_sum, totals.gpu_weight))
      .field("gpu_memory_usage_mb", totals.gpu_memory)
      .field("gpu_count", totals.gpus)
      .end_object();
}

}  // namespace sentinel::db_api
