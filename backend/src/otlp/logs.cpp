// Log records -> records. What the coding agents say of each API request is a request; their other
// events are counted by name; a log that is no event of a model is none of ours.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/secret.hpp"
#include "otlp/mapper.hpp"

namespace sentinel::otlp {

namespace {

enum class EventClass : uint8_t {
  Ignored,
  Counted,      // an event of an agent: one more of its name
  Call,         // a model call with its tokens
  FailedCall,   // a model call that brought nothing
  CallLatency,  // how long a call took whose tokens another event has
  CallTokens,   // the tokens of a call whose latency another event has
  FirstToken,   // when the first token came in a call that other events tell of
  Tool,
};

struct EventRule {
  std::string_view name;
  EventClass kind;
};

constexpr EventRule kRules[] = {
    {"claude_code.api_request", EventClass::Call},
    {"claude_code.api_error", EventClass::FailedCall},
    {"claude_code.tool_result", EventClass::Tool},
    {"codex.sse_event", EventClass::CallTokens},
    {"codex.websocket_event", EventClass::CallTokens},
    {"codex.api_request", EventClass::CallLatency},
    {"codex.websocket_request", EventClass::CallLatency},
    {"codex.turn_ttft", EventClass::FirstToken},
    {"codex.tool_result", EventClass::Tool},
    {"gemini_cli.api_response", EventClass::Call},
    {"gemini_cli.api_error", EventClass::FailedCall},
    {"gemini_cli.tool_call", EventClass::Tool},
    {"gen_ai.client.inference.operation.details", EventClass::Call},
};

constexpr std::string_view kDetails = "gen_ai.client.inference.operation.details";
constexpr std::string_view kPrefixes[] = {"claude_code.", "codex.", "gemini_cli."};
constexpr size_t kEventNameMax = 100;

bool has_prefix(std::string_view name) {
  return std::ranges::any_of(kPrefixes, [&](auto prefix) { return name.starts_with(prefix); });
}

bool is_name(std::string_view text) {
  auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  };
  return !text.empty() && text.size() <= kEventNameMax && std::ranges::all_of(text, fits);
}

class LogMapper final : public Mapper {
 public:
  using Mapper::Mapper;

  void log(const LogRecord& log) override {
    auto index = next_item();
    if (!index) return;
    facts_.clear();
    facts_.add(log.attributes);
    const auto name = event_name(log);
    switch (classify(name, log)) {
      case EventClass::Ignored:
        ++out().ignored;
        break;
      case EventClass::Call:
        take_call(*index, name, log, says_failure(facts_));
        break;
      case EventClass::FailedCall:
        take_call(*index, name, log, true);
        break;
      case EventClass::CallTokens:
        take_tokens(*index, name, log);
        break;
      case EventClass::CallLatency:
        take_latency(*index, name, log);
        break;
      case EventClass::FirstToken:
        take_first_token(*index, name, log);
        break;
      case EventClass::Tool:
        take_tool(*index, name, log);
        break;
      case EventClass::Counted:
        take_count(*index, name, log);
        break;
    }
  }

 private:
  // Where the event's name is depends on the client and its version; Claude Code leaves its prefix
  // out of the attribute.
  std::string_view event_name(const LogRecord& log) {
    auto name = log.event_name;
    if (name.empty()) name = facts_.text(Fact::EventName);
    if (name.empty()) name = as_text(log.body);
    if (!is_name(name)) return {};
    if (dialect() != Dialect::ClaudeCode || has_prefix(name)) return name;
    return keep(fmt::format("claude_code.{}", name));
  }

  EventClass classify(std::string_view name, const LogRecord& log) const {
    // Beside a span that tells of the same call, or a client's own event of it, this is a second
    // telling.
    if (name == kDetails && (log.span_id != 0 || dialect() != Dialect::Generic)) {
      return EventClass::Ignored;
    }
    auto rule = std::ranges::find(kRules, name, &EventRule::name);
    if (rule != std::end(kRules)) return rule->kind;
    return has_prefix(name) ? EventClass::Counted : EventClass::Ignored;
  }

