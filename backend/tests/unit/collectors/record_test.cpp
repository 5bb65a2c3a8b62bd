#include "collectors/sender/record.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <set>

namespace sentinel::collectors {
namespace {

const Timestamp kTime = parse_rfc3339("2026-11-22T20:45:00.5Z").value();

std::string id_of(const Item& item, const char* field) {
  simdjson::dom::parser parser;
  std::string_view id;
  EXPECT_EQ(parser.parse(item.json)[field].get(id), simdjson::SUCCESS) << item.json;
  return std::string(id);
}

TEST(RecordWriter, WritesASampleAsTheContractHasIt) {
  RecordWriter writer("box");
  auto item =
      writer.sample({.agent = "coder",
                     .time = kTime,
                     .process = 4711,
                     .cpu_percent = 12.3456,
                     .memory_bytes = 209'715'200,
                     .gpu = GpuUse{.percent = 40.126, .memory_bytes = 1'500'000, .count = 2}});
  EXPECT_EQ(item.route, Route::Metrics);
  EXPECT_EQ(
      item.json,
      R"({"agent_id":"coder","kind":"sample","timestamp":"2026-11-22T20:45:00.500000Z","record_id":")" +
          id_of(item, "record_id") +
          R"(","host":"box","process_id":4711,"cpu_usage_percent":12.35,"memory_usage_mb":209.7152,)"
          R"("gpu_count":2,"gpu_usage_percent":40.13,"gpu_memory_usage_mb":1.5})");
}

TEST(RecordWriter, LeavesOutWhatWasNotMeasured) {
  RecordWriter writer("box");
  auto item = writer.sample({.agent = "a",
                             .time = kTime,
                             .process = {},
                             .cpu_percent = {},
                             .memory_bytes = {},
                             .gpu = {}});
  EXPECT_EQ(item.json.find("cpu_usage"), std::string::npos);
  EXPECT_EQ(item.json.find("memory"), std::string::npos);
  EXPECT_EQ(item.json.find("gpu"), std::string::npos);
  EXPECT_EQ(item.json.find("process_id"), std::string::npos);
}

TEST(RecordWriter, GivesEveryRecordOfEveryRunItsOwnId) {
  std::set<std::string> ids;
  for (int run = 0; run < 3; ++run) {
    RecordWriter writer("box");
    Sample sample{.agent = "a",
                  .time = kTime,
                  .process = {},
                  .cpu_percent = {},
                  .memory_bytes = {},
                  .gpu = {}};
    ids.insert(id_of(writer.sample(sample), "record_id"));
    ids.insert(id_of(writer.sample(sample), "record_id"));
  }
  EXPECT_EQ(ids.size(), 6u);
}

TEST(RecordWriter, WritesEvents) {
  RecordWriter writer("box");
  auto item = writer.event({.agent = "coder",
                            .type = "error",
                            .time = kTime,
                            .message = "exit code 3",
                            .process = 4711,
                            .exit_code = 3});
  EXPECT_EQ(item.route, Route::Events);
  EXPECT_EQ(
      item.json,
      R"({"agent_id":"coder","type":"error","timestamp":"2026-11-22T20:45:00.500000Z","event_id":")" +
          id_of(item, "event_id") +
          R"(","message":"exit code 3","attributes":{"host":"box","pid":4711,"exit_code":3}})");
}

TEST(CleanText, KeepsUtf8AndReplacesTheRest) {
  EXPECT_EQ(clean_text("é€🙂a", 100), "é€🙂a");
  EXPECT_EQ(clean_text("a\xff"
                       "b\xc3",
                       100),
            "a?b?");
  EXPECT_EQ(clean_text("\xc0\xaf\xe0\x80\xaf\xed\xa0\x80\xf0\x80\x80\xaf\xf4\x90\x80\x80", 100),
            std::string(16, '?'));
  EXPECT_EQ(clean_text("a€", 3), "a") << "cut between characters";
}

}  // namespace
}  // namespace sentinel::collectors
