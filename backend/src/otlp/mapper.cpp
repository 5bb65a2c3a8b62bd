#include "otlp/mapper.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>

#include "base/secret.hpp"

namespace sentinel::otlp {

namespace {

constexpr std::string_view kUnknownAgent = "unknown_service";

// Of a text that becomes a name in the database.
std::optional<std::string> text_refusal(std::string_view field, std::string_view text) {
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    return fmt::format("{} is not UTF-8", field);
  }
  return models::name_refusal(field, text, models::kNameLengthMax);
}

Dialect dialect_of(std::string_view service) {
  if (service == "claude-code") return Dialect::ClaudeCode;
  if (service == "gemini-cli") return Dialect::GeminiCli;
  if (service.starts_with("codex") || service == "Codex Desktop") return Dialect::Codex;
  return Dialect::Generic;
}

// Claude Code marks a long context in the name of the model; it is the same model.
std::string_view model_name(std::string_view model) {
  constexpr std::string_view kLongContext = "[1m]";
  if (model.ends_with(kLongContext)) model.remove_suffix(kLongContext.size());
  return model;
}

}  // namespace

bool says_failure(const Facts& facts) {
  constexpr int64_t kHttpErrors = 400;
  return !facts.text(Fact::ErrorType).empty() || facts.flag(Fact::ErrorType).value_or(false) ||
         !facts.flag(Fact::Success).value_or(true) ||
         facts.integer(Fact::StatusCode).value_or(0) >= kHttpErrors;
}

Timestamp time_of(uint64_t unix_ns) {
  return Timestamp{Microseconds{static_cast<int64_t>(unix_ns / 1000)}};
}

std::optional<std::string> read_duration(std::string_view field, double milliseconds,
                                         std::optional<int64_t>& out) {
  if (milliseconds < 0) return fmt::format("{} {} is negative", field, milliseconds);
  if (!(milliseconds <= models::kLatencyMsMax)) {
    return fmt::format("{} {} is over {}", field, milliseconds, models::kLatencyMsMax);
  }
  out = std::llrint(milliseconds * 1e3);
  return std::nullopt;
}

void Mapper::resource(const Attributes& attributes) {
  // The facts point into the attributes, and the reader's are gone with the next item.
  resource_attributes_ = attributes;
  resource_.clear();
  resource_.add(resource_attributes_);
  const auto service = resource_.text(Fact::ServiceName);
  dialect_of_resource_ = dialect_ = dialect_of(service);
  agent_ = resource_.text(Fact::SentinelAgent);
  if (agent_.empty()) agent_ = options_.sole_agent;
  if (agent_.empty()) {
    agent_ = service.empty() ? kUnknownAgent : service;
    if (auto space = resource_.text(Fact::ServiceNamespace); !space.empty() && !service.empty()) {
      agent_ = keep(fmt::format("{}/{}", space, service));
    }
  }
  refused_ = text_refusal("service.name", agent_);
  if (auto host = resource_.text(Fact::HostName); !refused_ && !host.empty()) {
    refused_ = text_refusal("host.name", host);
  }
}

void Mapper::scope(std::string_view name) {
  dialect_ =
      name.starts_with("com.anthropic.claude_code") ? Dialect::ClaudeCode : dialect_of_resource_;
}

std::optional<size_t> Mapper::next_item() {
  const size_t index = items_++;
  if (too_many()) return std::nullopt;
  if (!refused_) return index;
  reject(index, "resource", *refused_);
  return std::nullopt;
}

void Mapper::reject(size_t index, std::string_view field, std::string reason) {
  out_.rejected.push_back({index, std::string(field), std::move(reason), std::string(agent_)});
}

models::MetricRecord Mapper::blank(std::string_view sub_agent) {
  models::MetricRecord record;
  record.agent = sub_agent.empty() ? agent_ : sub_agent;
  if (!sub_agent.empty()) record.parent = agent_;
  record.host = resource_.text(Fact::HostName);
  auto pid = resource_.integer(Fact::ProcessId);
  if (pid && *pid > 0 && *pid <= models::kProcessIdMax) record.process_id = pid;
  return record;
}

std::string_view Mapper::sub_agent(std::string_view name) {
  // A key for one agent alone has no others below it.
  if (name.empty() || !options_.sole_agent.empty()) return {};
  if (name == agent_ || name == resource_.text(Fact::ServiceName)) return {};
  auto full = fmt::format("{}/{}", agent_, name);
  if (auto known = sub_agents_.find(full); known != sub_agents_.end()) return known->second;
  // What cannot be a name is left out, and the record is the agent's own.
  std::string_view kept;
  if (!text_refusal("gen_ai.agent.name", full)) kept = keep(full);
  sub_agents_.emplace(std::move(full), kept);
  return kept;
}

