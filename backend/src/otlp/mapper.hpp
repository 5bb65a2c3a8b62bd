// What the mappers of spans, log records and metrics share: whose an item is, what a model call
// says of itself, and refusals.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <string>

#include "models/decoded_records.hpp"
#include "models/record_limits.hpp"
#include "otlp/decode.hpp"
#include "otlp/names.hpp"

namespace sentinel::otlp {

// Clients whose habits differ from the conventions.
enum class Dialect : uint8_t { Generic, ClaudeCode, Codex, GeminiCli };

class Mapper : public Visitor {
 public:
  explicit Mapper(const DecodeOptions& options) : options_(options) {}

  void resource(const Attributes& attributes) override;
  void scope(std::string_view name) override;

  // After the last item.
  virtual void finish() {}
  models::DecodedRecords& out() { return out_; }
  bool too_many() const { return items_ > models::kOtlpItemsMax; }

 protected:
  // Begins the next item. Gives its position; nothing when it is refused with its whole resource.
  std::optional<size_t> next_item();
  void reject(size_t index, std::string_view field, std::string reason);

  // A record of this resource's agent; `agent` is that of a sub-agent, or empty.
  models::MetricRecord blank(std::string_view sub_agent);
  // The name of a sub-agent of this resource's agent; empty when `name` is none.
  std::string_view sub_agent(std::string_view name);
  // Model, provider, tokens, cost and kept attributes of a call. False when it was refused.
  bool fill_call(size_t index, const Facts& facts, models::MetricRecord& record);
  void keep_attributes(const Facts& facts, models::MetricRecord& record);
  // Checks the time and takes the record. False when it was refused.
  bool take(size_t index, models::MetricRecord record);

  // What identifies a call wherever it is told of: as span, event or retry.
  Uuid call_key(std::string_view call_id) const;
  std::string_view keep(std::string text) { return out_.unescaped.emplace_back(std::move(text)); }

  std::string_view agent() const { return agent_; }
  Dialect dialect() const { return dialect_; }
  const Facts& resource_facts() const { return resource_; }
  Timestamp now() const { return options_.now; }

 private:
  bool fill_tokens(size_t index, const Facts& facts, models::MetricRecord& record);
  bool fill_cost(size_t index, const Facts& facts, models::MetricRecord& record);

  DecodeOptions options_;
  models::DecodedRecords out_;
  size_t items_ = 0;
  Attributes resource_attributes_;
  Facts resource_;
  std::string_view agent_;  // of the resource
  std::optional<std::string> refused_;
  Dialect dialect_of_resource_ = Dialect::Generic;
  Dialect dialect_ = Dialect::Generic;
  boost::unordered_flat_map<std::string, std::string_view> sub_agents_;
};

// Whether an item says that what it tells of failed.
bool says_failure(const Facts& facts);

std::unique_ptr<Mapper> make_trace_mapper(const DecodeOptions& options);
std::unique_ptr<Mapper> make_log_mapper(const DecodeOptions& options);
std::unique_ptr<Mapper> make_metric_mapper(const DecodeOptions& options);

// Nanoseconds since 1970 to a time; the resolution of the model is microseconds.
Timestamp time_of(uint64_t unix_ns);
// A duration in milliseconds to microseconds. Errors are reasons, naming the field and the limit.
std::optional<std::string> read_duration(std::string_view field, double milliseconds,
                                         std::optional<int64_t>& out);

}  // namespace sentinel::otlp
