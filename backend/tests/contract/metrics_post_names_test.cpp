// Names of agents, hosts and models in one request: those that are known, and those that are new.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

class Names : public ContractTest {
 protected:
  std::string agent_ = unique_name("named");

  // A record of each of these agents, on a host of its own and by a model of its own.
  std::string records(int first, int last) const {
    std::string body = "[";
    for (int i = first; i < last; ++i) {
      body += fmt::format(
          R"({0}{{"agent_id":"{1}-{2}","host":"{1}-h{2}","process_id":{2},"model":"{1}-m{2}"}})",
          i == first ? "" : ",", agent_, i + 1);
    }
    return body + "]";
  }
};

// A service that has just been started has no names in memory.
TEST_F(Names, ThatTheDatabaseKnowsAreTakenInAnyNumber) {
  for (int i = 0; i < 120; i += 24) store(records(i, i + 24));
  const TestStack other(TestStack::all_services());
  auto answer =
      HttpClient(other.port()).post("/api/v1/metrics", records(0, 120), json_with(ingest_key()));
  EXPECT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(Json::parse(answer.body)["rejected"].size(), 0u) << answer.body;
  EXPECT_EQ(rows_of(agent_ + "-1"), 2);
  EXPECT_EQ(rows_of(agent_ + "-120"), 2);
}

TEST_F(Names, ThatAreNewAreTakenUpToALimitAndTheRestIsTold) {
  auto answer = post_metrics(records(0, 120));
  EXPECT_EQ(answer.status, 201) << answer.body;
  auto body = Json::parse(answer.body);
  // Four a record, counting the process.
  EXPECT_EQ(body["accepted"].integer(), 26);
  ASSERT_EQ(body["rejected"].size(), 94u);
  EXPECT_EQ(body["rejected"][0]["index"].integer(), 26);
  EXPECT_EQ(rows_of(agent_ + "-26"), 1);
  // Sent again they are known, and the next are taken.
  answer = post_metrics(records(0, 52));
  EXPECT_EQ(Json::parse(answer.body)["rejected"].size(), 0u) << answer.body;
}

}  // namespace
}  // namespace sentinel
