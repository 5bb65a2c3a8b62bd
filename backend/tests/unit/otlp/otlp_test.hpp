// Both encodings of an export through the decoder: they must come to the same.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time.hpp"
#include "support/otlp.hpp"

namespace sentinel {

using otlp::Encoding;
using otlp::Signal;
using sentinel::testing::lines_of;
using sentinel::testing::otlp_attributes;
using sentinel::testing::otlp_export;
using sentinel::testing::to_protobuf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class OtlpTest : public ::testing::Test {
 protected:
  // Around which all times of the tests are: 2026-03-01T12:00:00Z.
  static constexpr int64_t kNow_s = 1'772'366'400;
  static Timestamp now() { return Timestamp{std::chrono::seconds{kNow_s}}; }
  // So many milliseconds after (or before) that, as OTLP's JSON writes it.
  static std::string at(int64_t ms) { return fmt::format("\"{}000000\"", kNow_s * 1000 + ms); }

  static std::string padded(std::string body) {
    body.reserve(body.size() + 64);
    return body;
  }

  static Result<models::DecodedRecords> decode(Signal signal, Encoding encoding,
                                               const std::string& body,
                                               std::string_view sole_agent = {}) {
    return otlp::decode(signal, encoding, body, {.now = now(), .sole_agent = sole_agent});
  }

  // What an export in JSON comes to, and that the same in protobuf comes to it, too.
  static std::vector<std::string> lines(Signal signal, const std::string& json,
                                        std::string_view sole_agent = {}) {
    auto json_body = padded(json), protobuf_body = padded(to_protobuf(signal, json));
    auto from_json = decode(signal, Encoding::Json, json_body, sole_agent);
    auto from_protobuf = decode(signal, Encoding::Protobuf, protobuf_body, sole_agent);
    if (!from_json) return {from_json.error().message};
    if (!from_protobuf) return {from_protobuf.error().message};
    auto found = lines_of(*from_json);
    EXPECT_EQ(lines_of(*from_protobuf), found);
    for (size_t i = 0; i < from_json->records.size(); ++i) {
      EXPECT_EQ(from_json->records[i].key, from_protobuf->records[i].key);
      EXPECT_EQ(from_json->records[i].trace_id, from_protobuf->records[i].trace_id);
      EXPECT_EQ(from_json->records[i].span_id, from_protobuf->records[i].span_id);
    }
    return found;
  }
};

}  // namespace sentinel