  models::MetricRecord begin(std::string_view name, const LogRecord& log, models::RecordKind kind) {
    auto record = blank(sub_agent(facts_.text(Fact::AgentName)));
    record.kind = kind;
    auto time_ns = log.time_ns != 0 ? log.time_ns : log.observed_ns;
    record.ts = time_ns == 0 ? now() : time_of(time_ns);
    record.trace_id = log.trace_id;
    if (log.span_id != 0) record.span_id = static_cast<int64_t>(log.span_id);
    record.key = key_of(name, log);
    return record;
  }

  // The provider's id of the call, else all that the event says: a retry says the same.
  Uuid key_of(std::string_view name, const LogRecord& log) {
    if (auto id = facts_.text(Fact::CallId); !id.empty()) return call_key(id);
    scratch_.clear();
    fmt::format_to(std::back_inserter(scratch_), "{}\n{}\n", log.time_ns, log.span_id);
    for (const auto& [key, value] : log.attributes) {
      scratch_.append(key).append("=").append(as_text(value));
      fmt::format_to(std::back_inserter(scratch_), "\x1f{}\x1f{}\n", value.integer, value.number);
    }
    return hash_fields({"log", agent(), name, scratch_});
  }

  bool read_duration_into(size_t index, std::optional<int64_t>& out) {
    auto duration = facts_.number(Fact::DurationMs);
    if (!duration) return true;
    auto refused = read_duration("duration_ms", *duration, out);
    if (!refused) return true;
    reject(index, "duration_ms", std::move(*refused));
    return false;
  }

  void take_call(size_t index, std::string_view name, const LogRecord& log, bool failed) {
    auto record = begin(name, log, models::RecordKind::Request);
    if (!read_duration_into(index, record.latency_us) || !fill_call(index, facts_, record)) return;
    record.error = failed;
    take(index, record);
  }

  void take_tokens(size_t index, std::string_view name, const LogRecord& log) {
    if (!facts_.has(Fact::InputTokens) && !facts_.has(Fact::OutputTokens)) {
      ++out().ignored;  // one of the many pieces that an answer comes in
      return;
    }
    auto record = begin(name, log, models::RecordKind::Request);
    if (!fill_call(index, facts_, record)) return;
    record.error = false;
    take(index, record);
  }

  // A failure brings no tokens, so that here it is counted.
  void take_latency(size_t index, std::string_view name, const LogRecord& log) {
    auto record = begin(name, log, models::RecordKind::Request);
    if (!read_duration_into(index, record.latency_us) || !fill_call(index, facts_, record)) return;
    const bool failed = says_failure(facts_);
    record.request_count = failed ? 1 : 0;
    record.error = failed;
    take(index, record);
  }

  void take_first_token(size_t index, std::string_view name, const LogRecord& log) {
    auto record = begin(name, log, models::RecordKind::Request);
    if (!read_duration_into(index, record.ttft_us) || !fill_call(index, facts_, record)) return;
    record.request_count = 0;
    take(index, record);
  }

  void take_tool(size_t index, std::string_view name, const LogRecord& log) {
    auto record = begin(name, log, models::RecordKind::Sample);
    std::optional<int64_t> duration_us;
    if (!read_duration_into(index, duration_us)) return;
    record.custom = keep(fmt::format(
        R"({{"execute_tool.duration_ms":{},"execute_tool.errors":{}}})",
        static_cast<double>(duration_us.value_or(0)) / 1e3, says_failure(facts_) ? 1 : 0));
    keep_attributes(facts_, record);
    take(index, record);
  }

  void take_count(size_t index, std::string_view name, const LogRecord& log) {
    auto record = begin(name, log, models::RecordKind::Sample);
    record.custom = keep(fmt::format(R"({{"{}":1}})", name));
    keep_attributes(facts_, record);
    take(index, record);
  }

  Facts facts_;
  std::string scratch_;
};

}  // namespace

std::unique_ptr<Mapper> make_log_mapper(const DecodeOptions& options) {
  return std::make_unique<LogMapper>(options);
}

}  // namespace sentinel::otlp
