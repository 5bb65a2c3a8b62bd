// One request (or several) of an agent, or one sample of its resources, in the units that are
// stored. Resolution belongs to the model: integers from the first moment on, so that sums are
// exact and nothing is lost later.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "base/uuid.hpp"

namespace sentinel::models {

enum class RecordKind : char { Request = 'r', Sample = 's', Correction = 'c' };
enum class CostSource : char { Reported = 'r', Computed = 'c', Unpriced = 'u' };

// Texts are views into the request's body, which outlives the record. An empty text or nullopt is
// "not measured".
struct MetricRecord {
  std::string_view agent;  // name or UUID, as sent
  // The agent that this one works for. Kept when the record registers its agent.
  std::string_view parent;
  // The record is of whoever runs `process_id` on `host`, if that is known, and else of `agent`.
  bool agent_of_process = false;
  std::optional<Timestamp> ts;
  RecordKind kind = RecordKind::Request;
  std::string_view record_id;
  std::optional<Uuid> key;  // the same as a record_id, where the decoder made one
  std::optional<bool> error;

  std::optional<int64_t> request_count;
  std::optional<int64_t> latency_us;
  std::optional<int64_t> ttft_us;
  std::optional<int64_t> throughput_millirpm;
  std::optional<int64_t> cost_nanos;
  std::optional<CostSource> cost_source;  // unset with a cost: reported
  std::string_view model;
  std::string_view provider;
  std::optional<int64_t> input_tokens;  // what was read from and written to a cache included
  std::optional<int64_t> output_tokens;
  std::optional<int64_t> cache_read_tokens;
  std::optional<int64_t> cache_write_tokens;
  std::optional<int64_t> reasoning_tokens;

  std::optional<int64_t> cpu_centipercent;
  std::optional<int64_t> gpu_centipercent;
  std::optional<int64_t> gpu_count;
  std::optional<int64_t> memory_bytes;
  std::optional<int64_t> gpu_memory_bytes;
  std::string_view host;
  std::optional<int64_t> process_id;
  std::optional<Uuid> trace_id;
  std::optional<int64_t> span_id;

  std::string_view custom;      // a JSON object of numbers
  std::string_view attributes;  // a JSON object of texts, numbers and flags
};

// Why a record was not stored.
struct Rejection {
  size_t index = 0;  // position in the request
  std::string field;
  std::string reason;                        // names the field, the value and the limit
  std::string agent = {};                    // as sent, as far as it was read
  std::string_view code = "record_invalid";  // stable, a literal
};

// Length in characters (code points), not bytes.
size_t length_of(std::string_view utf8);
// Why this can be no name: it is empty, too long, or holds a control character. `text` is UTF-8.
std::optional<std::string> name_refusal(std::string_view field, std::string_view text,
                                        size_t length_max);
// Why a record of this time is refused: it is too far ahead, or too old.
std::optional<std::string> time_refusal(Timestamp time, Timestamp now);

}  // namespace sentinel::models
