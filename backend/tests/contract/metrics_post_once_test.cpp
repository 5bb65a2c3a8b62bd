// POST /api/v1/metrics with keys: however often it is sent, it is stored once.
#include <latch>
#include <thread>

#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

class MetricsOnce : public ContractTest {
 protected:
  std::string agent_ = unique_name("metrics-once");

  std::string record(std::string_view record_id = "") const {
    if (record_id.empty()) return fmt::format(R"({{"agent_id":"{}"}})", agent_);
    return fmt::format(R"({{"agent_id":"{}","record_id":"{}"}})", agent_, record_id);
  }

  static std::string counts(const Answer& answer) {
    if (answer.status != 201) return answer.body;
    auto body = Json::parse(answer.body);
    return fmt::format("{} {}", body["accepted"].integer(), body["duplicates"].integer());
  }

  static Headers with_key(std::string key) {
    auto headers = json_with(ingest_key());
    headers["Idempotency-Key"] = std::move(key);
    return headers;
  }
};

TEST_F(MetricsOnce, StoresARepeatedRequestOnce) {
  auto body = "[" + record() + "," + record() + "]";
  auto key = with_key(unique_name("request"));
  EXPECT_EQ(counts(post_metrics(body, key)), "2 0");
  EXPECT_EQ(counts(post_metrics(body, key)), "0 2");
  EXPECT_EQ(counts(post_metrics(body, key)), "0 2");
  EXPECT_EQ(rows_of(agent_), 2);
}

TEST_F(MetricsOnce, StoresOtherRequestsAndOtherKeysAgain) {
  EXPECT_EQ(counts(post_metrics(record(), with_key(unique_name("request")))), "1 0");
  EXPECT_EQ(counts(post_metrics(record(), with_key(unique_name("request")))), "1 0");
  EXPECT_EQ(counts(post_metrics(record())), "1 0");
  EXPECT_EQ(counts(post_metrics(record())), "1 0");
  EXPECT_EQ(rows_of(agent_), 4);
}

TEST_F(MetricsOnce, KeepsTheRequestsOfTwoKeyHoldersApart) {
  auto name = unique_name("request");
  auto other = json_with(admin_key());
  other["Idempotency-Key"] = name;
  EXPECT_EQ(counts(post_metrics(record(), with_key(name))), "1 0");
  EXPECT_EQ(counts(post_metrics(record(), other)), "1 0");
}

TEST_F(MetricsOnce, StoresARepeatedRecordOnceWhoeverSendsIt) {
  EXPECT_EQ(counts(post_metrics(record("r1"))), "1 0");
  EXPECT_EQ(counts(post_metrics(record("r1"))), "0 1");
  EXPECT_EQ(counts(post_metrics(record("r1"), json_with(admin_key()))), "0 1");
  EXPECT_EQ(counts(post_metrics(record("r1"), with_key(unique_name("request")))), "0 1");
  EXPECT_EQ(rows_of(agent_), 1);
}

TEST_F(MetricsOnce, KeepsTheRecordsOfTwoAgentsApart) {
  auto other = unique_name("metrics-once");
  EXPECT_EQ(counts(post_metrics(record("same"))), "1 0");
  EXPECT_EQ(counts(post_metrics(fmt::format(R"({{"agent_id":"{}","record_id":"same"}})", other))),
            "1 0");
}

TEST_F(MetricsOnce, CountsARecordThatARequestHoldsTwice) {
  EXPECT_EQ(counts(post_metrics("[" + record("r") + "," + record("r") + "," + record("s") + "," +
                                record() + "]")),
            "3 1");
  EXPECT_EQ(rows_of(agent_), 3);
}

TEST_F(MetricsOnce, StoresTheRestOfARequestThatBroughtBadRecords) {
  auto key = with_key(unique_name("request"));
  auto bad = fmt::format(R"({{"agent_id":"{}","latency_ms":-1}})", agent_);
  EXPECT_EQ(counts(post_metrics("[" + bad + "," + record() + "]", key)), "1 0");
  // Sent again with the record put right: its position is new, the other's is not.
  EXPECT_EQ(counts(post_metrics("[" + record() + "," + record() + "]", key)), "1 1");
  EXPECT_EQ(rows_of(agent_), 2);
}

// Eight at the same time, again and again: each request is stored by exactly one of them.
TEST_F(MetricsOnce, StoresARequestThatEightSendTogetherOnce) {
  constexpr int kThreads = 8, kRounds = 10;
  auto body = "[" + record() + "," + record() + "," + record() + "]";
  for (int round = 0; round < kRounds; ++round) {
    auto headers = with_key(unique_name("together"));
    std::latch start(kThreads);
    std::array<Answer, kThreads> answers;
    std::vector<std::thread> threads;
    for (auto& answer : answers) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        answer = http().post("/api/v1/metrics", body, headers);
      });
    }
    for (auto& thread : threads) thread.join();
    int64_t accepted = 0, duplicates = 0;
    for (const auto& answer : answers) {
      ASSERT_EQ(answer.status, 201) << answer.body;
      accepted += Json::parse(answer.body)["accepted"].integer();
      duplicates += Json::parse(answer.body)["duplicates"].integer();
    }
    EXPECT_EQ(accepted, 3);
    EXPECT_EQ(duplicates, 3 * (kThreads - 1));
    EXPECT_EQ(rows_of(agent_), 3 * (round + 1));
  }
}

// Overlapping sets of keys in different orders: what could wait for each other in a circle.
TEST_F(MetricsOnce, StoresRecordsThatManySendInDifferentOrdersOnce) {
  constexpr int kThreads = 6, kRecords = 200;
  std::latch start(kThreads);
  std::vector<std::thread> threads;
  std::atomic<int64_t> accepted = 0;
  std::array<int, kThreads> statuses{};
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      std::string body = "[";
      for (int i = 0; i < kRecords; ++i) {
        int id = thread % 2 ? kRecords - 1 - i : i;
        body += (i ? "," : "") + record(fmt::format("id{}", id));
      }
      start.arrive_and_wait();
      auto answer = http().post("/api/v1/metrics", body + "]", json_with(ingest_key()));
      statuses[static_cast<size_t>(thread)] = answer.status;
      if (answer.status == 201) accepted += Json::parse(answer.body)["accepted"].integer();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(statuses, ::testing::Each(201));
  EXPECT_EQ(accepted, kRecords);
  EXPECT_EQ(rows_of(agent_), kRecords);
}

}  // namespace
}  // namespace sentinel
