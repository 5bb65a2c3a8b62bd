// GET and POST /api/v1/prices, and their withdrawal.
#include <set>

#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

using models::Role;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Prices : public ContractTest {
 protected:
  static constexpr auto kPath = "/api/v1/prices";
  static constexpr auto kWithdraw = "/api/v1/prices/withdraw";
  std::string model_ = unique_name("priced-model");

  static Answer set(std::string_view body, Headers headers = json_with(admin_key())) {
    return post(kPath, body, headers);
  }
  static std::string refused(std::string_view body) { return problem_of(set(body)); }
  static Json is_set(std::string_view body) {
    EXPECT_EQ(said(Contract::db_api().check_request("POST", kPath, Json::parse(body))), "");
    auto answer = set(body);
    EXPECT_EQ(answer.status, 201) << answer.body;
    return Json::parse(answer.body);
  }
  static Json list(const std::string& query) { return Json::parse(get(kPath, query).body); }
  // "version input" of each price of a question.
  static std::vector<std::string> told(const std::string& query) {
    auto found = list(query);
    std::vector<std::string> prices;
    for (const auto& price : found["prices"].items()) {
      prices.push_back(
          fmt::format("{} {}", price["version"].text(), price["usd_per_million"]["input"].text()));
    }
    return prices;
  }
  std::string price(std::string_view more) const {
    return fmt::format(R"({{"model":"{}",{}}})", model_, more);
  }
};

TEST_F(Prices, ThatAreBundledAreListedByPage) {
  auto first = list("limit=2&provider=anthropic");
  ASSERT_EQ(first["prices"].size(), 2u);
  const auto& price = first["prices"][0];
  EXPECT_EQ(price["provider"].text(), "anthropic");
  EXPECT_EQ(price["source"].text(), "bundled");
  EXPECT_EQ(price["version"].text(), first["version"].text());
  EXPECT_TRUE(price["in_force"].boolean());
  std::set<std::string> rules;
  std::string cursor;
  do {
    auto page = list("limit=2&provider=anthropic" + cursor);
    for (const auto& one : page["prices"].items()) {
      EXPECT_TRUE(rules.insert(one["match"].dump()).second) << one.dump();
    }
    cursor = page["next_cursor"].is_null() ? "" : "&cursor=" + page["next_cursor"].text();
  } while (!cursor.empty());
  EXPECT_EQ(rules.size(), list("limit=1000&provider=anthropic")["prices"].size());
}

TEST_F(Prices, AreFoundByPartOfANameOrByOneTheirRuleIsFor) {
  EXPECT_THAT(told("provider=anthropic&model=no-such-model"), IsEmpty());
  auto named = list("provider=Anthropic&model=Haiku")["prices"];
  ASSERT_GT(named.size(), 0u);
  auto dated = list("provider=anthropic&model=claude-haiku-4-5-20251001")["prices"];
  ASSERT_GT(dated.size(), 0u);
  EXPECT_LT(dated.size(), named.size());
}

TEST_F(Prices, ThatAreSetHereAreChargedAndNamed) {
  auto editor = stack().sign_in_as(Role::Editor);
  auto answer = set(price(R"("provider":"House","input":"3","output":"15.25","cache_read":"0")"),
                    editor.headers());
  ASSERT_EQ(answer.status, 201) << answer.body;
  auto written = Json::parse(answer.body);
  EXPECT_EQ(written["provider"].text(), "house");
  EXPECT_EQ(written["model"].text(), model_);
  EXPECT_EQ(written["match"].dump(), fmt::format(R"({{"equals":"{}"}})", model_));
  EXPECT_TRUE(written["from"].is_null());
  EXPECT_TRUE(written["in_force"].boolean());
  EXPECT_EQ(written["source"].text(), "user");
  EXPECT_EQ(written["usd_per_million"].dump(),
            R"({"input":"3","output":"15.25","cache_read":"0","cache_write":null,)"
            R"("cache_write_1h":null,"reasoning":null,"input_audio":null,"requests":null})");
  EXPECT_EQ(list("model=" + model_)["prices"].dump(), fmt::format("[{}]", written.dump()));
  EXPECT_EQ(list("source=user&limit=1")["prices"][0].dump(), written.dump());
  auto audit = TestDatabase::shared().execute(
      fmt::format("SELECT actor, action FROM sentinel.audit_event WHERE subject = '{}'", model_));
  ASSERT_EQ(audit.size(), 1);
  EXPECT_EQ(audit.text(0, 0), editor.name);
  EXPECT_EQ(audit.text(0, 1), "price_set");
}

