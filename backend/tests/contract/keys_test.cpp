// GET and POST /api/v1/keys, and their revocation.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

using models::Role;

class Keys : public ContractTest {
 protected:
  static constexpr auto kPath = "/api/v1/keys";
  static constexpr auto kRevoke = "/api/v1/keys/{id}/revoke";

  static Answer create(std::string_view body, Headers headers = json_with(admin_key())) {
    return post(kPath, body, headers);
  }
  static std::string refused(std::string_view body) { return problem_of(create(body)); }
  static Json created(std::string_view body) {
    EXPECT_EQ(said(Contract::db_api().check_request("POST", kPath, Json::parse(body))), "");
    auto answer = create(body);
    EXPECT_EQ(answer.status, 201) << answer.body;
    return Json::parse(answer.body);
  }
  static Answer revoke(const std::string& id, Headers headers = bearer(admin_key())) {
    return kept(Contract::db_api(), "POST", kRevoke,
                http().post(fmt::format("/api/v1/keys/{}/revoke", id), "", headers));
  }
  static Json list(const std::string& query = "limit=1000") {
    return Json::parse(get(kPath, query, bearer(admin_key())).body);
  }
  // The key of that id in the whole list, as text.
  static std::string listed(const std::string& id) {
    auto all = list();
    for (const auto& key : all["keys"].items()) {
      if (key["key_id"].text() == id) return key.dump();
    }
    return "";
  }
  static std::string audited(const std::string& action, const std::string& subject) {
    auto rows = TestDatabase::shared().execute(
        fmt::format("SELECT actor FROM sentinel.audit_event WHERE action = '{}' AND subject = '{}'",
                    action, subject));
    std::string actors;
    for (int row = 0; row < rows.size(); ++row) actors.append(rows.text(row, 0)).append(";");
    return actors;
  }
};

TEST_F(Keys, AreMadeByAnAdminAndShownOnce) {
  auto admin = stack().sign_in_as(Role::Admin);
  auto name = unique_name("made");
  auto answer = create(
      fmt::format(R"({{"name":"{}","scope":"ingest","agents":["a","b"],"records_per_second":5,)"
                  R"("expires_at":"2099-01-01T00:00:00Z"}})",
                  name),
      admin.headers());
  ASSERT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(answer.header("cache-control"), "no-store");
  auto key = Json::parse(answer.body);
  EXPECT_EQ(key["name"].text(), name);
  EXPECT_EQ(key["scope"].text(), "ingest");
  EXPECT_EQ(key["agents"].dump(), R"(["a","b"])");
  EXPECT_EQ(key["records_per_second"].integer(), 5);
  EXPECT_EQ(key["state"].text(), "active");
  EXPECT_EQ(key["created_by"].text(), admin.name);
  EXPECT_EQ(key["expires_at"].text(), "2099-01-01T00:00:00Z");
  EXPECT_TRUE(key["revoked_at"].is_null());
  EXPECT_THAT(key["token"].text(), ::testing::MatchesRegex("sk_[0-9a-f]+"));
  EXPECT_EQ(audited("key_created", name), admin.name + ";");
  const auto shown = listed(key["key_id"].text());
  EXPECT_THAT(shown, ::testing::HasSubstr(name));
  EXPECT_THAT(shown, ::testing::Not(::testing::HasSubstr("token")));
}

TEST_F(Keys, OpenWhatTheirScopeSays) {
  auto key = created(fmt::format(R"({{"name":"{}","scope":"read"}})", unique_name("reads")));
  EXPECT_EQ(key["agents"].dump(), "[]");
  EXPECT_TRUE(key["records_per_second"].is_null());
  EXPECT_TRUE(key["expires_at"].is_null());
  EXPECT_EQ(get("/api/v1/me", "", bearer(key["token"].text())).status, 200);
  auto writes = created(
      fmt::format(R"({{"name":"{}","scope":"ingest","agents":["keys-own"]}})", unique_name("w")));
  EXPECT_EQ(post_metrics(R"({"agent_id":"keys-own"})", json_with(writes["token"].text())).status,
            201);
  EXPECT_EQ(post_metrics(R"({"agent_id":"keys-other"})", json_with(writes["token"].text())).status,
            400);
}

TEST_F(Keys, AreRefusedOnceRevoked) {
  auto name = unique_name("revoked");
  auto key = created(fmt::format(R"({{"name":"{}","scope":"read"}})", name));
  const auto id = key["key_id"].text();
  auto admin = stack().sign_in_as(Role::Admin);
  auto answer = revoke(id, admin.headers());
  ASSERT_EQ(answer.status, 200) << answer.body;
  auto told = Json::parse(answer.body);
  EXPECT_EQ(told["state"].text(), "revoked");
  EXPECT_EQ(told["revoked_by"].text(), admin.name);
  EXPECT_EQ(listed(id), told.dump());
  EXPECT_EQ(get("/api/v1/me", "", bearer(key["token"].text())).status, 401);
  EXPECT_EQ(problem_of(revoke(id)),
            fmt::format("409 key_revoked: the key '{}' is revoked already", name));
  EXPECT_EQ(audited("key_revoked", name), admin.name + ";");
  // Another of that name may follow.
  EXPECT_EQ(created(fmt::format(R"({{"name":"{}","scope":"read"}})", name))["state"].text(),
            "active");
}

TEST_F(Keys, ThatDoNotExistCannotBeRevoked) {
  EXPECT_EQ(problem_of(revoke("nothing")), "404 key_unknown: there is no key 'nothing'");
  EXPECT_EQ(problem_of(revoke("00000000-0000-4000-8000-000000000000")),
            "404 key_unknown: there is no key 00000000-0000-4000-8000-000000000000");
}

