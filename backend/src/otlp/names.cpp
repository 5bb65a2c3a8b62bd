#include "otlp/names.hpp"

#include <fmt/format.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <iterator>

#include "base/json_writer.hpp"

namespace sentinel::otlp {

namespace {

struct Alias {
  std::string_view name;
  Fact fact;
};

// Of one fact, the newest name comes first.
constexpr Alias kAliases[] = {
    {"gen_ai.operation.name", Fact::Operation},
    {"openinference.span.kind", Fact::OpenInferenceKind},
    {"traceloop.span.kind", Fact::TraceloopKind},
    {"llm.request.type", Fact::RequestType},

    {"gen_ai.provider.name", Fact::Provider},
    {"gen_ai.system", Fact::Provider},
    {"llm.provider", Fact::Provider},
    {"llm.system", Fact::Provider},

    {"gen_ai.response.model", Fact::ResponseModel},
    {"llm.response.model_name", Fact::ResponseModel},
    {"gen_ai.request.model", Fact::RequestModel},
    {"llm.model_name", Fact::RequestModel},
    {"embedding.model_name", Fact::RequestModel},
    {"model", Fact::RequestModel},

    {"gen_ai.usage.input_tokens", Fact::InputTokens},
    {"gen_ai.usage.prompt_tokens", Fact::InputTokens},
    {"llm.token_count.prompt", Fact::InputTokens},
    {"llm.usage.prompt_tokens", Fact::InputTokens},
    {"input_tokens", Fact::InputTokens},
    {"input_token_count", Fact::InputTokens},

    {"gen_ai.usage.output_tokens", Fact::OutputTokens},
    {"gen_ai.usage.completion_tokens", Fact::OutputTokens},
    {"llm.token_count.completion", Fact::OutputTokens},
    {"llm.usage.completion_tokens", Fact::OutputTokens},
    {"output_tokens", Fact::OutputTokens},
    {"output_token_count", Fact::OutputTokens},

    {"gen_ai.usage.cache_read.input_tokens", Fact::CacheReadTokens},
    {"gen_ai.usage.cache_read_input_tokens", Fact::CacheReadTokens},
    {"gen_ai.usage.cache_read_tokens", Fact::CacheReadTokens},
    {"gen_ai.usage.prompt_tokens_details.cached_tokens", Fact::CacheReadTokens},
    {"llm.token_count.prompt_details.cache_read", Fact::CacheReadTokens},
    {"llm.token_count.prompt_details.cache_input", Fact::CacheReadTokens},
    {"cache_read_tokens", Fact::CacheReadTokens},
    {"cached_token_count", Fact::CacheReadTokens},
    {"cached_content_token_count", Fact::CacheReadTokens},

    {"gen_ai.usage.cache_write.input_tokens", Fact::CacheWriteTokens},
    {"gen_ai.usage.cache_creation.input_tokens", Fact::CacheWriteTokens},
    {"gen_ai.usage.cache_creation_input_tokens", Fact::CacheWriteTokens},
    {"gen_ai.usage.cache_write_tokens", Fact::CacheWriteTokens},
    {"gen_ai.usage.cache_creation_tokens", Fact::CacheWriteTokens},
    {"llm.token_count.prompt_details.cache_write", Fact::CacheWriteTokens},
    {"cache_creation_tokens", Fact::CacheWriteTokens},

    {"gen_ai.usage.reasoning.output_tokens", Fact::ReasoningTokens},
    {"gen_ai.usage.reasoning_tokens", Fact::ReasoningTokens},
    {"gen_ai.usage.completion_tokens_details.reasoning_tokens", Fact::ReasoningTokens},
    {"llm.token_count.completion_details.reasoning", Fact::ReasoningTokens},
    {"reasoning_token_count", Fact::ReasoningTokens},
    {"thoughts_token_count", Fact::ReasoningTokens},
    {"tool_token_count", Fact::ToolTokens},
    {"total_token_count", Fact::TotalTokens},

    {"gen_ai.response.time_to_first_chunk", Fact::TtftSeconds},
    {"gen_ai.server.time_to_first_token", Fact::TtftSeconds},
    {"ttft_ms", Fact::TtftMs},
    {"duration_ms", Fact::DurationMs},

    {"gen_ai.usage.cost", Fact::CostUsd},
    {"llm.cost.total", Fact::CostUsd},
    {"cost_usd", Fact::CostUsd},
    {"github.copilot.cost", Fact::CostUsd},
    {"cost_usd_micros", Fact::CostUsdMicros},

    {"gen_ai.response.id", Fact::CallId},
    {"request_id", Fact::CallId},

    {"gen_ai.agent.name", Fact::AgentName},
    {"agent.name", Fact::AgentName},
    {"agent_name", Fact::AgentName},
    {"traceloop.entity.name", Fact::EntityName},

    {"error.type", Fact::ErrorType},
    {"error_type", Fact::ErrorType},
    {"error", Fact::ErrorType},
    {"error.message", Fact::ErrorType},
    {"http.response.status_code", Fact::StatusCode},
    {"status_code", Fact::StatusCode},
    {"success", Fact::Success},
    {"event.name", Fact::EventName},
    {"event.kind", Fact::EventKind},

    {"gen_ai.conversation.id", Fact::Session},
    {"session.id", Fact::Session},
    {"conversation.id", Fact::Session},
    {"gen_ai.workflow.name", Fact::Workflow},
    {"traceloop.workflow.name", Fact::Workflow},
    {"workflow.run_id", Fact::Workflow},
    {"gen_ai.tool.name", Fact::Tool},
    {"tool.name", Fact::Tool},
    {"tool_name", Fact::Tool},
    {"function_name", Fact::Tool},
    {"gen_ai.response.finish_reasons", Fact::FinishReason},
    {"llm.finish_reason", Fact::FinishReason},
    {"stop_reason", Fact::FinishReason},
    {"query_source", Fact::QuerySource},
    {"speed", Fact::Speed},
    {"effort", Fact::Effort},
    {"attempt", Fact::Attempt},

    {"sentinel.agent", Fact::SentinelAgent},
    {"service.name", Fact::ServiceName},
    {"service.namespace", Fact::ServiceNamespace},
    {"service.version", Fact::ServiceVersion},
    {"service.instance.id", Fact::ServiceInstance},
    {"deployment.environment.name", Fact::Environment},
    {"deployment.environment", Fact::Environment},
    {"host.name", Fact::HostName},
    {"process.pid", Fact::ProcessId},
    {"cpu.mode", Fact::CpuMode},
    {"system.cpu.state", Fact::CpuMode},
    {"process.cpu.state", Fact::CpuMode},
    {"state", Fact::CpuMode},
    {"cpu.logical_number", Fact::CpuNumber},
    {"system.cpu.logical_number", Fact::CpuNumber},
    {"cpu", Fact::CpuNumber},
    {"system.memory.state", Fact::MemoryState},
    {"memory_type", Fact::MemoryType},
    {"hw.id", Fact::GpuId},
    {"gpu.index", Fact::GpuId},
    {"hw.gpu.task", Fact::GpuTask},
};

struct Known {
  Fact fact = Fact::Count;
  uint8_t rank = 0;  // 0 is the newest name of its fact
};

const auto& known_names() {
  static const auto names = [] {
    boost::unordered_flat_map<std::string_view, Known> made;
    std::array<uint8_t, static_cast<size_t>(Fact::Count)> ranks{};
    for (const auto& alias : kAliases) {
      made.emplace(alias.name, Known{alias.fact, ranks[static_cast<size_t>(alias.fact)]++});
    }
    return made;
  }();
  return names;
}

constexpr std::pair<Fact, std::string_view> kKept[] = {
    {Fact::Session, "gen_ai.conversation.id"},
    {Fact::Workflow, "gen_ai.workflow.name"},
    {Fact::Tool, "gen_ai.tool.name"},
    {Fact::Operation, "gen_ai.operation.name"},
    {Fact::FinishReason, "gen_ai.response.finish_reason"},
    {Fact::ErrorType, "error.type"},
    {Fact::StatusCode, "http.response.status_code"},
    {Fact::QuerySource, "query_source"},
    {Fact::Speed, "speed"},
    {Fact::Effort, "effort"},
    {Fact::Attempt, "attempt"},
    {Fact::ServiceVersion, "service.version"},
    {Fact::Environment, "deployment.environment.name"},
};
constexpr size_t kKeptLengthMax = 200;  // bytes of a text

// At most so many bytes, and no half of a character.
std::string_view cut(std::string_view text) {
  if (text.size() <= kKeptLengthMax) return text;
  size_t end = kKeptLengthMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

// JSON can say \u0000, PostgreSQL's jsonb can't hold it.
bool holds_nul(std::string_view text) { return text.find('\0') != text.npos; }

}  // namespace

void Facts::add(const Attributes& attributes) {
  const auto& names = known_names();
  for (const auto& attribute : attributes) {
    if (attribute.value.type == AnyValue::Type::None) continue;
    auto found = names.find(attribute.key);
    if (found == names.end()) continue;
    size_t at = index(found->second.fact);
    if (values_[at] && ranks_[at] <= found->second.rank) continue;
    values_[at] = &attribute.value;
    ranks_[at] = found->second.rank;
  }
}

void append_kept(std::string& out, const Facts& item, const Facts& resource) {
  char between = '{';
  for (const auto& [fact, name] : kKept) {
    const auto& facts = item.has(fact) ? item : resource;
    auto text = cut(facts.text(fact));
    auto number = text.empty() ? facts.integer(fact) : std::nullopt;
    if ((text.empty() && !number) || holds_nul(text)) continue;
    out += between;
    between = ',';
    fmt::format_to(std::back_inserter(out), "\"{}\":", name);
    if (number) {
      fmt::format_to(std::back_inserter(out), "{}", *number);
    } else {
      append_json_string(out, text);
    }
  }
  if (between == ',') out += '}';
}

}  // namespace sentinel::otlp
