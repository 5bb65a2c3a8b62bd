#include "services/ingest/record_decoder.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>

namespace sentinel::ingest {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h;

class RecordDecoderTest : public ::testing::Test {
 protected:
  Result<DecodedRecords> decode(std::string body, BodyFormat format = BodyFormat::Json) {
    body_ = std::move(body);
    body_.reserve(body_.size() + 64);
    return decoder_.decode(body_, format, kNow);
  }

  // One record of agent "a" with these members.
  DecodedRecords of(const std::string& members) {
    auto decoded = decode(R"({"agent_id":"a")" + (members.empty() ? "" : "," + members) + "}");
    EXPECT_TRUE(decoded) << decoded.error().message;
    return decoded ? std::move(*decoded) : DecodedRecords{};
  }

  models::MetricRecord record(const std::string& members) {
    auto decoded = of(members);
    EXPECT_TRUE(decoded.rejected.empty()) << decoded.rejected.front().reason;
    EXPECT_EQ(decoded.records.size(), 1u);
    unescaped_ = std::move(decoded.unescaped);
    return decoded.records.empty() ? models::MetricRecord{} : decoded.records.front();
  }

  // "field: reason" of a record that is refused.
  std::string refused(const std::string& members) {
    auto decoded = of(members);
    EXPECT_TRUE(decoded.records.empty());
    if (decoded.rejected.size() != 1) return "not refused";
    return decoded.rejected.front().field + ": " + decoded.rejected.front().reason;
  }

