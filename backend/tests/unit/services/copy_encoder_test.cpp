// The bytes of PostgreSQL's binary COPY: https://www.postgresql.org/docs/current/sql-copy.html,
// "Binary Format".
#include "services/ingest/copy_encoder.hpp"

#include "services/storage/copy_stream.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "services/storage/chunk_encoder.hpp"

namespace sentinel::ingest {
namespace {

using namespace std::chrono_literals;

// Reads a tuple back: column name to the bytes of its value, nullopt for NULL.
class Tuple {
 public:
  explicit Tuple(std::string_view bytes) : rest_(bytes) {
    auto count = static_cast<size_t>(big_endian(take(2)));
    std::vector<std::string> names;
    std::string_view text = storage::record_columns();
    while (!text.empty()) {
      size_t end = std::min(text.find(", "), text.size());
      names.emplace_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 2, text.size()));
    }
    EXPECT_EQ(count, names.size());
    for (const auto& name : names) {
      auto size = static_cast<int32_t>(big_endian(take(4)));
      fields_[name] =
          size < 0 ? std::nullopt : std::optional(std::string(take(static_cast<size_t>(size))));
    }
    EXPECT_TRUE(rest_.empty());
  }

  const std::optional<std::string>& bytes(const std::string& name) const {
    return fields_.at(name);
  }
  bool null(const std::string& name) const { return !fields_.at(name); }
  // A signed integer of the given width.
  int64_t integer(const std::string& name, size_t width) const {
    const auto& value = fields_.at(name);
    EXPECT_TRUE(value && value->size() == width) << name;
    if (!value) return 0;
    auto number = big_endian(*value);
    return width == 8   ? static_cast<int64_t>(number)
           : width == 4 ? static_cast<int32_t>(number)
                        : static_cast<int16_t>(number);
  }

 private:
  static uint64_t big_endian(std::string_view bytes) {
    uint64_t number = 0;
    for (char byte : bytes) number = number << 8 | static_cast<uint8_t>(byte);
    return number;
  }
  std::string_view take(size_t size) {
    EXPECT_LE(size, rest_.size());
    auto piece = rest_.substr(0, size);
    rest_.remove_prefix(piece.size());
    return piece;
  }

  std::string_view rest_;
  std::map<std::string, std::optional<std::string>> fields_;
};

const Uuid kAgent = *parse_uuid("0af71d9c-22f1-4b8e-9a44-00ff10203040");
// PostgreSQL counts microseconds from here.
constexpr Timestamp kEpoch = std::chrono::sys_days{std::chrono::year{2000} / 1 / 1};

std::string encode(const models::MetricRecord& record, RecordIds ids = {kAgent, {}, {}},
                   Timestamp ts = kEpoch) {
  std::string out;
  append_tuple(out, record, ids, ts);
  return out;
}

