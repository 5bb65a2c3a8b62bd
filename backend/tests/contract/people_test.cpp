// Signing in and out, passwords and views, as a browser does it.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

using ::testing::HasSubstr;

class People : public ContractTest {
 protected:
  static Answer sign_in(const std::string& name, const std::string& password) {
    auto body = fmt::format(R"({{"name":"{}","password":"{}"}})", name, password);
    EXPECT_EQ(said(Contract::db_api().check_request("POST", "/api/v1/sign-in", Json::parse(body))),
              "");
    return post("/api/v1/sign-in", body, {});
  }

  // The Cookie header that a browser would send after this answer.
  static Headers cookie_of(const Answer& answer) {
    auto set = std::string(answer.header("set-cookie"));
    return {{"Cookie", set.substr(0, set.find(';'))}};
  }

  static Answer me(const Headers& headers) { return get("/api/v1/me", "", headers); }
  static std::string refused_sign_in(std::string_view body) {
    return problem_of(post("/api/v1/sign-in", body, {}));
  }
};

TEST_F(People, SignInWithTheirPassword) {
  auto person = stack().sign_in_as(models::Role::Editor);
  auto answer = sign_in(person.name, person.password);
  ASSERT_EQ(answer.status, 200) << answer.body;
  auto told = Json::parse(answer.body);
  EXPECT_EQ(told["name"].text(), person.name);
  EXPECT_EQ(told["role"].text(), "editor");
  EXPECT_TRUE(told["has_password"].boolean());
  EXPECT_FALSE(told["demo"].boolean());
  EXPECT_EQ(told["version"].text(), SENTINEL_VERSION);
  EXPECT_EQ(answer.header("cache-control"), "no-store");
  EXPECT_EQ(me(cookie_of(answer)).body, answer.body);
}

TEST_F(People, GetACookieThatScriptsAndOtherSitesCannotUse) {
  auto person = stack().sign_in_as(models::Role::Viewer);
  auto set = std::string(sign_in(person.name, person.password).header("set-cookie"));
  EXPECT_THAT(
      set,
      ::testing::MatchesRegex(
          "sentinel_session=ss_[0-9a-f]+; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000"));
}

TEST_F(People, GetASecureCookieUnderTls) {
  auto options = TestStack::all_services();
  options.worker.reset();
  options.db_api_options.secure_cookies = true;
  TestStack secure(std::move(options));
  auto person = secure.sign_in_as(models::Role::Viewer);
  auto answer = secure.http().post(
      "/api/v1/sign-in",
      fmt::format(R"({{"name":"{}","password":"{}"}})", person.name, person.password));
  EXPECT_THAT(std::string(answer.header("set-cookie")), ::testing::EndsWith("; Secure"));
}

// Whoever fails behind a proxy is limited, not everybody who comes through it.
TEST_F(People, AreLimitedByWhoTheProxySaysTheyAre) {
  auto options = TestStack::all_services();
  options.worker.reset();
  options.db_api_options.behind_proxy = true;
  TestStack proxied(std::move(options));
  auto sign_in_from = [&](const char* address) {
    return proxied.http()
        .post("/api/v1/sign-in",
              fmt::format(R"({{"name":"{}","password":"wrong wrong"}})", unique_name("nobody")),
              {{"X-Forwarded-For", address}})
        .status;
  };
  int status = 0;
  for (int i = 0; i < 50 && status != 429; ++i) status = sign_in_from("198.51.100.1, 203.0.113.7");
  EXPECT_EQ(status, 429);
  EXPECT_EQ(sign_in_from("203.0.113.8, 203.0.113.7"), 429);
  EXPECT_EQ(sign_in_from("203.0.113.7, 203.0.113.8"), 401);
}

TEST_F(People, SignInByALinkOnceAndThenSetAPassword) {
  auto person = stack().sign_in_as(models::Role::Admin);
  auto link = fmt::format(R"({{"link":"{}"}})", stack().make_link(person.name));
  auto answer = post("/api/v1/sign-in", link, {});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(Json::parse(answer.body)["role"].text(), "admin");
  EXPECT_EQ(me(cookie_of(answer)).status, 200);
  EXPECT_EQ(refused_sign_in(link),
            "401 link_used: this link was used already: run `sentinel link` for a new one");
}

