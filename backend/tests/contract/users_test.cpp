// GET and POST /api/v1/users, and their revisions.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

using models::Role;

class Users : public ContractTest {
 protected:
  static constexpr auto kPath = "/api/v1/users";
  static constexpr auto kRevise = "/api/v1/users/{id}/revisions";
  static constexpr auto kPassword = "a long enough one";

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
  static Answer revise(const std::string& id, std::string_view body,
                       Headers headers = json_with(admin_key())) {
    return kept(Contract::db_api(), "POST", kRevise,
                http().post(fmt::format("/api/v1/users/{}/revisions", id), body, headers));
  }
  static Answer sign_in(std::string_view body) { return post("/api/v1/sign-in", body, {}); }
  static Answer sign_in_as(const std::string& name) {
    return sign_in(fmt::format(R"({{"name":"{}","password":"{}"}})", name, kPassword));
  }
  static Headers cookie_of(const Answer& answer) {
    auto set = std::string(answer.header("set-cookie"));
    return {{"Cookie", set.substr(0, set.find(';'))}};
  }
  static Json list(const std::string& query) {
    return Json::parse(get(kPath, query, bearer(admin_key())).body);
  }
  // The user of a name, as the list shows it.
  static std::string listed(const std::string& name) {
    auto all = list("limit=1000");
    for (const auto& user : all["users"].items()) {
      if (user["name"].text() == name) return user.dump();
    }
    return "";
  }
  static std::string id_of(const std::string& name) {
    return std::string(
        TestDatabase::shared()
            .execute(fmt::format("SELECT user_id FROM sentinel.app_user WHERE name = '{}'", name))
            .text(0, 0));
  }
  // "actor detail" of what was done to somebody.
  static std::string audited(const std::string& action, const std::string& subject) {
    auto rows = TestDatabase::shared().execute(fmt::format(
        "SELECT actor, detail FROM sentinel.audit_event WHERE action = '{}' AND subject = '{}'",
        action, subject));
    std::string found;
    for (int row = 0; row < rows.size(); ++row) {
      found += fmt::format("{} {};", rows.text(row, 0), rows.text(row, 1));
    }
    return found;
  }
};

TEST_F(Users, AreMadeWithAPassword) {
  auto admin = stack().sign_in_as(Role::Admin);
  auto name = unique_name("made");
  auto answer =
      create(fmt::format(R"({{"name":"{}","role":"editor","password":"{}"}})", name, kPassword),
             admin.headers());
  ASSERT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(answer.header("cache-control"), "no-store");
  auto user = Json::parse(answer.body);
  EXPECT_EQ(user["name"].text(), name);
  EXPECT_EQ(user["role"].text(), "editor");
  EXPECT_TRUE(user["enabled"].boolean());
  EXPECT_TRUE(user["has_password"].boolean());
  EXPECT_TRUE(user["signed_in_at"].is_null());
  EXPECT_TRUE(user["link"].is_null());
  EXPECT_EQ(audited("user_created", name), admin.name + R"( {"role": "editor"};)");
  auto session = sign_in_as(name);
  ASSERT_EQ(session.status, 200) << session.body;
  EXPECT_EQ(Json::parse(session.body)["role"].text(), "editor");
  auto shown = Json::parse(listed(name));
  EXPECT_FALSE(shown["signed_in_at"].is_null());
  EXPECT_FALSE(shown.has("link"));
}

TEST_F(Users, AreInvitedByALink) {
  auto admin = stack().sign_in_as(Role::Admin);
  auto name = unique_name("invited");
  auto answer = create(fmt::format(R"({{"name":"{}","role":"viewer"}})", name), admin.headers());
  ASSERT_EQ(answer.status, 201) << answer.body;
  auto user = Json::parse(answer.body);
  EXPECT_FALSE(user["has_password"].boolean());
  EXPECT_EQ(audited("link_created", name), admin.name + " {};");
  auto link = fmt::format(R"({{"link":"{}"}})", user["link"].text());
  auto session = sign_in(link);
  ASSERT_EQ(session.status, 200) << session.body;
  EXPECT_EQ(Json::parse(session.body)["role"].text(), "viewer");
  EXPECT_EQ(sign_in(link).status, 401);
}

TEST_F(Users, AreDisabledAndEnabled) {
  auto person = stack().sign_in_as(Role::Viewer);
  const auto id = id_of(person.name);
  EXPECT_EQ(get("/api/v1/me", "", person.headers()).status, 200);
  auto admin = stack().sign_in_as(Role::Admin);
  auto answer = revise(id, R"({"enabled":false})", admin.headers());
  ASSERT_EQ(answer.status, 201) << answer.body;
  EXPECT_FALSE(Json::parse(answer.body)["enabled"].boolean());
  EXPECT_EQ(Json::parse(answer.body)["role"].text(), "viewer");
  EXPECT_EQ(listed(person.name), answer.body);
  EXPECT_EQ(get("/api/v1/me", "", person.headers()).status, 401);
  auto again = fmt::format(R"({{"name":"{}","password":"{}"}})", person.name, person.password);
  EXPECT_EQ(sign_in(again).status, 401);
  EXPECT_EQ(revise(id, R"({"enabled":true})", admin.headers()).status, 201);
  EXPECT_EQ(sign_in(again).status, 200);
  EXPECT_EQ(audited("user_changed", person.name),
            fmt::format(R"({0} {{"role": "viewer", "enabled": false}};)"
                        R"({0} {{"role": "viewer", "enabled": true}};)",
                        admin.name));
}

