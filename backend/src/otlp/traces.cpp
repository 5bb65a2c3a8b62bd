// Spans -> records. A span of inference is a request; spans of agents, tools, workflows and
// retrieval say who worked and how long, and carry no tokens, so that nothing counts twice.
#include <fmt/format.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <iterator>
#include <limits>

#include "base/secret.hpp"
#include "otlp/mapper.hpp"

namespace sentinel::otlp {

namespace {

enum class SpanClass : uint8_t { Other, Inference, Agent, Tool, Workflow, Retrieval };

SpanClass class_of_operation(std::string_view operation) {
  static constexpr std::pair<std::string_view, SpanClass> kOperations[] = {
      {"chat", SpanClass::Inference},
      {"generate_content", SpanClass::Inference},
      {"text_completion", SpanClass::Inference},
      {"completion", SpanClass::Inference},
      {"embeddings", SpanClass::Inference},
      {"embedding", SpanClass::Inference},
      {"invoke_agent", SpanClass::Agent},
      {"handle_conversation_turn", SpanClass::Agent},
      {"execute_tool", SpanClass::Tool},
      {"invoke_workflow", SpanClass::Workflow},
      {"retrieval", SpanClass::Retrieval},
      {"search_memory", SpanClass::Retrieval},
      {"rerank", SpanClass::Retrieval},
  };
  for (const auto& [name, kind] : kOperations) {
    if (name == operation) return kind;
  }
  return SpanClass::Other;
}

SpanClass class_of_open_inference(std::string_view kind) {
  if (kind == "LLM" || kind == "EMBEDDING") return SpanClass::Inference;
  if (kind == "AGENT") return SpanClass::Agent;
  if (kind == "TOOL") return SpanClass::Tool;
  if (kind == "RETRIEVER" || kind == "RERANKER") return SpanClass::Retrieval;
  return SpanClass::Other;
}

SpanClass class_of_traceloop(std::string_view kind) {
  if (kind == "agent") return SpanClass::Agent;
  if (kind == "tool") return SpanClass::Tool;
  if (kind == "workflow") return SpanClass::Workflow;
  return SpanClass::Other;
}

SpanClass class_by_conventions(const Facts& facts) {
  if (facts.has(Fact::Operation)) return class_of_operation(facts.text(Fact::Operation));
  if (facts.has(Fact::OpenInferenceKind)) {
    return class_of_open_inference(facts.text(Fact::OpenInferenceKind));
  }
  if (facts.has(Fact::RequestType)) return class_of_operation(facts.text(Fact::RequestType));
  if (facts.has(Fact::TraceloopKind)) {
    return class_of_traceloop(facts.text(Fact::TraceloopKind));
  }
  // Older instrumentation names no operation, but a model and its tokens.
  const bool tokens = facts.has(Fact::InputTokens) || facts.has(Fact::OutputTokens);
  const bool model = facts.has(Fact::RequestModel) || facts.has(Fact::ResponseModel);
  return tokens && model ? SpanClass::Inference : SpanClass::Other;
}

// The coding agents tell of their calls by log events as well, which are the more complete: their
// spans count only under an id that the event has, too.
SpanClass classify(Dialect dialect, const Span& span, const Facts& facts) {
  if (dialect == Dialect::ClaudeCode) {
    if (span.name == "claude_code.llm_request") {
      return facts.has(Fact::CallId) ? SpanClass::Inference : SpanClass::Other;
    }
    if (span.name == "claude_code.tool") return SpanClass::Tool;
    return span.name == "claude_code.interaction" ? SpanClass::Workflow : SpanClass::Other;
  }
  const auto found = class_by_conventions(facts);
  if (found == SpanClass::Inference && dialect != Dialect::Generic) return SpanClass::Other;
  return found;
}

std::string_view operation_of(SpanClass kind) {
  switch (kind) {
    case SpanClass::Agent:
      return "invoke_agent";
    case SpanClass::Tool:
      return "execute_tool";
    case SpanClass::Workflow:
      return "invoke_workflow";
    case SpanClass::Retrieval:
      return "retrieval";
    default:
      return "inference";
  }
}

// Duration and failure of what is no request, as metrics of its operation.
std::string custom_of(SpanClass kind, double duration_ms, bool failed) {
  return fmt::format(R"({{"{0}.duration_ms":{1},"{0}.errors":{2}}})", operation_of(kind),
                     duration_ms, failed ? 1 : 0);
}

class TraceMapper final : public Mapper {
 public:
  using Mapper::Mapper;

  void span(const Span& span) override {
    auto index = next_item();
    if (!index) return;
    facts_.clear();
    facts_.add(span.attributes);
    Link link{.parent = span.parent_span_id, .kind = classify(dialect(), span, facts_)};
    if (link.kind == SpanClass::Agent) facts_.fall_back(Fact::AgentName, Fact::EntityName);
    if (link.kind == SpanClass::Tool) facts_.fall_back(Fact::Tool, Fact::EntityName);
    link.agent = sub_agent(facts_.text(Fact::AgentName));
    const size_t before = out().records.size();
    if (link.kind == SpanClass::Other) {
      ++out().ignored;
    } else if (link.kind == SpanClass::Inference) {
      take_call(*index, span, link.agent);
    } else {
      take_step(*index, span, link);
    }
    if (out().records.size() > before) link.record = before;
    any_agent_ |= link.kind == SpanClass::Agent && !link.agent.empty();
    any_nested_ |= link.kind == SpanClass::Inference && link.parent != 0;
    links_.push_back(link);
    ids_.push_back(span.span_id);
  }