TEST_F(People, BecomeAnAdminByTheFirstLinkOfTheirName) {
  auto name = unique_name("newcomer");
  auto answer =
      post("/api/v1/sign-in", fmt::format(R"({{"link":"{}"}})", stack().make_link(name)), {});
  ASSERT_EQ(answer.status, 200) << answer.body;
  auto told = Json::parse(answer.body);
  EXPECT_EQ(told["name"].text(), name);
  EXPECT_EQ(told["role"].text(), "admin");
  EXPECT_FALSE(told["has_password"].boolean());
  auto cookie = cookie_of(answer);
  EXPECT_EQ(post("/api/v1/me/password", R"({"password":"a long enough one"})", cookie).status, 204);
  EXPECT_EQ(sign_in(name, "a long enough one").status, 200);
}

TEST_F(People, AreRefusedAlikeWhateverIsWrong) {
  auto person = stack().sign_in_as(models::Role::Viewer);
  constexpr auto kRefused =
      "401 sign_in_refused: name and password do not match an account that may sign in";
  auto wrong = sign_in(person.name, "not the password");
  EXPECT_EQ(problem_of(wrong), kRefused);
  EXPECT_EQ(wrong.header("set-cookie"), "");
  EXPECT_EQ(problem_of(sign_in("nobody of that name", "not the password")), kRefused);
  EXPECT_EQ(refused_sign_in(R"({"link":"sl_0"})"),
            "401 link_unknown: this link is not known: run `sentinel link` for a new one");
}

TEST_F(People, AreRefusedABodyThatIsNoSignIn) {
  constexpr auto kMissing = "400 field_missing: send name and password, or link alone";
  EXPECT_EQ(refused_sign_in("{}"), kMissing);
  EXPECT_EQ(refused_sign_in(R"({"name":"a"})"), kMissing);
  EXPECT_EQ(refused_sign_in(R"({"link":"a","name":"b"})"), kMissing);
  EXPECT_EQ(refused_sign_in("nonsense"),
            "400 json_invalid: the body must be a JSON object of texts");
  EXPECT_EQ(refused_sign_in(R"({"name":1,"password":"x"})"),
            "400 field_invalid: name must be a text");
  EXPECT_EQ(refused_sign_in(R"({"user":"a"})"), "400 field_unknown: there is no field 'user'");
  EXPECT_EQ(
      refused_sign_in(fmt::format(R"({{"name":"{}","password":"x"}})", std::string(201, 'n'))),
      "400 field_invalid: the name has 201 characters, 1 to 200 are allowed");
  EXPECT_EQ(refused_sign_in(R"({"name":"","password":"x"})"),
            "400 field_invalid: the name has 0 characters, 1 to 200 are allowed");
}

TEST_F(People, HaveToWaitAfterTooManyAttempts) {
  auto person = stack().sign_in_as(models::Role::Viewer);
  Answer answer;
  for (int i = 0; i < 50 && answer.status != 429; ++i)
    answer = sign_in(person.name, "not the password");
  ASSERT_EQ(answer.status, 429);
  EXPECT_THAT(
      problem_of(answer),
      ::testing::MatchesRegex(
          "429 too_many_attempts: too many failed attempts to sign in; try again in [0-9]+ min"));
  EXPECT_EQ(answer.header("retry-after"), "1");
  EXPECT_EQ(sign_in(person.name, person.password).status, 429);  // also with the right one
}

TEST_F(People, SignOutOfThatSessionAlone) {
  auto person = stack().sign_in_as(models::Role::Viewer);
  auto second = cookie_of(sign_in(person.name, person.password));
  auto answer = post("/api/v1/sign-out", "", person.headers());
  EXPECT_EQ(answer.status, 204);
  EXPECT_THAT(std::string(answer.header("set-cookie")),
              HasSubstr("sentinel_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"));
  EXPECT_EQ(problem_of(me(person.headers())),
            "401 session_unknown: this session is over, or never was; sign in again");
  EXPECT_EQ(me(second).status, 200);
}

