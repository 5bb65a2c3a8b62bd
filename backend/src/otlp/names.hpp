// One table of attribute names: every generation of the GenAI conventions, OpenInference,
// OpenLLMetry, OpenLIT, Claude Code, Codex and Gemini CLI -> one meaning each. Rules and sources:
// docs/architecture/opentelemetry.md.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "otlp/telemetry.hpp"

namespace sentinel::otlp {

enum class Fact : uint8_t {
  Operation,          // of the GenAI conventions: chat, invoke_agent, ...
  OpenInferenceKind,  // LLM, CHAIN, AGENT, TOOL, ...
  TraceloopKind,      // workflow, task, agent, tool
  RequestType,        // OpenLLMetry: chat, completion, embedding, rerank
  Provider,
  ResponseModel,
  RequestModel,
  InputTokens,
  OutputTokens,
  CacheReadTokens,
  CacheWriteTokens,
  ReasoningTokens,
  ToolTokens,  // Gemini CLI: of tools, in the prompt
  TotalTokens,
  TtftSeconds,
  TtftMs,
  DurationMs,
  CostUsd,
  CostUsdMicros,
  CallId,  // that the provider gave the call
  AgentName,
  EntityName,  // OpenLLMetry: the agent or tool, where the kind says so
  ErrorType,
  StatusCode,
  Success,
  EventName,
  EventKind,
  // What is kept as it is, under one name.
  Session,
  Workflow,
  Tool,
  FinishReason,
  QuerySource,
  Speed,
  Effort,
  Attempt,
  // Of resources and of points.
  SentinelAgent,
  ServiceName,
  ServiceNamespace,
  ServiceVersion,
  ServiceInstance,
  Environment,
  HostName,
  ProcessId,
  CpuMode,
  CpuNumber,
  MemoryState,
  MemoryType,
  GpuId,
  GpuTask,
  Count  // how many there are
};

// The attributes of one item by meaning. Where a meaning came under several names, the newest name
// has it. Points into the attributes, which must live as long.
class Facts {
 public:
  void clear() { values_.fill(nullptr); }
  void add(const Attributes& attributes);
  // Where the item does not say `fact` itself, what it says as `other` is meant.
  void fall_back(Fact fact, Fact other) {
    if (!has(fact)) values_[index(fact)] = values_[index(other)];
  }

  bool has(Fact fact) const { return values_[index(fact)] != nullptr; }
  std::string_view text(Fact fact) const { return has(fact) ? as_text(value(fact)) : ""; }
  std::optional<int64_t> integer(Fact fact) const {
    return has(fact) ? as_integer(value(fact)) : std::nullopt;
  }
  std::optional<double> number(Fact fact) const {
    return has(fact) ? as_number(value(fact)) : std::nullopt;
  }
  std::optional<bool> flag(Fact fact) const {
    return has(fact) ? as_flag(value(fact)) : std::nullopt;
  }

 private:
  static constexpr size_t index(Fact fact) { return static_cast<size_t>(fact); }
  const AnyValue& value(Fact fact) const { return *values_[index(fact)]; }

  std::array<const AnyValue*, static_cast<size_t>(Fact::Count)> values_{};
  std::array<uint8_t, static_cast<size_t>(Fact::Count)> ranks_{};
};

// The attributes that a record keeps, as a JSON object: session, tool, workflow and the like, under
// the names of the conventions; what the item does not say, its resource may. What people typed and
// models answered is never among them. Appends nothing when there is none.
void append_kept(std::string& out, const Facts& item, const Facts& resource);

}  // namespace sentinel::otlp