  // Spans end, and arrive, before those that they are part of.
  void finish() override {
    if (!any_agent_ && !any_nested_) return;
    boost::unordered_flat_map<uint64_t, size_t> by_id;
    by_id.reserve(ids_.size());
    for (size_t i = 0; i < ids_.size(); ++i) {
      if (ids_[i] != 0) by_id.emplace(ids_[i], i);
    }
    for (const auto& link : links_) {
      if (link.record == kNoRecord) continue;
      bool has_agent = !link.agent.empty();
      auto parent = link.parent;
      for (int depth = 0; parent != 0 && depth < kDepthMax; ++depth) {
        auto found = by_id.find(parent);
        if (found == by_id.end()) break;
        const auto& above = links_[found->second];
        if (link.kind == SpanClass::Inference && above.kind == SpanClass::Inference) {
          unwrap(above);
        }
        if (!has_agent && !above.agent.empty()) {
          auto& record = out().records[link.record];
          record.parent = record.agent;
          record.agent = above.agent;
          has_agent = true;
        }
        parent = above.parent;
      }
    }
  }

 private:
  static constexpr size_t kNoRecord = std::numeric_limits<size_t>::max();
  static constexpr int kDepthMax = 64;

  struct Link {
    uint64_t parent = 0;
    SpanClass kind = SpanClass::Other;
    std::string_view agent = {};  // that the span itself names; a sub-agent
    size_t record = kNoRecord;
  };

  bool read_times(size_t index, const Span& span, models::MetricRecord& record) {
    record.ts = span.end_ns == 0 ? now() : time_of(span.end_ns);
    if (span.end_ns == 0 || span.start_ns == 0) return true;
    const bool backwards = span.end_ns < span.start_ns;
    const auto ns = backwards ? span.start_ns - span.end_ns : span.end_ns - span.start_ns;
    const double ms = static_cast<double>(ns) / 1e6;
    if (auto refused = read_duration("duration_ms", backwards ? -ms : ms, record.latency_us)) {
      reject(index, "end_time_unix_nano", std::move(*refused));
      return false;
    }
    return true;
  }

  bool has_failed(const Span& span) const { return span.failed || says_failure(facts_); }

  static std::optional<Uuid> key_of(const models::MetricRecord& record) {
    if (!record.span_id || !record.trace_id) return std::nullopt;
    const auto span_id = *record.span_id;
    std::string_view trace(reinterpret_cast<const char*>(record.trace_id->bytes.data()), 16);
    std::string_view span(reinterpret_cast<const char*>(&span_id), sizeof span_id);
    const auto of_resource = record.parent.empty() ? record.agent : record.parent;
    return hash_fields({"span", of_resource, trace, span});
  }

  static void identify(const Span& span, models::MetricRecord& record) {
    record.trace_id = span.trace_id;
    if (span.span_id != 0) record.span_id = static_cast<int64_t>(span.span_id);
    record.key = key_of(record);
  }

  void take_call(size_t index, const Span& span, std::string_view sub) {
    auto record = blank(sub);
    if (!read_times(index, span, record)) return;
    if (!fill_call(index, facts_, record)) return;
    record.error = has_failed(span);
    identify(span, record);
    if (auto id = facts_.text(Fact::CallId); !id.empty()) record.key = call_key(id);
    take(index, record);
  }

  void take_step(size_t index, const Span& span, const Link& link) {
    auto record = blank(link.agent);
    record.kind = models::RecordKind::Sample;
    if (!read_times(index, span, record)) return;
    const double duration_ms = static_cast<double>(record.latency_us.value_or(0)) / 1e3;
    record.latency_us.reset();  // the agent's latency is that of its requests
    record.custom = keep(custom_of(link.kind, duration_ms, has_failed(span)));
    keep_attributes(facts_, record);
    identify(span, record);
    take(index, record);
  }

  // Two layers were instrumented, a framework and the client below it: the inner span is the call.
  void unwrap(const Link& outer) {
    if (outer.record == kNoRecord) return;
    auto& record = out().records[outer.record];
    if (record.kind != models::RecordKind::Request) return;
    models::MetricRecord step;
    step.agent = record.agent;
    step.parent = record.parent;
    step.ts = record.ts;
    step.kind = models::RecordKind::Sample;
    step.host = record.host;
    step.process_id = record.process_id;
    step.trace_id = record.trace_id;
    step.span_id = record.span_id;
    step.key = key_of(record);  // the call's own id is the inner one's
    step.attributes = record.attributes;
    step.custom = keep(custom_of(SpanClass::Inference,
                                 static_cast<double>(record.latency_us.value_or(0)) / 1e3,
                                 record.error.value_or(false)));
    record = step;
  }

  Facts facts_;
  std::vector<Link> links_;
  std::vector<uint64_t> ids_;
  bool any_agent_ = false;
  bool any_nested_ = false;
};

}  // namespace

std::unique_ptr<Mapper> make_trace_mapper(const DecodeOptions& options) {
  return std::make_unique<TraceMapper>(options);
}

}  // namespace sentinel::otlp