TEST_F(People, ChangeTheirPasswordWithTheOldOne) {
  auto person = stack().sign_in_as(models::Role::Viewer);
  auto set = [&](std::string_view body) {
    return post("/api/v1/me/password", body, person.headers());
  };
  EXPECT_EQ(problem_of(set(R"({"password":"a new long password"})")),
            "400 current_missing: current is missing: changing a password takes the one in force");
  EXPECT_EQ(problem_of(set(R"({"current":"wrong","password":"a new long password"})")),
            "403 password_wrong: the current password is another one");
  EXPECT_EQ(
      problem_of(set(fmt::format(R"({{"current":"{}","password":"short"}})", person.password))),
      "400 field_invalid: the password has 5 characters, 12 to 1000 are allowed");
  EXPECT_EQ(problem_of(set("{}")), "400 field_missing: password is missing");
  EXPECT_EQ(
      set(fmt::format(R"({{"current":"{}","password":"a new long password"}})", person.password))
          .status,
      204);
  EXPECT_EQ(sign_in(person.name, person.password).status, 401);
  EXPECT_EQ(sign_in(person.name, "a new long password").status, 200);
}

TEST_F(People, KeepViewsOfTheirOwn) {
  auto person = stack().sign_in_as(models::Role::Viewer),
       other = stack().sign_in_as(models::Role::Viewer);
  auto save = [&](std::string_view body) {
    return post("/api/v1/me/views", body, person.headers());
  };
  auto body = R"({"name":"costs \"by\" day","path":"/","query":"range=now-30d&x=%20"})";
  EXPECT_EQ(said(Contract::db_api().check_request("POST", "/api/v1/me/views", Json::parse(body))),
            "");
  auto answer = save(body);
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(Json::parse(answer.body).dump(), Json::parse(body).dump());
  EXPECT_EQ(save(R"({"name":"agents","path":"/agents","query":""})").status, 201);
  EXPECT_EQ(save(R"({"name":"agents","path":"/agents/7","query":"a=1"})").status, 201);
  auto views = Json::parse(get("/api/v1/me/views", "", person.headers()).body)["views"];
  EXPECT_EQ(views.dump(),
            R"([{"name":"agents","path":"/agents/7","query":"a=1"},)"
            R"({"name":"costs \"by\" day","path":"/","query":"range=now-30d&x=%20"}])");
  EXPECT_EQ(get("/api/v1/me/views", "", other.headers()).body, R"({"views":[]})");
}

TEST_F(People, AreToldWhyAViewIsNotKept) {
  auto person = stack().sign_in_as(models::Role::Viewer);
  auto refused = [&](std::string_view body) {
    return problem_of(post("/api/v1/me/views", body, person.headers()));
  };
  EXPECT_EQ(refused(R"({"name":"a","path":"/"})"), "400 field_missing: query is missing");
  EXPECT_EQ(refused(R"({"name":"","path":"/","query":""})"),
            "400 field_invalid: the name of the view has 0 characters, 1 to 200 are allowed");
  EXPECT_EQ(refused(R"({"name":"a","path":"//evil.example","query":""})"),
            "400 field_invalid: the path of the view must begin with one slash");
  EXPECT_EQ(
      refused(fmt::format(R"({{"name":"a","path":"/","query":"{}"}})", std::string(4001, 'q'))),
      "400 field_invalid: the query of the view has 4001 characters, 0 to 4000 are allowed");
  EXPECT_EQ(refused("[]"), "400 json_invalid: the body must be a JSON object of texts");
}

TEST_F(People, AreNoKeys) {
  constexpr auto kRefused = "403 people_only: this is for people who signed in, not for keys";
  EXPECT_EQ(problem_of(post("/api/v1/sign-out", "", bearer(admin_key()))), kRefused);
  EXPECT_EQ(problem_of(post("/api/v1/me/password", R"({"password":"a long enough one"})",
                            bearer(admin_key()))),
            kRefused);
  EXPECT_EQ(problem_of(get("/api/v1/me/views", "", bearer(read_key()))), kRefused);
  EXPECT_EQ(problem_of(post("/api/v1/me/views", R"({"name":"a","path":"/","query":""})",
                            bearer(admin_key()))),
            kRefused);
}

TEST_F(People, AndKeysAreToldWhoTheyAre) {
  auto told = Json::parse(me(bearer(read_key())).body);
  EXPECT_EQ(told["role"].text(), "viewer");
  EXPECT_FALSE(told["has_password"].boolean());
  EXPECT_EQ(Json::parse(me(bearer(admin_key())).body)["role"].text(), "admin");
}

}  // namespace
}  // namespace sentinel
