// Whole bodies of records: JSON that is broken, NDJSON, limits on count and on members.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/ingest/record_decoder.hpp"

namespace sentinel::ingest {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h;

class RecordBodies : public ::testing::Test {
 protected:
  Result<DecodedRecords> decode(std::string body, BodyFormat format = BodyFormat::Json) {
    body_ = std::move(body);
    body_.reserve(body_.size() + 64);
    return decoder_.decode(body_, format, kNow);
  }

  // Why a whole body is refused.
  std::string broken(std::string body, BodyFormat format = BodyFormat::Json) {
    auto decoded = decode(std::move(body), format);
    if (decoded)
      return fmt::format("{} stored, {} refused", decoded->records.size(),
                         decoded->rejected.size());
    return decoded.error().reason + ": " + decoded.error().message;
  }

  std::string refused(const std::string& members) {
    auto decoded = decode(R"({"agent_id":"a",)" + members + "}");
    if (!decoded) return decoded.error().message;
    return decoded->rejected.size() == 1 ? decoded->rejected.front().reason : "not refused";
  }

  RecordDecoder decoder_;
  std::string body_;
};

// An object of `count` members m0, m1, …
std::string object_of(int count, std::string_view value) {
  std::string text = "{";
  for (int i = 0; i < count; ++i) text += fmt::format("{}\"m{}\":{}", i ? "," : "", i, value);
  return text + "}";
}

TEST_F(RecordBodies, AreRefusedWholeWhenTheyAreNoJson) {
  constexpr auto kWanted =
      "json_invalid: the body is not valid JSON: an object or an array of objects is wanted";
  EXPECT_EQ(broken("\"text\""), kWanted);
  EXPECT_EQ(broken("17"), kWanted);
  EXPECT_EQ(broken("null"), kWanted);
  EXPECT_EQ(broken("{\"agent_id\":\"a\"} {\"agent_id\":\"b\"}"),
            "json_invalid: the body is not valid JSON: text after the end");
  EXPECT_EQ(broken("[{\"agent_id\":\"a\"}] []"),
            "json_invalid: the body is not valid JSON: text after the end");
  for (std::string body :
       {"", "   ", "{", "[", "{\"agent_id\"", "{\"agent_id\":\"a\"", "[{\"agent_id\":\"a\"}",
        "{agent_id:1}", "{\"agent_id\":\"a\",}", "[{\"agent_id\":\"a\"},]", "{\"agent_id\":\"a}",
        "{'agent_id':'a'}", "{\"agent_id\":\"a\"} trailing"}) {
    EXPECT_TRUE(broken(body).starts_with("json_invalid: the body is not valid JSON: "))
        << body << " gave " << broken(body);
  }
}

TEST_F(RecordBodies, AreRefusedWholeWhenTheyAreNoUtf8) {
  EXPECT_EQ(broken("{\"agent_id\":\"a\xff\"}"),
            "json_invalid: the body is not valid JSON: The input is not valid UTF-8");
}

TEST_F(RecordBodies, AreRefusedWholeWithARawControlCharacter) {
  EXPECT_TRUE(
      broken("{\"agent_id\":\"a\nb\"}").starts_with("json_invalid: the body is not valid JSON: "))
      << broken("{\"agent_id\":\"a\nb\"}");
}

// Nothing after a fault can be trusted, also when a record before it was refused.
TEST_F(RecordBodies, AreRefusedWholeWhenTheyBreakAfterARefusedRecord) {
  EXPECT_TRUE(broken("[{\"agent_id\":\"a\",\"latency_ms\":-1},{\"agent_id\":")
                  .starts_with("json_invalid: "))
      << broken("[{\"agent_id\":\"a\",\"latency_ms\":-1},{\"agent_id\":");
}

TEST_F(RecordBodies, MayBeAnEmptyArray) {
  auto decoded = decode("[]");
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(decoded->records.empty() && decoded->rejected.empty());
}

TEST_F(RecordBodies, HoldAtMostTenThousandRecords) {
  std::string one = "{\"agent_id\":\"a\"}", array = "[", lines;
  for (int i = 0; i < 10'000; ++i) {
    array += one + ",";
    lines += one + "\n";
  }
  EXPECT_EQ(decode(array.substr(0, array.size() - 1) + "]")->records.size(), 10'000u);
  EXPECT_EQ(decode(lines, BodyFormat::Ndjson)->records.size(), 10'000u);
  constexpr auto kTooMany = "too_many_records: a request may hold at most 10000 records";
  EXPECT_EQ(broken(array + one + "]"), kTooMany);
  EXPECT_EQ(broken(lines + one, BodyFormat::Ndjson), kTooMany);
}

TEST_F(RecordBodies, OfLinesStoreTheGoodOnes) {
  auto decoded = decode(
      "{\"agent_id\":\"a\"}\r\n\n  "
      "\n{\"agent_id\":\"b\",\"latency_ms\":-1}\nbroken\n{\"agent_id\":\"c\"} "
      "x\n[]\n{\"agent_id\":\"d\"}",
      BodyFormat::Ndjson);
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->records.size(), 2u);
  EXPECT_EQ(decoded->records[0].agent, "a");
  EXPECT_EQ(decoded->records[1].agent, "d");
  EXPECT_EQ(decoded->indexes, (std::vector<size_t>{0, 5}));
  std::string refusals;
  for (const auto& one : decoded->rejected)
    refusals += fmt::format("{} {};", one.index, one.reason);
  EXPECT_EQ(
      refusals,
      "1 latency_ms -1 is negative;2 the line is not a JSON object;3 the line is not a JSON object;"
      "4 the line is not a JSON object;");
}

TEST_F(RecordBodies, OfLinesMayBeEmpty) {
  EXPECT_EQ(broken("", BodyFormat::Ndjson), "0 stored, 0 refused");
  EXPECT_EQ(broken("\n\n", BodyFormat::Ndjson), "0 stored, 0 refused");
}

TEST_F(RecordBodies, OfLinesKeepTextsOfEveryLine) {
  std::string lines;
  for (int i = 0; i < 100; ++i)
    lines += fmt::format("{{\"agent_id\":\"a\\u0041{}\",\"model\":\"m{}\"}}\n", i, i);
  auto decoded = decode(lines, BodyFormat::Ndjson);
  ASSERT_EQ(decoded->records.size(), 100u);
  for (size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(decoded->records[i].agent, fmt::format("aA{}", i));
    EXPECT_EQ(decoded->records[i].model, fmt::format("m{}", i));
  }
}

TEST_F(RecordBodies, HoldAtMost64MembersARecord) {
  EXPECT_EQ(refused("\"attributes\":" + object_of(64, "1")), "not refused");
  EXPECT_EQ(refused("\"attributes\":" + object_of(65, "1")), "attributes has more than 64 members");
  EXPECT_EQ(refused("\"custom_metrics\":" + object_of(64, "1")), "not refused");
  EXPECT_EQ(refused("\"custom_metrics\":" + object_of(65, "1")),
            "custom_metrics has more than 64 members");
}

TEST_F(RecordBodies, HoldScalarsInAttributesAndNumbersInCustomMetrics) {
  for (std::string value : {"[1]", "{}", "null"}) {
    EXPECT_EQ(refused("\"attributes\":{\"x\":" + value + "}"),
              "attributes.x must be a text, number or boolean")
        << value;
  }
  for (std::string value : {"\"1\"", "true", "null", "[]", "1e999"}) {
    EXPECT_EQ(refused("\"custom_metrics\":{\"x\":" + value + "}"),
              "custom_metrics.x must be a finite number")
        << value;
  }
  EXPECT_EQ(refused("\"attributes\":{\"x\":\"a\\u0000b\"}"), "attributes.x holds a NUL character");
  EXPECT_EQ(refused("\"attributes\":[]"), "attributes must be an object");
  EXPECT_EQ(refused("\"custom_metrics\":1"), "custom_metrics must be an object");
}

TEST_F(RecordBodies, HoldNamesOfMembersWithinLimits) {
  constexpr auto kRefused =
      "attributes has a member name that is empty, over 200 characters or holds a control "
      "character";
  EXPECT_EQ(refused("\"attributes\":{\"\":1}"), kRefused);
  EXPECT_EQ(refused("\"attributes\":{\"a\\tb\":1}"), kRefused);
  EXPECT_EQ(refused("\"attributes\":{\"" + std::string(201, 'a') + "\":1}"), kRefused);
  EXPECT_EQ(refused("\"attributes\":{\"" + std::string(200, 'a') + "\":1}"), "not refused");
}

TEST_F(RecordBodies, HoldAttributesOfAtMost16KiB) {
  EXPECT_EQ(refused("\"attributes\":{\"x\":\"" + std::string(17'000, 'a') + "\"}"),
            "attributes has 17008 bytes, the limit is 16384");
  EXPECT_EQ(refused("\"attributes\":{\"x\":\"" + std::string(16'000, 'a') + "\"}"), "not refused");
}

}  // namespace
}  // namespace sentinel::ingest