TEST(CopyEncoder, WritesEveryColumnWithItsWidth) {
  models::MetricRecord record;
  record.latency_us = 1;
  record.ttft_us = 2;
  record.throughput_millirpm = 3;
  record.cost_nanos = 4;
  record.memory_bytes = 5;
  record.gpu_memory_bytes = 6;
  record.span_id = -7;
  record.trace_id = kAgent;
  record.request_count = 8;
  record.process_id = 9;
  record.input_tokens = 10;
  record.output_tokens = 11;
  record.cache_read_tokens = 12;
  record.cache_write_tokens = 13;
  record.reasoning_tokens = 14;
  record.cpu_centipercent = 10'000;
  record.gpu_centipercent = 16;
  record.gpu_count = 17;
  record.error = true;
  record.custom = R"({"x":1})";
  record.attributes = R"({"y":"z"})";
  auto bytes = encode(record, {kAgent, 20, 21}, kEpoch + 1s);
  Tuple tuple(bytes);
  EXPECT_EQ(tuple.bytes("agent_id"),
            std::string(reinterpret_cast<const char*>(kAgent.bytes.data()), 16));
  EXPECT_EQ(tuple.integer("ts", 8), 1'000'000);
  EXPECT_EQ(tuple.integer("latency_us", 8), 1);
  EXPECT_EQ(tuple.integer("ttft_us", 8), 2);
  EXPECT_EQ(tuple.integer("throughput_millirpm", 8), 3);
  EXPECT_EQ(tuple.integer("cost_nanos", 8), 4);
  EXPECT_EQ(tuple.integer("memory_bytes", 8), 5);
  EXPECT_EQ(tuple.integer("gpu_memory_bytes", 8), 6);
  EXPECT_EQ(tuple.integer("span_id", 8), -7);
  EXPECT_EQ(tuple.bytes("trace_id"), tuple.bytes("agent_id"));
  EXPECT_EQ(tuple.integer("request_count", 4), 8);
  EXPECT_EQ(tuple.integer("model_id", 4), 20);
  EXPECT_EQ(tuple.integer("host_id", 4), 21);
  EXPECT_EQ(tuple.integer("process_id", 4), 9);
  EXPECT_EQ(tuple.integer("input_tokens", 4), 10);
  EXPECT_EQ(tuple.integer("output_tokens", 4), 11);
  EXPECT_EQ(tuple.integer("cache_read_tokens", 4), 12);
  EXPECT_EQ(tuple.integer("cache_write_tokens", 4), 13);
  EXPECT_EQ(tuple.integer("reasoning_tokens", 4), 14);
  EXPECT_EQ(tuple.integer("cpu_centipercent", 2), 10'000);
  EXPECT_EQ(tuple.integer("gpu_centipercent", 2), 16);
  EXPECT_EQ(tuple.integer("gpu_count", 2), 17);
  EXPECT_EQ(tuple.bytes("kind"), "r");
  EXPECT_EQ(tuple.bytes("cost_source"), "r");
  EXPECT_EQ(tuple.bytes("error"), std::string("\1", 1));
  EXPECT_EQ(tuple.bytes("custom"), "\1{\"x\":1}");
  EXPECT_EQ(tuple.bytes("attributes"), "\1{\"y\":\"z\"}");
}

TEST(CopyEncoder, WritesNullForWhatWasNotMeasured) {
  auto bytes = encode({});
  Tuple tuple(bytes);
  for (const char* name : {"latency_us",       "ttft_us",           "throughput_millirpm",
                           "cost_nanos",       "memory_bytes",      "gpu_memory_bytes",
                           "span_id",          "trace_id",          "model_id",
                           "host_id",          "process_id",        "input_tokens",
                           "output_tokens",    "cache_read_tokens", "cache_write_tokens",
                           "reasoning_tokens", "cpu_centipercent",  "gpu_centipercent",
                           "gpu_count",        "cost_source",       "error",
                           "custom",           "attributes"}) {
    EXPECT_TRUE(tuple.null(name)) << name;
  }
}

TEST(CopyEncoder, CountsARequestAsOneUnlessTold) {
  models::MetricRecord record;
  auto request = encode(record);
  EXPECT_EQ(Tuple(request).integer("request_count", 4), 1);
  record.kind = models::RecordKind::Sample;
  auto sample = encode(record);
  EXPECT_TRUE(Tuple(sample).null("request_count"));
  EXPECT_EQ(Tuple(sample).bytes("kind"), "s");
}

TEST(CopyEncoder, SaysWhereACostComesFrom) {
  models::MetricRecord record;
  auto none = encode(record);
  EXPECT_TRUE(Tuple(none).null("cost_source"));
  record.cost_nanos = 0;
  auto reported = encode(record);
  EXPECT_EQ(Tuple(reported).bytes("cost_source"), "r");
  record.cost_source = models::CostSource::Computed;
  auto computed = encode(record);
  EXPECT_EQ(Tuple(computed).bytes("cost_source"), "c");
  record.cost_nanos.reset();
  record.cost_source = models::CostSource::Unpriced;
  auto unpriced = encode(record);
  EXPECT_EQ(Tuple(unpriced).bytes("cost_source"), "u");
  EXPECT_TRUE(Tuple(unpriced).null("cost_nanos"));
}

TEST(CopyEncoder, WritesTimesBefore2000AsNegative) {
  auto bytes = encode({}, {kAgent, {}, {}}, Timestamp{});
  EXPECT_EQ(Tuple(bytes).integer("ts", 8), -946'684'800'000'000);
}

TEST(CopyEncoder, WritesTheErrorFlagBothWays) {
  models::MetricRecord record;
  record.error = false;
  auto bytes = encode(record);
  EXPECT_EQ(Tuple(bytes).bytes("error"), std::string("\0", 1));
}

TEST(CopyEncoder, AppendsOneTupleBehindTheOther) {
  models::MetricRecord record;
  record.attributes = R"({"long":"text that does not fit into a small string"})";
  auto one = encode(record);
  std::string two = one;
  append_tuple(two, record, {kAgent, {}, {}}, kEpoch);
  EXPECT_EQ(two, one + one);
}

TEST(CopyEncoder, FramesTheTuplesAsPostgresWants) {
  EXPECT_EQ(storage::copy_header(), std::string_view("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", 19));
  EXPECT_EQ(storage::copy_trailer(), "\xff\xff");
}

}  // namespace
}  // namespace sentinel::ingest