bool Mapper::fill_call(size_t index, const Facts& facts, models::MetricRecord& record) {
  record.kind = models::RecordKind::Request;
  auto model = facts.text(Fact::ResponseModel);
  if (model.empty()) model = facts.text(Fact::RequestModel);
  record.model = model_name(model);
  record.provider = facts.text(Fact::Provider);
  for (auto [field, text] : {std::pair{"gen_ai.response.model", record.model},
                             {"gen_ai.provider.name", record.provider}}) {
    if (text.empty()) continue;
    if (auto refused = text_refusal(field, text)) {
      reject(index, field, std::move(*refused));
      return false;
    }
  }
  if (!fill_tokens(index, facts, record) || !fill_cost(index, facts, record)) return false;
  std::optional<double> ttft = facts.number(Fact::TtftMs);
  if (auto seconds = facts.number(Fact::TtftSeconds)) ttft = *seconds * 1e3;
  if (ttft) {
    if (auto refused = read_duration("time_to_first_chunk", *ttft, record.ttft_us)) {
      reject(index, "time_to_first_chunk", std::move(*refused));
      return false;
    }
  }
  keep_attributes(facts, record);
  return true;
}

bool Mapper::fill_tokens(size_t index, const Facts& facts, models::MetricRecord& record) {
  struct Field {
    Fact fact;
    std::string_view name;
    std::optional<int64_t> models::MetricRecord::* member;
  };
  constexpr Field kFields[] = {
      {Fact::InputTokens, "gen_ai.usage.input_tokens", &models::MetricRecord::input_tokens},
      {Fact::OutputTokens, "gen_ai.usage.output_tokens", &models::MetricRecord::output_tokens},
      {Fact::CacheReadTokens, "gen_ai.usage.cache_read.input_tokens",
       &models::MetricRecord::cache_read_tokens},
      {Fact::CacheWriteTokens, "gen_ai.usage.cache_write.input_tokens",
       &models::MetricRecord::cache_write_tokens},
      {Fact::ReasoningTokens, "gen_ai.usage.reasoning.output_tokens",
       &models::MetricRecord::reasoning_tokens},
  };
  for (const auto& field : kFields) {
    auto tokens = facts.integer(field.fact);
    if (!tokens) continue;
    if (*tokens < 0) {
      reject(index, field.name, fmt::format("{} {} is negative", field.name, *tokens));
      return false;
    }
    // Two of them are added below: an eighth leaves room.
    if (*tokens > models::kTokensMax / 8) {
      reject(index, field.name,
             fmt::format("{} {} is over {}", field.name, *tokens, models::kTokensMax / 8));
      return false;
    }
    record.*field.member = tokens;
  }
  // The model counts cached tokens as part of the input and reasoning as part of the output. Who
  // counts them beside it is known by name, or by a part that is larger than the whole.
  const int64_t cached =
      record.cache_read_tokens.value_or(0) + record.cache_write_tokens.value_or(0);
  if (cached > 0 && (dialect_ == Dialect::ClaudeCode || cached > record.input_tokens.value_or(0))) {
    record.input_tokens = record.input_tokens.value_or(0) + cached;
  }
  if (dialect_ == Dialect::GeminiCli) {
    const auto thoughts = record.reasoning_tokens.value_or(0);
    const auto tools =
        std::clamp<int64_t>(facts.integer(Fact::ToolTokens).value_or(0), 0, models::kTokensMax / 8);
    const auto counted =
        record.input_tokens.value_or(0) + record.output_tokens.value_or(0) + thoughts;
    if (thoughts > 0) record.output_tokens = record.output_tokens.value_or(0) + thoughts;
    if (tools > 0 && facts.integer(Fact::TotalTokens) == counted + tools) {
      record.input_tokens = record.input_tokens.value_or(0) + tools;
    }
  }
  return true;
}

bool Mapper::fill_cost(size_t index, const Facts& facts, models::MetricRecord& record) {
  auto usd = facts.number(Fact::CostUsd);
  if (!usd) {
    if (auto micros = facts.number(Fact::CostUsdMicros)) usd = *micros / 1e6;
  }
  if (!usd) return true;
  if (*usd < 0 || *usd > models::kCostUsdMax) {
    reject(index, "cost",
           *usd < 0 ? fmt::format("cost {} is negative", *usd)
                    : fmt::format("cost {} is over {}", *usd, models::kCostUsdMax));
    return false;
  }
  record.cost_nanos = std::llrint(*usd * 1e9);
  return true;
}

void Mapper::keep_attributes(const Facts& facts, models::MetricRecord& record) {
  std::string kept;
  append_kept(kept, facts, resource_);
  if (!kept.empty()) record.attributes = keep(std::move(kept));
}

bool Mapper::take(size_t index, models::MetricRecord record) {
  if (auto refused = models::time_refusal(*record.ts, options_.now)) {
    reject(index, "timestamp", std::move(*refused));
    return false;
  }
  out_.records.push_back(record);
  out_.indexes.push_back(index);
  return true;
}

Uuid Mapper::call_key(std::string_view call_id) const {
  return hash_fields({"call", agent_, call_id});
}

}  // namespace sentinel::otlp