  RecordDecoder decoder_;
  std::string body_;
  TextArena unescaped_;
};

TEST_F(RecordDecoderTest, ReadsEveryFieldInTheUnitsThatAreStored) {
  auto r = record(
      R"("timestamp":"2026-11-22T11:59:00.25Z","kind":"request","record_id":"r1","status":"error",)"
      R"("request_count":3,"latency_ms":12.3456,"ttft_ms":1,)"
      R"("throughput_req_per_min":60.5,"cost_usd":0.000000001,)"
      R"("model":"m","provider":"p","input_tokens":10,"output_tokens":2,"cache_read_tokens":3,)"
      R"("cache_write_tokens":4,"reasoning_tokens":5,)"
      R"("cpu_usage_percent":99.99,"gpu_usage_percent":100,)"
      R"("gpu_count":8,"memory_usage_mb":1.5,)"
      R"("gpu_memory_usage_mb":0.000001,"host":"h","process_id":42,)"
      R"("trace_id":"0AF71D9C22F14b8e9a4400ff10203040","span_id":"ff00000000000001",)"
      R"("custom_metrics":{"x":1.5},"attributes":{"a":"b","n":1,"f":true})");
  EXPECT_EQ(r.agent, "a");
  EXPECT_EQ(r.ts, kNow - 60s + 250ms);
  EXPECT_EQ(r.kind, models::RecordKind::Request);
  EXPECT_EQ(r.record_id, "r1");
  EXPECT_EQ(r.error, true);
  EXPECT_EQ(r.request_count, 3);
  EXPECT_EQ(r.latency_us, 12346);
  EXPECT_EQ(r.ttft_us, 1000);
  EXPECT_EQ(r.throughput_millirpm, 60500);
  EXPECT_EQ(r.cost_nanos, 1);
  EXPECT_EQ(r.model, "m");
  EXPECT_EQ(r.provider, "p");
  EXPECT_EQ(r.input_tokens, 10);
  EXPECT_EQ(r.output_tokens, 2);
  EXPECT_EQ(r.cache_read_tokens, 3);
  EXPECT_EQ(r.cache_write_tokens, 4);
  EXPECT_EQ(r.reasoning_tokens, 5);
  EXPECT_EQ(r.cpu_centipercent, 9999);
  EXPECT_EQ(r.gpu_centipercent, 10000);
  EXPECT_EQ(r.gpu_count, 8);
  EXPECT_EQ(r.memory_bytes, 1'500'000);
  EXPECT_EQ(r.gpu_memory_bytes, 1);
  EXPECT_EQ(r.host, "h");
  EXPECT_EQ(r.process_id, 42);
  EXPECT_EQ(format_uuid(*r.trace_id), "0af71d9c-22f1-4b8e-9a44-00ff10203040");
  EXPECT_EQ(static_cast<uint64_t>(*r.span_id), 0xff00000000000001u);
  EXPECT_EQ(r.custom, R"({"x":1.5})");
  EXPECT_EQ(r.attributes, R"({"a":"b","n":1,"f":true})");
}

TEST_F(RecordDecoderTest, LeavesOutWhatWasNotSent) {
  auto r = record("");
  EXPECT_FALSE(r.ts);
  EXPECT_EQ(r.kind, models::RecordKind::Request);
  EXPECT_FALSE(r.error);
  EXPECT_FALSE(r.latency_us);
  EXPECT_FALSE(r.cost_nanos);
  EXPECT_TRUE(r.model.empty());
  EXPECT_TRUE(r.custom.empty());
}

TEST_F(RecordDecoderTest, TakesNullForNotMeasured) {
  auto r = record(R"("latency_ms":null,"model":null,"kind":null,)"
                  R"("timestamp":null,"attributes":null,"request_count":null)");
  EXPECT_FALSE(r.latency_us);
  EXPECT_TRUE(r.model.empty());
}

TEST_F(RecordDecoderTest, TakesCostPerRequestForTheCostOfOneRequest) {
  EXPECT_EQ(record(R"("cost_per_request":0.25)").cost_nanos, 250'000'000);
  EXPECT_EQ(record(R"("cost_per_request":0.25,"request_count":1)").cost_nanos, 250'000'000);
  EXPECT_EQ(refused(R"("cost_per_request":0.25,"request_count":2)"),
            "cost_per_request: cost_per_request is for records of one request; send cost_usd");
  EXPECT_EQ(refused(R"("cost_per_request":0.25,"cost_usd":0.25)"),
            "cost_per_request: cost_per_request and cost_usd exclude each other");
}

TEST_F(RecordDecoderTest, TakesEachNumberUpToItsLimit) {
  EXPECT_EQ(record(R"("latency_ms":86400000)").latency_us, 86'400'000'000);
  EXPECT_EQ(record(R"("latency_ms":0)").latency_us, 0);
  EXPECT_EQ(record(R"("throughput_req_per_min":1e9)").throughput_millirpm, 1'000'000'000'000);
  EXPECT_EQ(record(R"("cost_usd":1e6)").cost_nanos, 1'000'000'000'000'000);
  EXPECT_EQ(record(R"("memory_usage_mb":1e9)").memory_bytes, 1'000'000'000'000'000);
  EXPECT_EQ(record(R"("request_count":1000000000)").request_count, 1'000'000'000);
  EXPECT_EQ(record(R"("input_tokens":2000000000)").input_tokens, 2'000'000'000);
  EXPECT_EQ(record(R"("process_id":2147483647)").process_id, 2'147'483'647);
  EXPECT_EQ(record(R"("gpu_count":1024)").gpu_count, 1024);
}

TEST_F(RecordDecoderTest, RefusesNumbersOverTheirLimit) {
  EXPECT_EQ(refused(R"("latency_ms":86400000.1)"),
            "latency_ms: latency_ms 86400000.1 is over 86400000");
  EXPECT_EQ(refused(R"("ttft_ms":1e300)"), "ttft_ms: ttft_ms 1e+300 is over 86400000");
  EXPECT_EQ(refused(R"("cpu_usage_percent":130)"),
            "cpu_usage_percent: cpu_usage_percent 130 is over 100");
  EXPECT_EQ(refused(R"("gpu_usage_percent":100.01)"),
            "gpu_usage_percent: gpu_usage_percent 100.01 is over 100");
  EXPECT_EQ(refused(R"("cost_usd":1000001)"), "cost_usd: cost_usd 1000001 is over 1000000");
  EXPECT_EQ(refused(R"("cost_per_request":1000001)"),
            "cost_per_request: cost_per_request 1000001 is over 1000000");
  EXPECT_EQ(refused(R"("request_count":1000000001)"),
            "request_count: request_count 1000000001 is over 1000000000");
  EXPECT_EQ(refused(R"("input_tokens":2000000001)"),
            "input_tokens: input_tokens 2000000001 is over 2000000000");
  EXPECT_EQ(refused(R"("gpu_count":1025)"), "gpu_count: gpu_count 1025 is over 1024");
  EXPECT_EQ(refused(R"("process_id":2147483648)"),
            "process_id: process_id 2147483648 is over 2147483647");
  EXPECT_EQ(refused(R"("memory_usage_mb":1000000001)"),
            "memory_usage_mb: memory_usage_mb 1000000001 is over 1000000000");
  EXPECT_EQ(refused(R"("throughput_req_per_min":1000000001)"),
            "throughput_req_per_min: throughput_req_per_min 1000000001 is over 1000000000");
}

TEST_F(RecordDecoderTest, CountsCachedTokensAsInput) {
  EXPECT_EQ(
      record(R"("input_tokens":70,"cache_read_tokens":30,"cache_write_tokens":40)").input_tokens,
      70);
  // Counted beside the input, as Anthropic's own API does: they cannot be part of it.
  EXPECT_EQ(
      record(R"("input_tokens":10,"cache_read_tokens":30,"cache_write_tokens":40)").input_tokens,
      80);
  EXPECT_EQ(record(R"("cache_read_tokens":30)").input_tokens, std::nullopt);
  EXPECT_EQ(refused(R"("input_tokens":1,"cache_read_tokens":2000000000)"),
            "input_tokens: input_tokens with cached ones is 2000000001, over 2000000000");
}

TEST_F(RecordDecoderTest, RefusesNegativeNumbersAndZeroWhereOneIsTheLeast) {
  EXPECT_EQ(refused(R"("latency_ms":-1)"), "latency_ms: latency_ms -1 is negative");
  EXPECT_EQ(refused(R"("cost_usd":-0.01)"), "cost_usd: cost_usd -0.01 is negative");
  EXPECT_EQ(refused(R"("input_tokens":-5)"), "input_tokens: input_tokens -5 is negative");
  EXPECT_EQ(refused(R"("request_count":0)"), "request_count: request_count 0 is under 1");
  EXPECT_EQ(refused(R"("process_id":0)"), "process_id: process_id 0 is under 1");
}

TEST_F(RecordDecoderTest, RefusesWhatIsNoFiniteNumber) {
  for (std::string value : {"NaN", "1e999", "-1e999", "\"12\"", "true", "[1]", "{}"}) {
    EXPECT_EQ(refused(R"("latency_ms":)" + value), "latency_ms: latency_ms must be a finite number")
        << value;
  }
}

TEST_F(RecordDecoderTest, RefusesIntegersWithAFraction) {
  for (std::string value : {"1.5", "1e3", "\"1\"", "99999999999999999999", "false"}) {
    EXPECT_EQ(refused(R"("input_tokens":)" + value),
              "input_tokens: input_tokens must be an integer")
        << value;
  }
}

TEST_F(RecordDecoderTest, RefusesTimesFarFromNow) {
  EXPECT_EQ(refused(R"("timestamp":"2026-11-22T12:02:00Z")"),
            "timestamp: timestamp 2026-11-22T12:02:00Z is more than 60 s ahead of the server");
  EXPECT_EQ(refused(R"("timestamp":"2026-08-23T12:00:00Z")"),
            "timestamp: timestamp 2026-08-23T12:00:00Z is more than 90 days old");
  EXPECT_EQ(record(R"("timestamp":"2026-11-22T12:01:00Z")").ts, kNow + 60s);
  EXPECT_EQ(record(R"("timestamp":"2026-08-24T12:00:00Z")").ts, kNow - 90 * 24h);
  EXPECT_EQ(refused(R"("timestamp":"noon")"),
            "timestamp: timestamp: 'noon' is not a time: write 2026-11-22T20:45:00Z");
  EXPECT_EQ(refused(R"("timestamp":1763800000)"), "timestamp: timestamp must be an RFC 3339 text");
}

TEST_F(RecordDecoderTest, RefusesWordsThatItDoesNotKnow) {
  EXPECT_EQ(refused(R"("kind":"correction")"),
            "kind: kind 'correction' is unknown; it is request or sample");
  EXPECT_EQ(refused(R"("kind":1)"), "kind: kind must be a text");
  EXPECT_EQ(refused(R"("status":"ok")"), "status: status 'ok' is unknown; it is success or error");
  EXPECT_EQ(refused(R"("status":false)"), "status: status must be a text");
  EXPECT_EQ(refused(R"("latency":1)"), "latency: there is no field 'latency'");
  EXPECT_EQ(record(R"("kind":"sample","status":"success")").kind, models::RecordKind::Sample);
}

TEST_F(RecordDecoderTest, RefusesTextsOutOfTheirLimits) {
  EXPECT_EQ(refused(R"("model":"")"), "model: model is empty");
  EXPECT_EQ(refused(R"("model":7)"), "model: model must be a text");
  EXPECT_EQ(refused(R"("host":")" + std::string(201, 'h') + '"'),
            "host: host has 201 characters, the limit is 200");
  EXPECT_EQ(refused(R"("provider":"a\u0000b")"), "provider: provider holds a control character");
  EXPECT_EQ(refused(R"("provider":"a\nb")"), "provider: provider holds a control character");
  EXPECT_EQ(refused("\"provider\":\"a\x7f\""), "provider: provider holds a control character");
  EXPECT_EQ(record(R"("host":")" + std::string(200, 'h') + '"').host.size(), 200u);
}

TEST_F(RecordDecoderTest, CountsCharactersAndNotBytes) {
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "\xc3\xbc";
  EXPECT_EQ(record(R"("model":")" + umlauts + '"').model, umlauts);
  EXPECT_EQ(refused(R"("model":")" + umlauts + "\xc3\xbc\""),
            "model: model has 201 characters, the limit is 200");
}

TEST_F(RecordDecoderTest, KeepsTextsWithEscapesApart) {
  auto r = record(R"("model":"a\"b\\\u00fc","provider":"c\/d","host":"plain")");
  EXPECT_EQ(r.model, "a\"b\\\xc3\xbc");
  EXPECT_EQ(r.provider, "c/d");
  EXPECT_EQ(r.host, "plain");
}

TEST_F(RecordDecoderTest, RefusesIdsThatAreNone) {
  for (std::string value :
       {"\"\"", "\"0af71d9c22f14b8e9a4400ff1020304\"", "\"0af71d9c-22f1-4b8e-9a44-00ff10203040\"",
        "1", "\"zaf71d9c22f14b8e9a4400ff10203040\""}) {
    EXPECT_EQ(refused(R"("trace_id":)" + value), "trace_id: trace_id must be 32 hexadecimal digits")
        << value;
  }
  for (std::string value : {"\"\"", "\"ff0000000000000\"", "\"ff0000000000000g\"", "1"}) {
    EXPECT_EQ(refused(R"("span_id":)" + value), "span_id: span_id must be 16 hexadecimal digits")
        << value;
  }
}

TEST_F(RecordDecoderTest, RefusesARecordWithoutAnAgent) {
  auto decoded = decode(R"({"latency_ms":1})");
  ASSERT_EQ(decoded->rejected.size(), 1u);
  EXPECT_EQ(decoded->rejected[0].field, "agent_id");
  EXPECT_EQ(decoded->rejected[0].reason, "agent_id is missing");
}

TEST_F(RecordDecoderTest, StoresTheGoodAndNamesTheBadOnesByPosition) {
  auto decoded = decode(
      R"([{"agent_id":"a"},{"agent_id":"b","latency_ms":-1,"host":"h"},7,{"agent_id":"c"},{}])");
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->records.size(), 2u);
  EXPECT_EQ(decoded->records[1].agent, "c");
  EXPECT_EQ(decoded->indexes, (std::vector<size_t>{0, 3}));
  ASSERT_EQ(decoded->rejected.size(), 3u);
  EXPECT_EQ(decoded->rejected[0].index, 1u);
  EXPECT_EQ(decoded->rejected[1].index, 2u);
  EXPECT_EQ(decoded->rejected[1].reason, "a record must be an object");
  EXPECT_EQ(decoded->rejected[2].index, 4u);
}

TEST_F(RecordDecoderTest, CanBeUsedAgainAfterABrokenBody) {
  EXPECT_FALSE(decode("{"));
  EXPECT_EQ(record("\"latency_ms\":1").latency_us, 1000);
}

}  // namespace
}  // namespace sentinel::ingest
