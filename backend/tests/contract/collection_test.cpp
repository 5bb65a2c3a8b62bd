// GET /api/v1/collection: how an agent is to be collected.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

class Collection : public ContractTest {
 protected:
  static Answer ask(const std::string& query, Headers headers = bearer(ingest_key())) {
    return kept(Contract::metrics_api(), "GET", "/api/v1/collection",
                http().get("/api/v1/collection" + (query.empty() ? "" : "?" + query), headers));
  }
};

TEST_F(Collection, OfAnAgentThatIsNotKnownYetIsTheFleets) {
  auto fleet = Json::parse(get("/api/v1/configuration").body)["configurations"][0];
  auto body = Json::parse(ask("agent=not%20here%20yet").body);
  EXPECT_EQ(body["agent"].text(), "not here yet");
  EXPECT_EQ(body["interval_s"].number(), fleet["interval_s"].number());
  EXPECT_EQ(body["enabled"].boolean(), fleet["enabled"].boolean());
}

TEST_F(Collection, FollowsAChangeAtOnce) {
  auto agent = unique_name("collected");
  store(fmt::format(R"({{"agent_id":"{}"}})", agent));
  auto change = [&](std::string_view members) {
    auto body = fmt::format(R"({{"agent":"{}",{}}})", agent, members);
    ASSERT_EQ(post("/api/v1/configuration", body, json_with(admin_key())).status, 201);
  };
  change(R"("interval_s":0.5)");
  EXPECT_EQ(ask("agent=" + agent).body,
            fmt::format(R"({{"agent":"{}","enabled":true,"interval_s":0.5}})", agent));
  change(R"("enabled":false)");
  EXPECT_EQ(ask("agent=" + agent).body,
            fmt::format(R"({{"agent":"{}","enabled":false,"interval_s":0.5}})", agent));
}

TEST_F(Collection, NeedsTheNameOfAnAgent) {
  constexpr auto kMissing =
      "400 agent_missing: say which agent: ?agent=NAME, with at most 200 characters";
  EXPECT_EQ(problem_of(ask("")), kMissing);
  EXPECT_EQ(problem_of(ask("agent=")), kMissing);
  EXPECT_EQ(problem_of(ask("agent=" + std::string(801, 'a'))), kMissing);
  EXPECT_EQ(problem_of(ask("agent=%zz")),
            "400 query_invalid: the query string holds a broken percent-encoding");
  EXPECT_EQ(problem_of(ask("agent=a%00b")),
            "400 query_invalid: the query string holds a NUL character or is not UTF-8");
}

TEST_F(Collection, NeedsTheRightKey) {
  EXPECT_EQ(ask("agent=a", {}).status, 401);
  EXPECT_EQ(problem_of(ask("agent=a", bearer("sk_wrong"))),
            "401 key_unknown: this key is not known: it may be mistyped, revoked or expired");
  EXPECT_EQ(problem_of(ask("agent=a", bearer(read_key()))),
            "403 scope_refused: this key has scope read, this needs ingest");
  EXPECT_EQ(ask("agent=a", bearer(admin_key())).status, 200);
}

}  // namespace
}  // namespace sentinel