TEST_F(Prices, HoldFromTheirTimeOn) {
  auto version = [](const Json& written) { return written["version"].text(); };
  auto old = version(is_set(price(R"("from":"2026-01-01T00:00:00Z","input":"1")")));
  auto now = version(is_set(price(R"("from":"now-1h","input":"2")")));
  auto mistaken = version(is_set(price(R"("from":"2199-01-01T00:00:00Z","input":"3")")));
  auto later = is_set(price(R"("from":"2199-01-01T00:00:00Z","input":"4")"));
  EXPECT_FALSE(later["in_force"].boolean());
  EXPECT_EQ(later["from"].text(), "2199-01-01T00:00:00Z");
  EXPECT_THAT(told("model=" + model_), ElementsAre(version(later) + " 4", now + " 2"));
}

TEST_F(Prices, AreWithdrawn) {
  auto withdraw = [](std::string_view body) {
    return post(kWithdraw, body, json_with(admin_key()));
  };
  auto rule = fmt::format(R"({{"match":{{"starts_with":"{}"}})", model_);
  is_set(rule + R"(,"input":"7"})");
  EXPECT_EQ(told("model=" + model_).size(), 1u);
  auto body = rule + "}";
  EXPECT_EQ(said(Contract::db_api().check_request("POST", kWithdraw, Json::parse(body))), "");
  EXPECT_EQ(withdraw(body).status, 204);
  EXPECT_THAT(told("model=" + model_), IsEmpty());
  EXPECT_THAT(problem_of(withdraw(body)), ::testing::StartsWith("404 price_unknown: "));
  EXPECT_EQ(problem_of(withdraw("{}")),
            "400 model_missing: say which model: model (a name) or match (a rule), and not both");
  EXPECT_EQ(problem_of(withdraw(R"({"model":"a","input":"1"})")),
            "400 field_unknown: there is no field 'input'; there are provider, model, match");
}

TEST_F(Prices, ThatChangedBetweenTwoPagesBeginAgain) {
  auto cursor = list("limit=1")["next_cursor"].text();
  EXPECT_EQ(get(kPath, "limit=1&cursor=" + cursor).status, 200);
  is_set(price(R"("input":"1")"));
  EXPECT_EQ(problem_of(get(kPath, "limit=1&cursor=" + cursor)),
            "400 cursor_outdated: prices changed since the page before; begin again without the "
            "cursor");
  EXPECT_EQ(problem_of(get(kPath, "cursor=x")),
            "400 cursor_invalid: this cursor is not one of ours; begin again without it");
  EXPECT_EQ(problem_of(get(kPath, "source=bundled")),
            "400 parameter_invalid: source is all or user");
}

TEST_F(Prices, AreForEditorsToSet) {
  auto viewer = stack().sign_in_as(Role::Viewer);
  const auto refusal =
      "403 role_refused: " + viewer.name + " has the role viewer, this needs editor";
  EXPECT_EQ(problem_of(set("{}", viewer.headers())), refusal);
  EXPECT_EQ(problem_of(post(kWithdraw, "{}", viewer.headers())), refusal);
  EXPECT_EQ(get(kPath, "limit=1", viewer.headers()).status, 200);
  auto other_site = stack().sign_in_as(Role::Editor).headers();
  other_site["Sec-Fetch-Site"] = "cross-site";
  EXPECT_EQ(problem_of(set("{}", other_site)),
            "403 cross_site_refused: this request comes from a page of another site");
}

TEST_F(Prices, AreNotSetToWhatIsNoPrice) {
  EXPECT_EQ(refused("{}"),
            "400 model_missing: say which model: model (a name) or match (a rule), and not both");
  EXPECT_EQ(refused(R"({"model":"a"})"),
            "400 price_missing: say what input or output tokens cost; 0 is free");
  EXPECT_EQ(refused(R"({"model":"a","input":3})"), "400 field_invalid: input must be a text");
  EXPECT_EQ(refused(R"({"model":"a","input":"-1"})"),
            "400 price_invalid: '-1' is no price: USD per million tokens, 0 to 1000000, with at "
            "most 6 digits behind the point");
  EXPECT_EQ(refused(R"({"model":"a","input":"1","from":"soon"})").substr(0, 17),
            "400 time_invalid:");
  EXPECT_EQ(refused(R"({"match":{"like":"a"},"input":"1"})").substr(0, 18), "400 match_invalid:");
  EXPECT_EQ(refused(R"({"match":"a","input":"1"})"), "400 field_invalid: match must be an object");
  EXPECT_EQ(refused(fmt::format(R"({{"model":"{}","input":"1"}})", std::string(201, 'm'))),
            "400 field_invalid: model has 201 characters, the limit is 200");
  EXPECT_EQ(
      refused(fmt::format(R"({{"model":"a","provider":"{}","input":"1"}})", std::string(201, 'p'))),
      "400 field_invalid: provider has 201 characters, the limit is 200");
}

}  // namespace
}  // namespace sentinel