TEST_F(Keys, ThatAreOverSaySo) {
  TestDatabase::shared().execute(
      "INSERT INTO sentinel.api_key (name, scope, hash, created_by, expires_at) VALUES "
      "('keys-over', 'read', sha256('keys-over'), 'test', now() - interval '1 second')");
  auto all = list();
  std::string state;
  for (const auto& key : all["keys"].items()) {
    if (key["name"].text() == "keys-over") state = key["state"].text();
  }
  EXPECT_EQ(state, "expired");
}

TEST_F(Keys, ComeByPageTheNewestFirst) {
  std::vector<std::string> made;
  for (int i = 0; i < 3; ++i) {
    made.push_back(
        created(fmt::format(R"({{"name":"{}","scope":"read"}})", unique_name("paged")))["key_id"]
            .text());
  }
  auto first = list("limit=2");
  ASSERT_EQ(first["keys"].size(), 2u);
  EXPECT_EQ(first["keys"][0]["key_id"].text(), made[2]);
  EXPECT_EQ(first["keys"][1]["key_id"].text(), made[1]);
  auto second = list("limit=2&cursor=" + first["next_cursor"].text());
  EXPECT_EQ(second["keys"][0]["key_id"].text(), made[0]);
  EXPECT_TRUE(list()["next_cursor"].is_null());
  auto ask = [](const std::string& query) {
    return problem_of(get(kPath, query, bearer(admin_key())));
  };
  EXPECT_EQ(ask("cursor=x"),
            "400 cursor_invalid: this cursor is not one of ours; begin again without it");
  EXPECT_EQ(ask("limit=1001"),
            "400 parameter_invalid: limit '1001' must be an integer from 1 to 1000");
  EXPECT_EQ(ask("name=a"),
            "400 parameter_unknown: there is no parameter 'name' here; there are limit, cursor");
}

TEST_F(Keys, AreForAdmins) {
  auto editor = stack().sign_in_as(Role::Editor);
  const auto refusal =
      "403 role_refused: " + editor.name + " has the role editor, this needs admin";
  EXPECT_EQ(problem_of(get(kPath, "", editor.headers())), refusal);
  EXPECT_EQ(problem_of(create("{}", editor.headers())), refusal);
  EXPECT_EQ(problem_of(revoke("nothing", editor.headers())), refusal);
  EXPECT_EQ(get(kPath, "", bearer(read_key())).status, 403);
  auto other_site = stack().sign_in_as(Role::Admin).headers();
  other_site["Sec-Fetch-Site"] = "cross-site";
  EXPECT_EQ(problem_of(create("{}", other_site)),
            "403 cross_site_refused: this request comes from a page of another site");
}

TEST_F(Keys, AreNotMadeOfWhatIsNoKey) {
  EXPECT_EQ(refused("{}"), "400 field_missing: name is missing");
  EXPECT_EQ(refused(R"({"name":"a"})"), "400 field_missing: scope is missing");
  EXPECT_EQ(refused("[]"), "400 json_invalid: the body must be a JSON object");
  EXPECT_EQ(refused(R"({"name":"a","scope":"write"})"),
            "400 field_invalid: scope must be ingest, read or admin");
  EXPECT_EQ(refused(R"({"name":1,"scope":"read"})"), "400 field_invalid: name must be a text");
  EXPECT_EQ(refused(R"({"name":"","scope":"read"})"),
            "400 field_invalid: the name of the key has 0 characters, 1 to 200 are allowed");
  EXPECT_EQ(refused(R"({"name":"a","scope":"read","agents":["b"]})"),
            "400 agents_not_allowed: a key of scope read reaches every agent: only keys of scope "
            "ingest may be limited to some");
  EXPECT_EQ(refused(R"({"name":"a","scope":"ingest","agents":"b"})"),
            "400 field_invalid: agents must be a list of texts");
  EXPECT_EQ(refused(R"({"name":"a","scope":"ingest","agents":["b",1]})"),
            "400 field_invalid: agents[1] must be a text");
  EXPECT_EQ(refused(R"({"name":"a","scope":"ingest","records_per_second":-1})"),
            "400 field_invalid: records_per_second must be an integer from 0 to 1000000");
  EXPECT_EQ(refused(R"({"name":"a","scope":"read","records_per_second":1})"),
            "400 rate_invalid: a rate is records a second from 0 (any number) on, of a key of "
            "scope ingest");
  EXPECT_EQ(refused(R"({"name":"a","scope":"read","expires_at":"2020-01-01T00:00:00Z"})"),
            "400 expiry_invalid: a key cannot expire at 2020-01-01T00:00:00Z, which is over");
  EXPECT_EQ(refused(R"({"name":"a","scope":"read","expires_at":"tomorrow"})").substr(0, 17),
            "400 time_invalid:");
  EXPECT_EQ(refused(R"({"name":"a","scope":"read","hash":"x"})"),
            "400 field_unknown: there is no field 'hash'; there are name, scope, agents, "
            "records_per_second, expires_at");
  auto name = unique_name("taken");
  const auto body = fmt::format(R"({{"name":"{}","scope":"read"}})", name);
  created(body);
  EXPECT_EQ(refused(body),
            fmt::format("409 key_exists: a key named '{}' is in force: revoke it or take another "
                        "name",
                        name));
}

}  // namespace
}  // namespace sentinel
