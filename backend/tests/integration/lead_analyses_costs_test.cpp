// "What do our agents cost?": a lead sees cost by agent, exact to the last digit, and what has no
// price.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/journey.hpp"

namespace sentinel {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using namespace sentinel::testing;

TEST(LeadAnalysesCosts, AddsUpExactlyForEachAgentAndForAll) {
  auto cheap = unique_name("cheap"), dear = unique_name("dear");
  auto begin = Timestamp{std::chrono::floor<minutes>(now()) - minutes{30}};
  std::string records = "[";
  // A thousand times a cost that no binary fraction holds: added as floats, the sum would be off.
  for (int i = 0; i < 1000; ++i) {
    records += Reporter::record(cheap, begin + seconds{i}, R"("cost_usd":0.0001)") + ",";
    records +=
        Reporter::record(dear, begin + seconds{i}, R"("cost_per_request":0.0217,"model":"big")") +
        ",";
  }
  records.back() = ']';
  Reporter().post("/api/v1/metrics", records);
  auto lead = TestStack::shared().sign_in_as(models::Role::Viewer);
  auto query = fmt::format(
      "/api/v1/"
      "metrics?agent={}&agent={}&metric=cost_usd:sum&metric=requests:sum&step=1h&start={}&end=now",
      cheap, dear, format_rfc3339(begin));
  auto by_agent = ask(lead, query);
  auto total = [](const Json& series) {
    double sum = 0;
    for (const auto& value : series["values"].items()) sum += value.is_null() ? 0 : value.number();
    return sum;
  };
  ASSERT_EQ(by_agent["series"].size(), 4u);
  EXPECT_NEAR(total(by_agent["series"][0]), 0.1, 1e-12);
  EXPECT_EQ(total(by_agent["series"][1]), 1000);
  EXPECT_NEAR(total(by_agent["series"][2]), 21.7, 1e-12);
  auto together = ask(lead, query + "&group_by=none");
  ASSERT_EQ(together["series"].size(), 2u);
  EXPECT_NEAR(total(together["series"][0]), 21.8, 1e-12);
  EXPECT_TRUE(together["series"][0]["agent"].is_null());
}

TEST(LeadAnalysesCosts, TellsUnpricedUsageFromNoCost) {
  auto agent = unique_name("unpriced");
  Reporter().post("/api/v1/metrics",
                  "[" + Reporter::record(agent, now(), R"("model":"unknown","input_tokens":10)") +
                      "," + Reporter::record(agent, now(), R"("cost_usd":0)") + "]");
  auto lead = TestStack::shared().sign_in_as(models::Role::Viewer);
  auto answer = TestStack::shared().http().get(
      fmt::format("/api/v1/export?agent={}&column=cost_usd&column=cost_source", agent),
      lead.headers());
  EXPECT_THAT(answer.body, ::testing::AnyOf("cost_usd,cost_source\r\n,unpriced\r\n0,reported\r\n",
                                            "cost_usd,cost_source\r\n0,reported\r\n,unpriced\r\n"));
}

}  // namespace
}  // namespace sentinel
