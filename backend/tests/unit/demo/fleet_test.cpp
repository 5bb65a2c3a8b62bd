// The made-up fleet: the same records in whatever pieces they are asked for, and what people are
// to find in them.
#include "demo/fleet.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <ranges>
#include <set>

#include "demo/incidents.hpp"
#include "pricing/price_book.hpp"
#include "services/ingest/event_decoder.hpp"
#include "services/ingest/record_decoder.hpp"

namespace sentinel::demo {
namespace {

using models::MetricRecord;
using models::RecordKind;
using Records = std::vector<MetricRecord>;

constexpr Microseconds kMinute = minutes{1};

class DemoFleetTest : public ::testing::Test {
 protected:
  // A Wednesday.
  const Timestamp anchor_ = *parse_rfc3339("2026-10-07T11:17:31Z");
  const Fleet fleet_{{.seed = 1, .agents = 50, .anchor = anchor_}};

  Records records(size_t agent, Timestamp start, Timestamp end,
                  Microseconds interval = kMinute) const {
    Records out;
    fleet_.append_records(agent, start, end, interval, out);
    return out;
  }
  size_t fated(Fate fate) const {
    auto found = std::ranges::find(fleet_.agents(), fate, &Agent::fate);
    return found->number;
  }
};

std::string json(const Records& records) {
  std::string out;
  for (const auto& record : records) append_json(out, record);
  return out;
}

int64_t requests(const Records& records) {
  int64_t sum = 0;
  for (const auto& record : records) sum += record.request_count.value_or(0);
  return sum;
}

double error_share(const Records& records) {
  const auto asked = std::ranges::count(records, RecordKind::Request, &MetricRecord::kind);
  const auto failed = std::ranges::count(records, std::optional(true), &MetricRecord::error);
  return static_cast<double>(failed) / static_cast<double>(asked);
}

double latency_ms(const Records& records, double part) {
  std::vector<int64_t> all;
  for (const auto& record : records) {
    if (record.latency_us) all.push_back(*record.latency_us);
  }
  std::ranges::sort(all);
  return static_cast<double>(all.at(static_cast<size_t>(part * static_cast<double>(all.size())))) /
         1e3;
}

double cost_per_request(const Records& records) {
  const auto book = pricing::PriceBook::bundled();
  double cost = 0;
  for (const auto& record : records) {
    if (!record.input_tokens) continue;
    auto price = book->find(record.provider, record.model)->at(*record.ts);
    pricing::Usage usage{.input_tokens = *record.input_tokens,
                         .output_tokens = record.output_tokens.value_or(0),
                         .cache_read_tokens = record.cache_read_tokens.value_or(0),
                         .cache_write_tokens = record.cache_write_tokens.value_or(0),
                         .requests = *record.request_count};
    cost += static_cast<double>(pricing::cost_nanos(*price, usage).value()) / 1e9;
  }
  return cost / static_cast<double>(requests(records));
}

TEST_F(DemoFleetTest, RangesThatMeetMakeTheRecordsOfOneRange) {
  const auto start = anchor_ - hours{7};
  for (const auto& agent : fleet_.agents()) {
    const auto whole = records(agent.number, start, anchor_ + hours{5});
    // Pieces of odd lengths, asked for from the last to the first, of another fleet.
    const Fleet other(fleet_.options());
    std::vector<Records> pieces;
    for (auto end = anchor_ + hours{5}; end > start;) {
      const auto begin = std::max(start, end - Microseconds{977'000'001});
      other.append_records(agent.number, begin, end, kMinute, pieces.emplace_back());
      end = begin;
    }
    Records joined;
    for (const auto& piece : pieces | std::views::reverse) {
      joined.insert(joined.end(), piece.begin(), piece.end());
    }
    EXPECT_EQ(json(joined), json(whole)) << agent.name;
  }
}

TEST_F(DemoFleetTest, TheNumberOfAgentsDoesNotChangeAnAgentAndTheSeedDoes) {
  const Fleet larger({.seed = 1, .agents = 120, .anchor = anchor_});
  const Fleet another({.seed = 2, .agents = 50, .anchor = anchor_});
  Records of_larger, of_another;
  larger.append_records(9, anchor_ - hours{2}, anchor_, kMinute, of_larger);
  another.append_records(9, anchor_ - hours{2}, anchor_, kMinute, of_another);
  const auto own = json(records(9, anchor_ - hours{2}, anchor_));
  EXPECT_EQ(json(of_larger), own);
  EXPECT_NE(json(of_another), own);
  std::set<std::string> names;
  for (const auto& agent : larger.agents()) names.insert(agent.name);
  EXPECT_EQ(names.size(), 120);
}

TEST_F(DemoFleetTest, EveryMinuteBringsARecordOfEachAgentThatIsUp) {
  const auto start = std::chrono::floor<minutes>(anchor_ - days{8});  // a day from Tuesday noon on
  for (const auto& agent : fleet_.agents()) {
    auto all = records(agent.number, start, start + days{1});
    EXPECT_EQ(all.size(), 1440) << agent.name;
    EXPECT_TRUE(std::ranges::is_sorted(all, std::less_equal{}, [](const auto& r) { return *r.ts; }))
        << agent.name;
    EXPECT_GE(*all.front().ts, start);
    EXPECT_LT(*all.back().ts, start + days{1});
  }
}

TEST_F(DemoFleetTest, AShorterIntervalTellsOfTheSameTraffic) {
  for (size_t number : {0uz, 9uz, 16uz}) {
    const auto by_minute = records(number, anchor_ - days{1}, anchor_ - hours{8});
    const auto by_second = records(number, anchor_ - days{1}, anchor_ - hours{8}, seconds{5});
    EXPECT_GT(by_second.size(), 2 * by_minute.size());
    EXPECT_NEAR(static_cast<double>(requests(by_second)), static_cast<double>(requests(by_minute)),
                0.25 * static_cast<double>(requests(by_minute)))
        << fleet_.agents()[number].name;
  }
}

TEST_F(DemoFleetTest, MetricsApiTakesAllOfItAsItIs) {
  ingest::RecordDecoder decoder;
  const auto start = anchor_ - kOutageBegin - minutes{20};
  for (const auto& agent : fleet_.agents()) {
    const auto sent = records(agent.number, start, start + hours{2});
    auto body = "[" + json(sent) + "]";
    body.reserve(body.size() + 64);
    auto taken = decoder.decode(body, ingest::BodyFormat::Json, anchor_);
    ASSERT_TRUE(taken) << taken.error().message;
    ASSERT_TRUE(taken->rejected.empty()) << taken->rejected.front().reason;
    ASSERT_EQ(taken->records.size(), sent.size());
    for (size_t i = 0; i < sent.size(); ++i) {
      auto& record = taken->records[i];
      EXPECT_TRUE(record.record_id.starts_with("demo "));
      EXPECT_EQ(record.trace_id, sent[i].trace_id);
      EXPECT_EQ(record.latency_us, sent[i].latency_us);
      EXPECT_EQ(json({record}), json({sent[i]}));
    }
  }
  std::string events = "[";
  for (const auto& event : fleet_.events(anchor_ - days{20}, anchor_)) append_json(events, event);
  events += ']';
  events.reserve(events.size() + 64);
  auto taken = ingest::decode_events(events, anchor_);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_TRUE(taken->rejected.empty());
}

TEST_F(DemoFleetTest, TheProviderOutageHitsAllAgentsOfItsModel) {
  const auto begin = anchor_ - kOutageBegin;
  int hit = 0;
  for (const auto& agent : fleet_.agents()) {
    const bool of_the_model = effects_on(agent, begin, anchor_).model->name == kOutageModel.name;
    const auto during = records(agent.number, begin, begin + kOutageLength);
    const auto before = records(agent.number, begin - hours{24}, begin);
    if (!of_the_model) {
      EXPECT_LT(error_share(during), 0.3) << agent.name;
      continue;
    }
    ++hit;
    EXPECT_GT(error_share(during), 0.3) << agent.name;
    EXPECT_LT(error_share(before), 0.05) << agent.name;
    EXPECT_LT(error_share(records(agent.number, begin + kOutageLength, begin + hours{24})), 0.05);
    EXPECT_GT(latency_ms(during, 0.9), 2.5 * latency_ms(before, 0.9)) << agent.name;
  }
  EXPECT_GE(hit, 5);
}

TEST_F(DemoFleetTest, AMemoryLeakSlowsAnAgentUntilItsRestart) {
  const auto agent = fated(Fate::LeaksMemory);
  auto memory = [&](Timestamp time) {
    return static_cast<double>(*records(agent, time, time + minutes{2}).front().memory_bytes) / 1e6;
  };
  const auto end = anchor_ - kLeakEnd;
  EXPECT_LT(memory(anchor_ - kLeakBegin), 1400);
  EXPECT_GT(memory(end - minutes{2}), 6000);
  EXPECT_LT(memory(end), 1400);
  const auto last_day = records(agent, end - hours{24}, end);
  const auto next_day = records(agent, end, end + hours{24});
  EXPECT_GT(latency_ms(last_day, 0.5), 2 * latency_ms(next_day, 0.5));
}

TEST_F(DemoFleetTest, ADeployDoublesTheP95AndLeavesTheMedian) {
  const auto agent = fated(Fate::DeploysSlowness);
  const auto deploy = anchor_ - kSlowDeploy;
  const auto before = records(agent, deploy - days{4}, deploy);
  const auto after = records(agent, deploy, anchor_);
  EXPECT_NEAR(latency_ms(after, 0.95) / latency_ms(before, 0.95), 2, 0.25);
  EXPECT_NEAR(latency_ms(after, 0.5) / latency_ms(before, 0.5), 1, 0.1);
}

TEST_F(DemoFleetTest, AChangeOfModelHalvesWhatARequestCosts) {
  const auto agent = fated(Fate::ChangesModel);
  const auto change = anchor_ - kModelChange;
  const auto before = cost_per_request(records(agent, change - days{6}, change));
  const auto after = cost_per_request(records(agent, change, anchor_));
  EXPECT_NEAR(after / before, 0.5, 0.05);
}

TEST_F(DemoFleetTest, AnAgentRunsAwayForANight) {
  const auto agent = fated(Fate::RunsAway);
  const auto begin = runaway_begin(anchor_);
  EXPECT_LE(begin + kRunawayLength, anchor_ - days{1});
  EXPECT_GT(begin, anchor_ - hours{57});
  const auto night = cost_per_request(records(agent, begin, begin + kRunawayLength));
  const auto usual = cost_per_request(records(agent, begin - days{1}, begin - hours{16}));
  EXPECT_NEAR(night / usual, 1, 0.2);
  const auto asked = requests(records(agent, begin, begin + kRunawayLength));
  const auto the_night_before = requests(records(agent, begin - days{1}, begin - hours{16}));
  EXPECT_NEAR(static_cast<double>(asked) / static_cast<double>(the_night_before), 10, 2.5);
}

TEST_F(DemoFleetTest, OneFallsSilentOneStopsAndOneIsLate) {
  const auto later = anchor_ + days{3};
  const auto silent = fated(Fate::FallsSilent);
  EXPECT_EQ(records(silent, anchor_ - kSilence, later).size(), 0);
  EXPECT_EQ(records(silent, anchor_ - kSilence - minutes{10}, later).size(), 10);
  const auto stopped = fated(Fate::Stops);
  EXPECT_EQ(records(stopped, anchor_ - kStop, later).size(), 0);
  auto events = fleet_.events(anchor_ - kStop, later);
  std::erase_if(events, [&](const Event& event) { return event.agent->number != stopped; });
  ASSERT_EQ(events.size(), 1);
  EXPECT_EQ(events[0].type, "stopped");

  const auto late = fated(Fate::IsLate);
  EXPECT_EQ(records(late, anchor_ - kLateSince, anchor_).size(), 0);
  EXPECT_GT(kLateSince, 2 * kLateInterval);
  EXPECT_LT(kLatePause, 5 * kLateInterval);
  const auto rare = records(late, anchor_, later);
  EXPECT_EQ(rare.size(), 16);
  EXPECT_EQ(rare.front().kind, RecordKind::Sample) << "only samples tell an interval";
}

TEST_F(DemoFleetTest, KindsModelsAndCostsHaveTheirShares) {
  std::map<std::string, int> models;
  double total = 0, samples = 0, traced = 0, reported = 0, unpriced = 0, on_gpus = 0;
  const auto book = pricing::PriceBook::bundled();
  for (const auto& agent : fleet_.agents()) {
    for (const auto& record : records(agent.number, anchor_ - days{8}, anchor_ - days{1})) {
      ++total;
      samples += record.kind == RecordKind::Sample;
      traced += record.trace_id.has_value();
      on_gpus += record.gpu_centipercent.has_value();
      if (record.host.empty()) {
        EXPECT_FALSE(record.cpu_centipercent);
      } else {
        EXPECT_TRUE(record.cpu_centipercent && record.memory_bytes);
      }
      if (record.kind == RecordKind::Sample) continue;
      ++models[fmt::format("{} {}", record.provider, record.model)];
      if (!record.input_tokens) continue;
      EXPECT_GE(*record.input_tokens,
                record.cache_read_tokens.value_or(0) + record.cache_write_tokens.value_or(0));
      EXPECT_GE(record.output_tokens.value_or(0), record.reasoning_tokens.value_or(0));
      reported += record.cost_nanos.has_value();
      const bool priced = !book->find(record.provider, record.model)->empty();
      EXPECT_EQ(priced, record.provider != "vllm") << record.model;
      unpriced += !priced;
    }
  }
  EXPECT_GE(models.size(), 10);
  EXPECT_NEAR(samples / total, 0.4, 0.15);
  EXPECT_NEAR(traced / total, 0.07, 0.05);
  EXPECT_NEAR(reported / total, 0.05, 0.04);
  EXPECT_NEAR(unpriced / total, 0.1, 0.06);
  EXPECT_NEAR(on_gpus / total, 0.13, 0.05);
}

TEST_F(DemoFleetTest, LatencyIsLognormalWithAHeavyTail) {
  const auto all = records(9, anchor_ - days{20}, anchor_);
  EXPECT_NEAR(latency_ms(all, 0.95) / latency_ms(all, 0.5), 2.05, 0.3);
  EXPECT_GT(latency_ms(all, 0.9995) / latency_ms(all, 0.5), 8);
  double sum = 0, squares = 0, count = 0;
  for (const auto& record : all) {
    if (!record.input_tokens) continue;
    const double logarithm = std::log(static_cast<double>(*record.input_tokens) /
                                      static_cast<double>(*record.request_count));
    sum += logarithm;
    squares += logarithm * logarithm;
    ++count;
  }
  EXPECT_NEAR(std::exp(sum / count), fleet_.agents()[9].input_tokens, 40);
  EXPECT_NEAR(std::sqrt(squares / count - sum / count * sum / count), 0.6, 0.03);
}

TEST_F(DemoFleetTest, OfficeAgentsKnowDayNightAndWeekend) {
  const auto monday = *parse_rfc3339("2026-09-28T00:00:00Z");
  auto at = [&](int day, int hour) {
    const auto begin = monday + days{day} + hours{hour};
    return static_cast<double>(requests(records(0, begin, begin + hours{3})));
  };
  EXPECT_GT(at(1, 12), 5 * at(1, 1));
  EXPECT_GT(at(1, 12), 3 * at(5, 12));
}

TEST_F(DemoFleetTest, EventsLieInTheirRangeAndInOrder) {
  const auto start = anchor_ - days{30};
  const auto all = fleet_.events(start, anchor_);
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &Event::ts));
  std::map<std::string_view, int> types;
  for (const auto& event : all) ++types[event.type];
  EXPECT_GT(types["deployed"], 100);
  EXPECT_EQ(types["started"], types["deployed"] - 1);
  EXPECT_GE(types["error"], 6);
  EXPECT_EQ(types["stopped"], 1);
  EXPECT_GE(types["annotation"], 6);
  size_t in_pieces = 0;
  for (auto begin = start; begin < anchor_; begin += hours{7}) {
    in_pieces += fleet_.events(begin, std::min(anchor_, begin + hours{7})).size();
  }
  EXPECT_EQ(in_pieces, all.size());
}

}  // namespace
}  // namespace sentinel::demo