TEST_F(Users, AreGivenAnotherRole) {
  auto person = stack().sign_in_as(Role::Viewer);
  EXPECT_EQ(get("/api/v1/me", "", person.headers()).status, 200);
  EXPECT_EQ(revise(id_of(person.name), R"({"role":"editor"})").status, 201);
  EXPECT_EQ(Json::parse(get("/api/v1/me", "", person.headers()).body)["role"].text(), "editor");
  auto again = fmt::format(R"({{"name":"{}","password":"{}"}})", person.name, person.password);
  EXPECT_EQ(sign_in(again).status, 200);
}

TEST_F(Users, CannotShutThemselvesOut) {
  auto admin = stack().sign_in_as(Role::Admin);
  const auto id = id_of(admin.name);
  constexpr auto kRefused =
      "409 user_is_you: this is you: another admin can disable you or take the role away";
  EXPECT_EQ(problem_of(revise(id, R"({"enabled":false})", admin.headers())), kRefused);
  EXPECT_EQ(problem_of(revise(id, R"({"role":"viewer"})", admin.headers())), kRefused);
  EXPECT_EQ(revise(id, R"({"role":"admin","enabled":true})", admin.headers()).status, 201);
}

TEST_F(Users, StayDisabledWhateverPasswordTheySetMeanwhile) {
  auto person = stack().sign_in_as(Role::Viewer);
  EXPECT_EQ(get("/api/v1/me", "", person.headers()).status, 200);
  const auto id = id_of(person.name);
  HttpConnection changing(stack().port());
  auto headers = person.headers();
  headers["Connection"] = "close";
  changing.send(sentinel::testing::to_wire(
      "POST", "/api/v1/me/password",
      fmt::format(R"({{"current":"{}","password":"{}"}})", person.password, kPassword), headers));
  EXPECT_EQ(revise(id, R"({"enabled":false})").status, 201);
  changing.read_answer();
  EXPECT_FALSE(Json::parse(listed(person.name))["enabled"].boolean());
}

TEST_F(Users, ComeByPageByName) {
  const auto prefix = unique_name("page-of-users");
  for (std::string_view suffix : {"c", "a", "b"}) {
    created(fmt::format(R"({{"name":"{}-{}","role":"viewer"}})", prefix, suffix));
  }
  auto first = list("limit=2&cursor=" + prefix);
  ASSERT_EQ(first["users"].size(), 2u);
  EXPECT_EQ(first["users"][0]["name"].text(), prefix + "-a");
  EXPECT_EQ(first["next_cursor"].text(), prefix + "-b");
  auto second = list("limit=1&cursor=" + first["next_cursor"].text());
  EXPECT_EQ(second["users"][0]["name"].text(), prefix + "-c");
  EXPECT_TRUE(list("limit=1000")["next_cursor"].is_null());
  EXPECT_EQ(problem_of(get(kPath, "limit=0", bearer(admin_key()))),
            "400 parameter_invalid: limit '0' must be an integer from 1 to 1000");
}

TEST_F(Users, AreForAdmins) {
  auto editor = stack().sign_in_as(Role::Editor);
  const auto refusal =
      "403 role_refused: " + editor.name + " has the role editor, this needs admin";
  EXPECT_EQ(problem_of(get(kPath, "", editor.headers())), refusal);
  EXPECT_EQ(problem_of(create("{}", editor.headers())), refusal);
  EXPECT_EQ(problem_of(revise(id_of(editor.name), R"({"role":"admin"})", editor.headers())),
            refusal);
  auto other_site = stack().sign_in_as(Role::Admin).headers();
  other_site["Sec-Fetch-Site"] = "cross-site";
  EXPECT_EQ(problem_of(create("{}", other_site)),
            "403 cross_site_refused: this request comes from a page of another site");
}

TEST_F(Users, AreNotMadeOfWhatIsNoUser) {
  EXPECT_EQ(refused("{}"), "400 field_missing: name is missing");
  EXPECT_EQ(refused(R"({"name":"a"})"), "400 field_missing: role is missing");
  EXPECT_EQ(refused(R"({"name":"a","role":"owner"})"),
            "400 field_invalid: role must be viewer, editor or admin");
  EXPECT_EQ(refused(R"({"name":"","role":"viewer"})"),
            "400 field_invalid: the name of the user has 0 characters, 1 to 200 are allowed");
  EXPECT_EQ(refused(R"({"name":"a","role":"viewer","password":"short"})"),
            "400 field_invalid: the password has 5 characters, 12 to 1000 are allowed");
  auto taken = stack().sign_in_as(Role::Viewer).name;
  EXPECT_EQ(refused(fmt::format(R"({{"name":"{}","role":"admin"}})", taken)),
            fmt::format("409 user_exists: there is a user '{}' already", taken));
  const auto id = id_of(taken);
  EXPECT_EQ(problem_of(revise(id, R"({"enabled":"no"})")),
            "400 field_invalid: enabled must be true or false");
  EXPECT_EQ(problem_of(revise(id, R"({"name":"other"})")),
            "400 field_unknown: there is no field 'name'; there are role, enabled");
  EXPECT_EQ(problem_of(revise("nobody", "{}")), "404 user_unknown: there is no user 'nobody'");
  EXPECT_EQ(problem_of(revise("00000000-0000-4000-8000-000000000000", "{}")),
            "404 user_unknown: there is no user 00000000-0000-4000-8000-000000000000");
}

}  // namespace
}  // namespace sentinel
