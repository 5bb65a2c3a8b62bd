// Which records are charged, and at which price.
#include "services/ingest/prices.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/replace_file.hpp"

namespace sentinel::ingest {
namespace {

using models::CostSource;
using models::MetricRecord;
using models::RecordKind;

const Timestamp kArrived = parse_rfc3339("2026-09-24T12:00:00Z").value();

MetricRecord request(std::string_view provider, std::string_view model,
                     std::optional<int64_t> input, std::optional<int64_t> output = std::nullopt) {
  MetricRecord record;
  record.provider = provider;
  record.model = model;
  record.input_tokens = input;
  record.output_tokens = output;
  return record;
}

// "cost source" of one record, as set_costs leaves it.
std::string charged(Prices& prices, MetricRecord record) {
  prices.set_costs({&record, 1}, kArrived);
  auto cost = record.cost_nanos ? std::to_string(*record.cost_nanos) : "none";
  auto source = record.cost_source ? std::string(1, static_cast<char>(*record.cost_source)) : "-";
  return cost + " " + source;
}

TEST(Prices, ChargeRequestsWithTokensAndNoCost) {
  Prices prices;
  // 1,000 x 2.5 + 100 x 10 micro-dollars.
  EXPECT_EQ(charged(prices, request("openai", "gpt-4o", 1000, 100)), "3500000 c");
  EXPECT_EQ(charged(prices, request("", "gpt-4o", std::nullopt, 1)), "10000 c");
  auto cached = request("", "gpt-4o", std::nullopt);
  cached.cache_read_tokens = 1;
  EXPECT_EQ(charged(prices, cached), "1250 c");
  EXPECT_EQ(prices.unpriced(), 0u);
}

TEST(Prices, LeaveAReportedCostAlone) {
  Prices prices;
  auto reported = request("", "gpt-4o", 1000);
  reported.cost_nanos = 7;
  EXPECT_EQ(charged(prices, reported), "7 -");
  reported.cost_nanos = 0;
  EXPECT_EQ(charged(prices, reported), "0 -");
}

TEST(Prices, LeaveWhatUsedNothingAlone) {
  Prices prices;
  EXPECT_EQ(charged(prices, request("", "gpt-4o", std::nullopt)), "none -");
  EXPECT_EQ(charged(prices, request("", "gpt-4o", 0, 0)), "none -");
  auto sample = request("", "gpt-4o", 5);
  sample.kind = RecordKind::Sample;
  EXPECT_EQ(charged(prices, sample), "none -");
}

TEST(Prices, SayAndCountWhatTheyDoNotKnow) {
  Prices prices;
  EXPECT_EQ(charged(prices, request("", "house-model", 5)), "none u");
  EXPECT_EQ(charged(prices, request("", "", 5)), "none u");
  EXPECT_EQ(charged(prices, request("openai", "whisper-1", 5)), "none u");
  EXPECT_EQ(prices.unpriced(), 3u);
}

TEST(Prices, AreThoseOfTheRecordsOwnTime) {
  Prices prices;
  auto record = request("openai", "gpt-5.6-sol", 10);
  EXPECT_EQ(charged(prices, record), "40000 c");
  record.ts = parse_rfc3339("2026-08-20T12:00:00Z").value();
  EXPECT_EQ(charged(prices, record), "50000 c");
}

TEST(Prices, AreFoundForEachRecordOfARequest) {
  Prices prices;
  std::vector<MetricRecord> records{request("openai", "gpt-4o", 1), request("openai", "gpt-4o", 2),
                                    request("ollama", "gpt-4o", 2),
                                    request("openai", "gpt-4o-mini", 20),
                                    request("openai", "gpt-4o", 3)};
  prices.set_costs(records, kArrived);
  EXPECT_EQ(records[0].cost_nanos, 2'500);
  EXPECT_EQ(records[1].cost_nanos, 5'000);
  EXPECT_EQ(records[2].cost_nanos, std::nullopt);
  EXPECT_EQ(records[3].cost_nanos, 3'000);
  EXPECT_EQ(records[4].cost_nanos, 7'500);
}

class PricesOnDisk : public ::testing::Test {
 protected:
  PricesOnDisk() { std::filesystem::create_directories(folder_); }
  ~PricesOnDisk() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("prices_test_" + format_uuid(random_uuid()));
  std::string file_ = price_file(folder_);
};

TEST_F(PricesOnDisk, AreKnownFromTheStartOn) {
  ASSERT_TRUE(replace_file(file_, R"({"version":"kept","newest":5,"prices":[
    {"provider":"openai","model":"gpt-4o","match":{"equals":"gpt-4o"},"input":7000,"output":0}]})"));
  Prices prices(file_);
  EXPECT_EQ(prices.book()->version(), "kept");
  EXPECT_EQ(charged(prices, request("", "gpt-4o", 1)), "7 c");
  EXPECT_EQ(prices.checked_at(), std::nullopt);
}

TEST_F(PricesOnDisk, AreTheBundledOnesWhereThereAreNoneOrBrokenOnes) {
  EXPECT_EQ(Prices(file_).book(), pricing::PriceBook::bundled());
  ASSERT_TRUE(replace_file(file_, R"({"prices":[)"));
  EXPECT_EQ(Prices(file_).book(), pricing::PriceBook::bundled());
}

}  // namespace
}  // namespace sentinel::ingest
